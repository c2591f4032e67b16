"""Commands that change a cell's styles: one for all, their properties, one less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from ...inputs import style_properties
from ...notebook import Cell, Example, StyleRef
from ...notebook import examples as samples
from ...notebook.schema.traversal import replaced
from ..sent import Data, Malformed, one_of
from ..session import Session
from .entry import AnyEntry, Entry, Services
from .fields import CellId, Index, Name, Unchecked
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


class _PropertyName:
    """The name of a property of styles; ``pictures``: of one that is a picture, or ""."""

    def __init__(self, *, pictures: bool) -> None:
        self.pictures = pictures

    def read(self, data: Data, name: str) -> str:
        known = [each.name for each in style_properties() if each.option is None or not self.pictures]
        return one_of(data, name, ["", *known] if self.pictures else known)

    def schema(self) -> Mapping[str, Any]:
        return {"type": "string"}


Property = Annotated[str, _PropertyName(pictures=False)]
PictureProperty = Annotated[str, _PropertyName(pictures=True)]


@dataclass(frozen=True)
class SetProperty:
    """A property of a style, counted from 0: a number or a choice, or None to remove a picture."""

    cell: CellId
    index: Index
    property: Property
    value: Annotated[object, Unchecked()] = None


def set_property(services: Services, session: Session, command: SetProperty) -> None:
    cell, name = session.book[command.cell], command.property
    styles = with_style(cell, command.index, **{name: command.value})
    change(services, session, cell, f"{name} {cell.id} {command.index}", styles=styles)


def with_style(cell: Cell, index: int, **changes: object) -> tuple[StyleRef, ...]:
    """The cell's styles, of which one is changed. Raises NotebookError, Malformed."""
    styles = list(checked(cell, index).styles)
    styles[index] = replaced(styles[index], **changes)
    return tuple(styles)


@dataclass(frozen=True)
class Unstyle:
    """Removes a style; styles are counted from 0."""

    cell: CellId
    index: Index


def unstyle(services: Services, session: Session, command: Unstyle) -> None:
    cell = checked(session.book[command.cell], command.index)
    styles = [style for n, style in enumerate(cell.styles) if n != command.index]
    session.do(session.book.change(cell.id, styles=tuple(styles)))


def checked(cell: Cell, index: int) -> Cell:
    """The cell. Raises Malformed where it has no style of this index."""
    if not 0 <= index < len(cell.styles):
        raise Malformed("This page is out of date: load it again.")
    return cell


ENTRIES: dict[str, AnyEntry] = {
    "paint": Entry(Paint, paint),
    "property": Entry(SetProperty, set_property),
    "unstyle": Entry(Unstyle, unstyle),
}
