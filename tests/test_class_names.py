"""Names of the package: a word means one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import stylize

PACKAGE = Path(stylize.__file__).parent


def test_no_two_classes_share_a_name() -> None:
    """Classes of a module, and those within them; not private ones, nor those that a function makes."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in classes(ast.parse(path.read_text("utf-8"))):
            homes[name].append(path.relative_to(PACKAGE).as_posix())
    assert len(homes) > 100
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def classes(node: ast.Module | ast.ClassDef) -> list[str]:
    found = [each for each in node.body if isinstance(each, ast.ClassDef) and not each.name.startswith("_")]
    return [name for each in found for name in (each.name, *classes(each))]
