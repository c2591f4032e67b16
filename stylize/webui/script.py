"""The page's scripts as one: the modules of the folder ``browser``, each after those that it imports.

They are ES modules, so that editors, linters and type checkers understand them. The page gets them as one
inline script: it must have run before gradio makes the page's components, and a module runs later.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "browser"
MAIN = "main.js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (const (\w+))", re.MULTILINE)


@functools.cache
def script() -> str:
    """All modules, each in a function of its own that returns what it exports."""
    code = "\n".join(map(_as_function, order()))
    return f'(() => {{\n"use strict";\nconst modules = {{}};\n{code}\n}})();'


def order(name: str = MAIN) -> tuple[str, ...]:
    """The names of a module and of all that it needs, each after those that it imports.

    Raises ValueError for modules that import each other.
    """
    found: dict[str, None] = {}
    _add(name, found, ())
    return tuple(found)


def _add(name: str, found: dict[str, None], importing: tuple[str, ...]) -> None:
    if name in importing:
        raise ValueError(f"{name} imports itself, by way of {', '.join(importing)}")
    for _, each in _IMPORT.findall(source(name)):
        if each not in found:
            _add(each, found, (*importing, name))
    found[name] = None


def source(name: str) -> str:
    """A module as it is written: one import a line, and only constants exported."""
    return (FOLDER / name).read_text("utf-8")


def _as_function(name: str) -> str:
    code = source(name)
    exported = ", ".join(each for _, each in _EXPORT.findall(code))
    code = _EXPORT.sub(r"\1", _IMPORT.sub(r'const \1 = modules["\2"];', code))
    return f'modules["{name}"] = (() => {{\n{code}\nreturn {{{exported}}};\n}})();'
