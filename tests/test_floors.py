"""Each floor imports only from its own and from those below; only the page knows gradio."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import stylize

PACKAGE = Path(stylize.__file__).parent
FLOORS = [
    {
        "system",
        "errors",
        "settings",
        "progress",
        "device",
        "networks",
        "image",
        "color",
        "losses",
        "statistics",
    },
    {"weights", "library", "inputs"},
    {"modes", "training", "metrics"},
    {"recipe", "execution", "api"},
    {"notebook"},
    {"cli", "webui", "__main__"},
]
ROOMS = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


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


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    room = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for name in imported(path):
        top, _, rest = name.partition(".")
        assert top != "gradio" or room == "webui", name
        target = rest.partition(".")[0]
        if top == "stylize" and target in ROOMS:
            assert ROOMS[target] <= ROOMS[room], name
            assert not {room, target} <= {"modes", "training", "metrics"} or room == target, name


def test_every_room_has_a_floor() -> None:
    assert {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in FILES} == set(ROOMS)
