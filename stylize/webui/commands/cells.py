"""Commands that add, remove and order cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ...notebook import Cell, Output
from ...notebook import examples as samples
from ...notebook.cells import KINDS
from .. import starts
from ..session import Session
from ..texts import say
from . import adding, running
from .entry import AnyEntry, Entry, Services
from .fields import CellId, Integer, Name, OneOf, Typed


@dataclass(frozen=True)
class Add:
    """A new cell after another one, or at the end."""

    kind: Annotated[str, OneOf(KINDS)] = "picture"
    after: CellId = ""


def add(services: Services, session: Session, command: Add) -> None:
    cell = Cell(kind="note") if command.kind == "note" else adding.plain(services.profile, command.kind)
    after = command.after if command.after in session.book else None
    adding.add(session, adding.inherit(session, cell), after)


@dataclass(frozen=True)
class Preset:
    """A new cell with the mode and the settings of a preset."""

    name: Name


def preset(services: Services, session: Session, command: Preset) -> None:
    adding.add(session, adding.inherit(session, starts.preset(command.name, services.profile)))


@dataclass(frozen=True)
class AddPair:
    """A new cell of two examples, which runs at once."""

    photo: Name
    style: Name
    title: Typed = ""


def add_pair(services: Services, session: Session, command: AddPair) -> None:
    samples.find(command.photo)
    cell = starts.pair(command.photo, command.style, command.title[:80], services.profile)
    adding.add(session, cell)
    running.queue(services, session, (cell.id,))


@dataclass(frozen=True)
class Delete:
    """Removes a cell."""

    cell: CellId


def delete(services: Services, session: Session, command: Delete) -> None:
    adding.edit(session, session.book.remove(command.cell))
    session.say("undo", say("Deleted", session.language))


@dataclass(frozen=True)
class Clear:
    """Removes all cells."""


def clear(services: Services, session: Session, command: Clear) -> None:
    if session.book.cells:
        adding.edit(session, session.book.clear())
        session.say("undo", say("The notebook is empty now", session.language))


@dataclass(frozen=True)
class Duplicate:
    """A copy of a cell right after it."""

    cell: CellId


def duplicate(services: Services, session: Session, command: Duplicate) -> None:
    adding.edit(session, session.book.duplicate(command.cell))
    _show_next(session, command.cell)


@dataclass(frozen=True)
class Move:
    """Moves a cell by one place."""

    cell: CellId
    way: Annotated[str, OneOf(("up", "down"))]


def move(services: Services, session: Session, command: Move) -> None:
    session.do(session.book.move(command.cell, command.way))
    session.show(command.cell)


@dataclass(frozen=True)
class Fold:
    """Folds a cell, or unfolds one that is folded."""

    cell: CellId


def fold(services: Services, session: Session, command: Fold) -> None:
    cell = session.book[command.cell]
    session.do(session.book.change(cell.id, folded=not cell.folded))


@dataclass(frozen=True)
class Undo:
    """Takes back the last edit."""


def undo(services: Services, session: Session, command: Undo) -> None:
    session.history.undo()
    session.settle()


@dataclass(frozen=True)
class Redo:
    """Makes the last edit again that was taken back."""


def redo(services: Services, session: Session, command: Redo) -> None:
    session.history.redo()
    session.settle()


@dataclass(frozen=True)
class Below:
    """A new cell whose photo is this cell's picture, with this cell's styles and settings."""

    cell: CellId


def below(services: Services, session: Session, command: Below) -> None:
    source = session.book[command.cell]
    adding.add(session, source.derived(content=Output(source.id)), source.id)


@dataclass(frozen=True)
class OpenTile:
    """One picture of a sweep, counted from 0, as a cell of its own after it."""

    cell: CellId
    n: Annotated[int, Integer()]


def open_tile(services: Services, session: Session, command: OpenTile) -> None:
    adding.edit(session, session.book.open_tile(command.cell, command.n))
    _show_next(session, command.cell)


def _show_next(session: Session, cell: str) -> None:
    book = session.book
    session.show(book.ids[book.index(cell) + 1])


ENTRIES: dict[str, AnyEntry] = {
    "add": Entry(Add, add),
    "preset": Entry(Preset, preset),
    "pair": Entry(AddPair, add_pair),
    "delete": Entry(Delete, delete),
    "clear": Entry(Clear, clear),
    "duplicate": Entry(Duplicate, duplicate),
    "move": Entry(Move, move),
    "fold": Entry(Fold, fold),
    "undo": Entry(Undo, undo),
    "redo": Entry(Redo, redo),
    "below": Entry(Below, below),
    "tile": Entry(OpenTile, open_tile),
}
