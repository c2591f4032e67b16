"""Commands that change a cell's styles: one for all, their shares in the mix, one less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from ...notebook import Cell, Example, StyleRef
from ...notebook import examples as samples
from ..sent import Malformed
from ..session import Session
from .entry import AnyEntry, Entry, Services
from .fields import CellId, Float, Index, Name
from .running import change, queue, stop


@dataclass(frozen=True)
class Paint:
    """An example style in place of a cell's styles, and a run at once, whatever runs there now."""

    cell: CellId
    style: Name


def paint(services: Services, session: Session, command: Paint) -> None:
    cell = session.book[command.cell]
    samples.find(command.style)
    session.do(session.book.change(cell.id, styles=(StyleRef(Example(command.style)),)))
    stop(services, session, cell.id)
    session.lives.pop(cell.id, None)
    queue(services, session, (cell.id,))


@dataclass(frozen=True)
class Weight:
    """The share of a style in the mix; styles are counted from 0."""

    cell: CellId
    index: Index
    value: Annotated[float, Float()]


def weight(services: Services, session: Session, command: Weight) -> None:
    cell = _with_style(session, command.cell, command.index)
    styles = list(cell.styles)
    styles[command.index] = replace(styles[command.index], weight=command.value)
    change(services, session, cell, f"weight {cell.id} {command.index}", styles=tuple(styles))


@dataclass(frozen=True)
class Unstyle:
    """Removes a style; styles are counted from 0."""

    cell: CellId
    index: Index


def unstyle(services: Services, session: Session, command: Unstyle) -> None:
    cell = _with_style(session, command.cell, command.index)
    styles = [style for n, style in enumerate(cell.styles) if n != command.index]
    session.do(session.book.change(cell.id, styles=tuple(styles)))


def _with_style(session: Session, cell: str, index: int) -> Cell:
    """The cell. Raises Malformed where it has no style of this index."""
    found = session.book[cell]
    if not 0 <= index < len(found.styles):
        raise Malformed("This page is out of date: load it again.")
    return found


ENTRIES: dict[str, AnyEntry] = {
    "paint": Entry(Paint, paint),
    "weight": Entry(Weight, weight),
    "unstyle": Entry(Unstyle, unstyle),
}
