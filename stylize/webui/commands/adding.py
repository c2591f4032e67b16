"""New cells, and what they begin with."""

from __future__ import annotations

from dataclasses import replace

from ... import modes
from ...errors import NotebookError
from ...notebook import Cell, Example, Notebook, PictureRef, StyleRef
from .. import starts, sweeps
from ..examples import find
from ..profiles import Profile
from ..session import SLOTS, Session


def edit(session: Session, book: Notebook) -> None:
    """An edit that may add cells. Raises NotebookError where the page has no room for them."""
    if len(book.cells) > SLOTS:
        raise NotebookError("This page has room for {most} cells: delete one first.", most=SLOTS)
    session.do(book)


def add(session: Session, cell: Cell, after: str | None = None) -> None:
    """A new cell at the end or after another, brought into view."""
    edit(session, session.book.add(after=after, cell=cell))
    session.show(cell.id)


def plain(profile: Profile, kind: str = "picture", content: PictureRef | None = None) -> Cell:
    """A new cell of the default mode with its default settings: a picture, or the mode's usual sweep."""
    axes = (sweeps.first_axis(modes.DEFAULT),) if kind == "sweep" else ()
    settings = starts.mode_settings(modes.DEFAULT, "default", {}, profile)
    return Cell(kind=kind, settings=settings, content=content, axes=axes)


def inherit(session: Session, cell: Cell) -> Cell:
    """A new cell with the pictures of the last one, or of the first examples, so that it can run at once."""
    if cell.kind == "note":
        return cell
    last = next((each for each in reversed(session.book.cells) if each.kind != "note"), None)
    if last is not None:
        return replace(cell, content=cell.content or last.content, styles=cell.styles or last.styles)
    first = _first_pair()
    if first is None:
        return cell
    photo, painting = first
    return replace(cell, content=cell.content or Example(photo), styles=(StyleRef(Example(painting)),))


def _first_pair() -> tuple[str, str] | None:
    """The names of the first photo among the examples and of the style that suits it."""
    examples = find()
    if not examples.pairs:
        return None
    photo, painting = examples.pairs[0]
    return examples.photos[photo].path.stem, examples.paintings[painting].path.stem
