"""The Python code that makes a cell's pictures, and the input pictures' files as texts in it.

Whatever a user wrote becomes a Python literal, so no title and no note can become code.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence

from ..errors import NotebookError
from ..inputs import style_properties
from .assets import Assets
from .cells import Cell
from .model import Notebook
from .recipes import file_names, source_file
from .references import Named, Output, PictureRef
from .schema.derived import arguments
from .sweeps import column_count, pictures, points

MOST_BYTES = 64_000_000  # of the pictures in one file
WIDTH = 96
LINE = 2000  # characters of base64


class InputPictures:
    """The input pictures that a notebook's code names, each of them once."""

    def __init__(self, notebook: Notebook, assets: Assets) -> None:
        self._notebook, self._assets = notebook, assets
        self._names: dict[str, str] = {}
        self._data: dict[str, bytes] = {}

    def named(self, cell: str, source: PictureRef) -> str:
        """Mutates: takes a source's file in, and returns its name in the code. Raises NotebookError."""
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
                "which the command line runs.",
                most=MOST_BYTES // 1_000_000,
            )
        return self._names[sha256]

    def code(self) -> str:
        """``PICTURES``, a dictionary of texts in base64."""
        lines = ["PICTURES = {"]
        for name, data in self._data.items():
            lines.append(f'    {name!a}: """')
            text = base64.b64encode(data).decode()
            lines += [text[at : at + LINE] for at in range(0, len(text), LINE)]
            lines.append('""",')
        return "\n".join([*lines, "}"])


def variable(cell: str) -> str:
    """The variable that holds the path of a cell's picture."""
    return f"cell_{cell}"


def cell_code(notebook: Notebook, cell: Cell, inputs: InputPictures) -> list[str]:
    """The lines that make a cell's pictures; none for a note."""
    made = pictures(cell)
    if not made:
        return []
    name, path = file_names(notebook)[cell.id], variable(cell.id)
    if cell.kind == "picture":
        return _call(f"{path} = paint(", _arguments(name, cell, inputs), ")")
    lines = [f"{path} = []"]
    for n, each in enumerate(made, 1):
        lines += _call(f"{path}.append(paint(", _arguments(f"{name}-{n:02}", each, inputs), "))")
    return [*lines, f"{path} = sheet({name!a}, {path}, {column_count(points(cell))})"]


def _arguments(name: str, cell: Cell, inputs: InputPictures) -> list[str]:
    """The arguments of ``paint`` for a picture cell, each as Python text."""
    found = [ascii(name), "None" if cell.photo is None else _source(cell, cell.photo, inputs)]
    named = {key: ascii(value) for key, value in arguments(cell).items()}
    if cell.mix:
        found.append(_list(_source(cell, style.source, inputs) for style in cell.mix))
        named = {"mode": named.pop("mode"), **_properties(cell, inputs), **named}
    return [*found, *(f"{key}={value}" for key, value in named.items())]


def _properties(cell: Cell, inputs: InputPictures) -> dict[str, str]:
    """The arguments that have the styles' properties, as Python text."""
    found = {}
    for each in style_properties():
        values = [getattr(style, each.name) for style in cell.mix]
        if each.option is None and any(values):
            pictures = ("None" if value is None else _source(cell, value, inputs) for value in values)
            found[each.argument] = _list(pictures)
        elif each.is_weight or any(value != each.default for value in values):
            found[each.argument] = ascii(values)
    return found


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(items) + "]"


def _call(opening: str, arguments: Sequence[str], closing: str) -> list[str]:
    """A call with its arguments on lines of their own, as many on each as there is room for."""
    lines, line = [opening], ""
    for argument in arguments:
        if line and len(line) + len(argument) + 2 > WIDTH:
            lines.append("    " + line.rstrip())
            line = ""
        line += f"{argument}, "
    return [*lines, "    " + line.rstrip(), closing]


def _source(cell: Cell, source: PictureRef, inputs: InputPictures) -> str:
    """A source as Python text."""
    if isinstance(source, Output):
        return variable(source.cell)
    if isinstance(source, Named):
        return ascii(source.name)
    return f"picture({inputs.named(cell.id, source)!a})"
