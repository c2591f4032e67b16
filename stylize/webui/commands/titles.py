"""Commands that change what a visitor writes: titles and notes."""

from __future__ import annotations

from dataclasses import dataclass

from ..session import Session
from .entry import AnyEntry, Entry, Services
from .fields import CellId, Typed


@dataclass(frozen=True)
class Rename:
    """The title of the notebook."""

    value: Typed


def rename(services: Services, session: Session, command: Rename) -> None:
    session.do(session.book.rename(command.value), "rename")


@dataclass(frozen=True)
class ChangeTitle:
    """The title of a cell."""

    cell: CellId
    value: Typed


def change_title(services: Services, session: Session, command: ChangeTitle) -> None:
    session.do(session.book.change(command.cell, title=command.value), f"title {command.cell}")


@dataclass(frozen=True)
class ChangeText:
    """The text of a note, as Markdown."""

    cell: CellId
    value: Typed


def change_text(services: Services, session: Session, command: ChangeText) -> None:
    session.do(session.book.change(command.cell, text=command.value), f"text {command.cell}")


ENTRIES: dict[str, AnyEntry] = {
    "rename": Entry(Rename, rename),
    "title": Entry(ChangeTitle, change_title),
    "text": Entry(ChangeText, change_text),
}
