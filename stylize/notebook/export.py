"""A notebook as a script or a Jupyter notebook that makes the same pictures: one file, pictures inside.

Whatever a user wrote becomes a Python literal, a comment of its own or Markdown without HTML, so no title
and no note can become code.
"""

from __future__ import annotations

import base64
import itertools
import json
import textwrap
from collections.abc import Iterator

from ..system.version import VERSION
from .assets import Assets
from .cells import Cell
from .code import InputPictures, cell_code, variable
from .embedding import Embedded
from .markdown import harmless, plain
from .model import Notebook
from .schema.derived import remarks

OUTPUT_SIDE = 1024  # pixels of a picture that a Jupyter notebook shows
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
    pictures = InputPictures(notebook, assets)
    body: list[str] = []
    for cell in _in_order(notebook):
        body += ["", *_comments(cell), *cell_code(notebook, cell, pictures)]
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

    A cell whose picture is up to date shows it, in a smaller copy if it is large. Raises as
    :func:`to_script`.
    """
    pictures = InputPictures(notebook, assets)
    middle: list[dict[str, object]] = []
    shown, counts = Embedded(assets), itertools.count(3)  # after the helpers and the pictures
    for cell in _in_order(notebook):
        heading = _heading(cell)
        if cell.kind == "note":
            middle.append(_markdown(f"n-{cell.id}", f"{heading}\n{harmless(cell.text)}"))
            continue
        if heading:
            middle.append(_markdown(f"t-{cell.id}", heading))
        code = [*cell_code(notebook, cell, pictures), f"Image.open({variable(cell.id)})"]
        coded = _coded(f"c-{cell.id}", "\n".join(code))
        count = next(counts)
        middle.append(coded | _shown(notebook, cell, shown, count))
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


def _in_order(notebook: Notebook) -> Iterator[Cell]:
    """The cells that can run, each after those that it needs, and the notes between them."""
    left_out: set[str] = set()
    for cell in map(notebook.__getitem__, notebook.dependency_order):
        lacking = cell.kind != "note" and notebook.lacks(cell.id) is not None
        if lacking or left_out.intersection(notebook.needs(cell.id)):
            left_out.add(cell.id)
        else:
            yield cell


def _comments(cell: Cell) -> list[str]:
    """What a user wrote of a cell, as comments."""
    lines = [cell.title or cell.kind, *cell.text.split("\n")] if cell.kind == "note" else [cell.title]
    said = [f"{label}: {line}" for label, text in remarks(cell) for line in text.split("\n")]
    kept = [line for line in lines if line or cell.kind == "note"]
    return [f"# {line}".rstrip() for line in (*kept, *said)]


def _heading(cell: Cell) -> str:
    """What a user wrote of a cell beside a note's text, as Markdown."""
    title = f"## {plain(cell.title)}\n" if cell.title else ""
    return title + "".join(f"\n{plain(label)}: {plain(text)}\n" for label, text in remarks(cell))


def _shown(notebook: Notebook, cell: Cell, pictures: Embedded, count: int) -> dict[str, object]:
    """What a cell shows as if it had just been run: its picture, if that is what its code makes."""
    result = cell.result
    if result is None or result.asset not in pictures.assets or cell.id in notebook.stale:
        return {}
    data, kind = pictures.of(pictures.assets.get(result.asset), OUTPUT_SIDE)
    output = {
        "output_type": "execute_result",
        "execution_count": count,
        "metadata": {},
        "data": {kind: base64.b64encode(data).decode(), "text/plain": ["<a picture>"]},
    }
    return {"execution_count": count, "outputs": [output]}


def _markdown(id: str, text: str) -> dict[str, object]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text.splitlines(keepends=True)}


def _coded(id: str, code: str, *, hidden: bool = False) -> dict[str, object]:
    metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": metadata,
        "outputs": [],
        "source": code.splitlines(keepends=True),
    }
