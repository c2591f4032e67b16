"""CONTRIBUTING.md is a map of the code: what it and the other pages name is there."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import every_file
from tests.floors import PACKAGE, ROOT, TABLE, Row

OTHERS = [ROOT / each for each in ("docs", "benchmarks", "weights", "examples", "configs")]
PAGES = [*sorted(ROOT.glob("*.md")), *(page for folder in OTHERS for page in sorted(folder.rglob("*.md")))]
MODULES = sorted(PACKAGE.rglob("*.py"))
MAPS = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"]
SUFFIXES = (".py", ".js", ".css", ".toml", ".md")
HOMES = (ROOT, PACKAGE, PACKAGE / "webui")
# The first parts of paths in this repository; "timm/vgg19" is one of the Hub's.
FOLDERS = {each.name for home in HOMES for each in home.iterdir() if each.is_dir()}
NAMES = {each.name for folder in (PACKAGE, ROOT / "tests", *OTHERS) for each in folder.rglob("*")}
# A row of the table of rooms, whose files are looked for in the room.
ROOM = re.compile(r"^\| \d .*$", re.MULTILINE)
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
NAMED = re.compile(r"`([\w./-]+\.(?:py|js)):([\w.]+)`")


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def paths(text: str) -> Iterator[str]:
    """What is written as a path of this repository; NAME stands for any name."""
    for quoted in QUOTED.findall(text):
        path = quoted.partition(":")[0].replace("NAME", "*")
        if not PATH.fullmatch(path):
            continue
        if path.endswith(SUFFIXES) or ("/" in path and path.partition("/")[0] in FOLDERS):
            yield path


def is_there(path: str, homes: tuple[Path, ...]) -> bool:
    """Whether it is in one of the folders; of a file without a folder the name is enough."""
    return path in NAMES or any(any(home.glob(path)) for home in homes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    homes = (page.parent, *HOMES, ROOT / "tests")
    assert [path for path in paths(ROOM.sub("", prose(page))) if not is_there(path, homes)] == []


def test_a_file_that_is_not_there_is_seen() -> None:
    found = list(
        paths("`webui/gone.py:draw`, `stylize/gone/`, `modes/gone/x`, `torch.load`, `timm/x`, `gone.py`")
    )
    assert found == ["webui/gone.py", "stylize/gone/", "modes/gone/x", "gone.py"]
    assert not any(is_there(path, HOMES) for path in found)
    assert is_there("modes/*/spec.py", HOMES)


def names(path: Path) -> set[str]:
    """What a file defines: ``function``, ``Class``, ``Class.method``, ``CONSTANT``."""
    if path.suffix == ".js":
        return set(
            re.findall(r"^(?:export )?(?:const|let|function) (\w+)", path.read_text("utf-8"), re.MULTILINE)
        )
    return set(defined(ast.parse(path.read_text("utf-8")).body))


def defined(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from defined(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign):
            yield from (prefix + each.id for each in node.targets if isinstance(each, ast.Name))


@pytest.mark.parametrize("page", MAPS, ids=lambda page: page.name)
def test_functions_that_a_map_names_are_there(page: Path) -> None:
    found = NAMED.findall(page.read_text("utf-8"))
    assert len(found) > 5
    assert [(file, name) for file, name in found if name not in names(PACKAGE / file)] == []


def test_names_of_both_languages_are_found() -> None:
    assert {"RunQueue", "RunQueue.join", "REST"} <= names(PACKAGE / "webui" / "run_queue.py")
    assert {"press", "HERE"} <= names(PACKAGE / "webui" / "browser" / "clicks.js")
    assert "gone" not in names(PACKAGE / "webui" / "browser" / "clicks.js")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.room)
def test_a_room_is_described_as_it_describes_itself(row: Row) -> None:
    """The page has the first paragraph of the room's docstring; copy it there where it has changed."""
    text = ast.get_docstring(ast.parse(row.source.read_text("utf-8"))) or ""
    assert row.text == " ".join(text.partition("\n\n")[0].split()).replace("``", "`")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.room)
def test_files_to_begin_with_are_in_the_room(row: Row) -> None:
    folder = row.source.parent if row.is_folder else PACKAGE
    assert [path for path in paths(row.begin) if not (folder / path).exists()] == []


def docstrings(path: Path) -> str:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)]
    return "\n".join(ast.get_docstring(node) or "" for node in nodes)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_that_docstrings_name_are_there(path: Path) -> None:
    found = re.findall(r"\b[a-z][\w-]*(?:/[\w-]+)*\.(?:py|js)\b", docstrings(path))
    homes = (path.parent, path.parent.parent, *HOMES)
    assert [each for each in found if not is_there(each, homes)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_that_docstrings_link_to_are_there(path: Path) -> None:
    for name in re.findall(r":\w+:`~?(stylize(?:\.\w+)+)`", docstrings(path)):
        assert pkgutil.resolve_name(name) is not None, name


def test_every_file_is_listed() -> None:
    """``python -m tests.every_file`` writes the list anew."""
    assert every_file.listed() in every_file.PAGE.read_text("utf-8")


def test_no_file_is_without_a_sentence() -> None:
    files = [
        each for each in PACKAGE.rglob("*") if each.suffix in {".py", ".js"} and each.name != "__main__.py"
    ]
    assert [each for each in files if not every_file.sentence(each)] == []
