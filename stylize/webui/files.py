"""Notebooks to files and back: what Export writes and what may be dropped on the page."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NotebookError
from ..image import load, read_recipe
from ..image.learned import is_learned
from ..notebook import Cell, Notebook, Upload
from ..notebook.archive import load_zip, save_zip
from ..notebook.export import to_ipynb, to_script
from ..notebook.naming import whole_name
from ..notebook.recipes import from_recipe
from ..notebook.report import to_html_report
from ..notebook.store import from_json, to_json
from ..recipe import Recipe
from ..system.text import decoded
from .texts import say

if TYPE_CHECKING:
    from .owned import Own

KINDS = ("zip", "ipynb", "py", "html", "json")
LARGEST_TEXT = 8_000_000  # bytes of a notebook or recipe as JSON


def export(book: Notebook, kind: object, own: Own, language: str = "en") -> Path:
    """Writes the notebook to a file of the page's folder; a report in ``language``. Raises NotebookError."""
    if kind not in KINDS:
        raise NotebookError("A notebook is not saved in this way.")
    target = own.path(f".{kind}", whole_name(book.title, "stylize-notebook"))
    if kind == "zip":
        save_zip(book, own.assets, target)
        return target
    if kind == "json":
        text = to_json(book)
    elif kind == "html":
        tag = "zh-CN" if language == "zh" else language
        text = to_html_report(book, own.assets, lambda sentence: say(sentence, language), tag)
    else:
        text = (to_ipynb if kind == "ipynb" else to_script)(book, own.assets)
    target.write_text(text, "utf-8")
    return target


def read(file: Path, own: Own) -> Notebook | Cell | str:
    """What a dropped file stands for: a whole notebook, or a cell. Raises StylizeError.

    A picture with a recipe becomes the cell that made it, one without becomes a new cell's photo. A learned
    style becomes one of the visitor's: its name there.
    """
    limits = own.limits()
    with open(file, "rb") as opened:
        start = opened.read(4)
    if start.startswith(b"PK") or zipfile.is_zipfile(file):
        return load_zip(file, own.assets, limits=limits, seconds=own.profile.importing)
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"{":
        return _from_text(file, own)
    load(file, limits)
    data = file.read_bytes()
    if is_learned(data):
        return own.styles.take(own.assets.get(own.keep(file)), file.name)
    text = read_recipe(data, limits)
    if text is None:
        title = file.stem.replace("_", " ").strip()[:80]
        return Cell(title=title, content=Upload(own.keep(file), file.name))
    own.keep(file)  # which takes the metadata off that file
    cell = from_recipe(Recipe.from_json(text), picture=file.read_bytes(), assets=own.assets)
    return _with_styles(cell, own)


def _from_text(file: Path, own: Own) -> Notebook | Cell:
    if file.stat().st_size > LARGEST_TEXT:
        raise NotebookError("{file} is too large for a notebook.", file=file.name)
    text = decoded(file.read_bytes(), file.name, NotebookError)
    if '"stylize-notebook"' in text[:2000]:
        book = from_json(text)
        own.bring(book.cells)
        return book.without_lost(own.assets)
    return _with_styles(from_recipe(Recipe.from_json(text)), own)


def _with_styles(cell: Cell, own: Own) -> Cell:
    """The cell, whose learned styles are among the pictures now if they are the visitor's."""
    own.bring([cell])
    return cell


__all__ = ["KINDS", "export", "read"]
