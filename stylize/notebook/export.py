"""A notebook as a script or a Jupyter notebook that makes the same pictures: one file, pictures inside.

Whatever a user wrote becomes a Python literal, a comment of its own or Markdown without HTML, so no title
and no note can become code.
"""

from __future__ import annotations

import base64
import hashlib
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import NotebookError
from ..modes.options import PictureSettings
from ..system.version import VERSION
from .assets import Assets
from .cells import Cell, Named, Output, Source, Style, points
from .markdown import harmless, plain
from .model import Notebook
from .recipes import file_names, source_file
from .work import variants

MOST_BYTES = 64_000_000  # of the pictures in one file
_WIDTH = 96
_LINE = 2000  # characters of base64

_HELPERS = '''\
def picture(name):
    """The bytes of one of the pictures below."""
    return base64.b64decode(PICTURES[name])


def paint(name, content, styles=(), **settings):
    """Makes a picture, saves it in FOLDER with its recipe, and returns its path."""
    path = FOLDER / (name + ".png")
    stylize.save(stylize.stylize(content, styles, **settings), path)
    print(path)
    return path


def sheet(name, paths, columns):
    """Lays pictures side by side and saves them as one."""
    path = FOLDER / (name + ".png")
    contact_sheet([Image.open(each) for each in paths], columns).save(path)
    print(path)
    return path
'''
_IMPORTS = """\
import base64
import sys
from pathlib import Path

from PIL import Image

import stylize
from stylize.notebook.sheet import contact_sheet
"""


def to_script(notebook: Notebook, assets: Assets) -> str:
    """A Python script: ``python FILE.py [FOLDER]`` makes the notebook's pictures in a folder.

    Cells that lack something are left out. Raises NotebookError for pictures that are not here, or for
    more than 64 MB of them.
    """
    pictures = _Pictures(notebook, assets)
    body: list[str] = []
    for cell in _in_order(notebook):
        comment = [cell.title or cell.kind, *cell.text.split("\n")] if cell.kind == "note" else [cell.title]
        body += ["", *(f"# {line}".rstrip() for line in comment if line or cell.kind == "note")]
        body += _code(notebook, cell, pictures)
    return "\n".join(
        [
            f'"""A Stylize notebook as a script (made by version {VERSION}).',
            "",
            "python FILE.py [FOLDER] makes its pictures in FOLDER, or else in stylize-output.",
            '"""',
            "",
            _IMPORTS,
            'FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "stylize-output")',
            "\n",
            _HELPERS,
            "",
            "def main():",
            "    FOLDER.mkdir(parents=True, exist_ok=True)",
            *(textwrap.indent(line, "    ") for line in body),
            "\n",
            "# The input pictures' files in base64.",
            pictures.code(),
            "",
            'if __name__ == "__main__":',
            "    try:",
            "        main()",
            "    except stylize.StylizeError as error:",
            '        sys.exit(f"error: {error}")',
            "",
        ]
    )


