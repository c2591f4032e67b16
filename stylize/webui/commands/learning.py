"""Commands for learned styles: a style is learned; the visitor's own are renamed, deleted and exported."""

from __future__ import annotations

from dataclasses import dataclass

from ...image.learned import SUFFIX
from ..page_files import url
from ..session import Session
from .entry import AnyEntry, Entry, Services
from .fields import CellId, Index, Name, Typed
from .running import queue_lesson
from .styles import checked


@dataclass(frozen=True)
class Learn:
    """Learns a style of a cell, counted from 0. It takes its place there, and the cell is painted with it."""

    cell: CellId
    index: Index


def learn(services: Services, session: Session, command: Learn) -> None:
    cell = checked(session.book[command.cell], command.index)
    queue_lesson(services, session, cell.id, command.index)


@dataclass(frozen=True)
class RenameStyle:
    """Another name for one of the visitor's learned styles."""

    name: Name
    value: Typed


def rename(services: Services, session: Session, command: RenameStyle) -> None:
    services.page_files.of(session).styles.rename(command.name, command.value)


@dataclass(frozen=True)
class AskStyle:
    """Asks in the dialog whether a learned style is to be deleted; "" asks no longer."""

    name: Name = ""


def ask(services: Services, session: Session, command: AskStyle) -> None:
    if session.picker is not None:
        session.picker.asked = command.name


@dataclass(frozen=True)
class DeleteStyle:
    """Deletes one of the visitor's learned styles. Cells that have it keep it."""

    name: Name


def delete(services: Services, session: Session, command: DeleteStyle) -> None:
    services.page_files.of(session).styles.delete(command.name)
    if session.picker is not None:
        session.picker.asked = ""


@dataclass(frozen=True)
class ExportStyle:
    """One of the visitor's learned styles as a file to download."""

    name: Name


def export(services: Services, session: Session, command: ExportStyle) -> None:
    own = services.page_files.of(session)
    data = own.styles.data(command.name)
    path = own.path(SUFFIX, command.name)
    path.write_bytes(data)
    session.download = (session.download[0] + 1, url(path), path.name)


ENTRIES: dict[str, AnyEntry] = {
    "learn": Entry(Learn, learn),
    "rename_style": Entry(RenameStyle, rename),
    "ask_style": Entry(AskStyle, ask),
    "delete_style": Entry(DeleteStyle, delete),
    "export_style": Entry(ExportStyle, export),
}
