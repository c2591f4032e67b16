"""Each floor of CONTRIBUTING.md imports from its own and those below alone; only the page knows gradio."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.floors import FLOOR_OF, PACKAGE, TABLE

FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]
APART = 3  # the floor whose rooms do not know each other


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules and names that a file imports, wherever in the file."""
    home = ("stylize", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = home[: len(home) - node.level] if node.level else ()
            base = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    room = room_of(path)
    for name in imported(path):
        top, _, rest = name.partition(".")
        assert top != "gradio" or room == "webui", name
        target = rest.partition(".")[0]
        if top == "stylize" and target in FLOOR_OF:
            assert FLOOR_OF[target] <= FLOOR_OF[room], name
            assert {FLOOR_OF[room], FLOOR_OF[target]} != {APART} or room == target, name


def test_every_room_has_one_place_on_the_map() -> None:
    there = {(room_of(path), (PACKAGE / room_of(path)).is_dir()) for path in FILES}
    assert sorted(there) == sorted((row.room, row.is_folder) for row in TABLE)


def test_rooms_are_kept_apart() -> None:
    assert {room for room, floor in FLOOR_OF.items() if floor == APART} >= {"modes", "training"}
    order = [FLOOR_OF[each] for each in ("image", "weights", "modes", "execution", "notebook", "webui")]
    assert order == [1, 2, 3, 4, 5, 6]