def to_ipynb(notebook: Notebook, assets: Assets) -> str:
    """A Jupyter notebook (nbformat 4.5) whose cells make the notebook's pictures.

    Raises as :func:`to_script`.
    """
    pictures = _Pictures(notebook, assets)
    middle: list[dict[str, Any]] = []
    for cell in _in_order(notebook):
        heading = f"## {plain(cell.title)}\n" if cell.title else ""
        if cell.kind == "note":
            middle.append(_markdown(f"n-{cell.id}", f"{heading}\n{harmless(cell.text)}"))
            continue
        if heading:
            middle.append(_markdown(f"t-{cell.id}", heading))
        code = [*_code(notebook, cell, pictures), f"Image.open({_variable(cell.id)})"]
        middle.append(_coded(f"c-{cell.id}", "\n".join(code)))
    title = plain(notebook.title) or "Stylize notebook"
    first = _markdown("title", f"# {title}\n\nMade by Stylize {VERSION}. Run all cells to make the pictures.")
    folder = 'FOLDER = Path("stylize-output")\nFOLDER.mkdir(exist_ok=True)\n'
    helpers = _coded("helpers", f"{_IMPORTS}\n{folder}\n\n{_HELPERS}")
    data = _coded("pictures", f"# The input pictures' files in base64.\n{pictures.code()}", hidden=True)
    values = {
        "cells": [first, helpers, data, *middle],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(values, indent=1) + "\n"


class _Pictures:
    """The input pictures that the code names, each of them once."""

    def __init__(self, notebook: Notebook, assets: Assets) -> None:
        self._notebook, self._assets = notebook, assets
        self._names: dict[str, str] = {}
        self._data: dict[str, bytes] = {}

    def named(self, cell: str, source: Source) -> str:
        """The name of a source's file in the code."""
        data, file = source_file(self._notebook, cell, source, self._assets)
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 not in self._names:
            name, n = file or "picture", 2
            while name in self._data:
                name, n = f"{n}-{file or 'picture'}", n + 1
            self._names[sha256], self._data[name] = name, data
        if sum(map(len, self._data.values())) > MOST_BYTES:
            raise NotebookError(
                "The pictures are too large for one file: more than {most} MB. Export a zip instead, "
                "which the command line runs.", most=MOST_BYTES // 1_000_000,
            )  # fmt: skip
        return self._names[sha256]

    def code(self) -> str:
        """``PICTURES``, a dictionary of texts in base64."""
        lines = ["PICTURES = {"]
        for name, data in self._data.items():
            lines.append(f'    {name!a}: """')
            text = base64.b64encode(data).decode()
            lines += [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
            lines.append('""",')
        return "\n".join([*lines, "}"])


def _in_order(notebook: Notebook) -> Iterator[Cell]:
    """The cells that can run, each after those that it needs, and the notes between them."""
    left_out: set[str] = set()
    for cell in map(notebook.__getitem__, notebook.dependency_order):
        lacking = cell.kind != "note" and notebook.lacks(cell.id) is not None
        if lacking or left_out.intersection(notebook.needs(cell.id)):
            left_out.add(cell.id)
        else:
            yield cell


def _code(notebook: Notebook, cell: Cell, pictures: _Pictures) -> list[str]:
    if cell.kind == "note":
        return []
    name, variable = file_names(notebook)[cell.id], _variable(cell.id)
    assert cell.content is not None
    content = _source(cell, cell.content, pictures)
    made = variants(cell)
    if cell.kind == "picture":
        return _lines(f"{variable} = paint(", _arguments(name, content, cell, *made[0], pictures), ")")
    lines = [f"{variable} = []"]
    for n, (settings, styles) in enumerate(made, 1):
        tile = _arguments(f"{name}-{n:02}", content, cell, settings, styles, pictures)
        lines += _lines(f"{variable}.append(paint(", tile, "))")
    columns = 1 + max(point.column for point in points(cell))
    return [*lines, f"{variable} = sheet({name!a}, {variable}, {columns})"]


def _arguments(
    name: str,
    content: str,
    cell: Cell,
    settings: PictureSettings,
    styles: Sequence[Style],
    pictures: _Pictures,
) -> list[str]:
    """The arguments of ``paint``, each as Python text."""
    mixed = ", ".join(_source(cell, style.source, pictures) for style in styles)
    weights = ", ".join(ascii(style.weight) for style in styles)
    given = [f"[{mixed}]", f"style_weights=[{weights}]"] if styles else []
    plain_settings = [f"{key}={value!a}" for key, value in settings.to_dict().items()]
    return [ascii(name), content, *given[:1], f"mode={cell.mode!a}", *given[1:], *plain_settings]


def _lines(opening: str, arguments: Sequence[str], closing: str) -> list[str]:
    """A call with its arguments on lines of their own, as many on each as there is room for."""
    lines, line = [opening], ""
    for argument in arguments:
        if line and len(line) + len(argument) + 2 > _WIDTH:
            lines.append("    " + line.rstrip())
            line = ""
        line += f"{argument}, "
    return [*lines, "    " + line.rstrip(), closing]


def _source(cell: Cell, source: Source, pictures: _Pictures) -> str:
    """A source as Python text."""
    if isinstance(source, Output):
        return _variable(source.cell)
    if isinstance(source, Named):
        return ascii(source.name)
    return f"picture({pictures.named(cell.id, source)!a})"


def _variable(cell: str) -> str:
    return f"cell_{cell}"


def _markdown(id: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text.splitlines(keepends=True)}


def _coded(id: str, code: str, *, hidden: bool = False) -> dict[str, Any]:
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": metadata,
        "outputs": [],
        "source": code.splitlines(keepends=True),
    }
