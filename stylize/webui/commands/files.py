"""Commands for files in and out, and the page's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from ... import modes
from ...errors import SettingsError, StylizeError, note
from ...notebook import Cell, Notebook
from .. import files
from ..page_files import url
from ..session import SLOTS, Session
from ..texts import LANGUAGES, say
from . import adding
from .entry import AnyEntry, Entry, FileEntry, Services
from .fields import CellId, Name, OneOf, Uploaded, UploadPaths

_NETWORK = re.compile(r"[\w.-]{1,100}\.(pth|pt|bin|safetensors)")


@dataclass(frozen=True)
class Export:
    """The notebook as a file to download; its kind is a key of :data:`files.KINDS`."""

    kind: Name


def export(services: Services, session: Session, command: Export) -> None:
    path = files.export(session.book, command.kind, services.page_files.of(session), session.language)
    session.download = (session.download[0] + 1, url(path), path.name)


@dataclass(frozen=True)
class Import:
    """Notebooks, recipes and pictures are added to the notebook, in their order; learned styles to those of
    the visitor."""

    paths: Annotated[tuple[str, ...], UploadPaths(SLOTS)]


Found = Notebook | Cell | str | StylizeError


def read(services: Services, session: Session, command: Import) -> list[Found]:
    return [_read(services, session, path) for path in command.paths]


def _read(services: Services, session: Session, path: str) -> Found:
    """What a file stands for, or why it stands for nothing: the others are taken nevertheless."""
    try:
        return files.read(services.uploaded(session, path), services.page_files.of(session))
    except StylizeError as error:
        return error


def import_found(services: Services, session: Session, command: Import, found: list[Found]) -> None:
    for each in found:
        if not isinstance(each, StylizeError):
            _add(session, each)
    refused = [each for each in found if isinstance(each, StylizeError)]
    if refused:
        raise refused[0]


def _add(session: Session, found: Notebook | Cell | str) -> None:
    if isinstance(found, str):
        session.say("done", say(note("{name} is one of your styles now", name=found), session.language))
        return
    if isinstance(found, Cell):
        bare = modes.spec(found.mode).takes_styles and not found.styles and not found.result
        adding.add(session, adding.inherit(session, found) if bare else found)
        if found.result:
            session.keep(found.result.asset, found.title)
        return
    both = (*session.book.cells, *found.renumbered(session.book).cells)
    adding.edit(session, Notebook(session.book.title or found.title, both))
    for cell in found.cells:
        if cell.result:
            session.keep(cell.result.asset, cell.title)
    session.say("done", say(note("{count} cells were added", count=len(found.cells)), session.language))


@dataclass(frozen=True)
class OwnNetwork:
    """A weight file of the visitor's for a cell: a generator, or for the other modes what ``network`` is."""

    cell: CellId
    path: Uploaded


def take_network(services: Services, session: Session, command: OwnNetwork) -> str:
    if not services.profile.own_weights:
        raise SettingsError("This page does not take weight files.")
    file = services.uploaded(session, command.path)
    if not _NETWORK.fullmatch(file.name):
        raise SettingsError("{file} is no weight file: .pth and .safetensors are read.", file=file.name)
    services.page_files.of(session).take_network(file)
    return file.name


def use_network(services: Services, session: Session, command: OwnNetwork, name: str) -> None:
    cell = session.book[command.cell]
    setting = modes.spec(cell.mode).network_field
    if not setting:
        raise SettingsError("This mode has no network to be replaced.")
    session.do(session.book.change(cell.id, settings={setting: name}))


@dataclass(frozen=True)
class Speak:
    """The language of the page."""

    value: Annotated[str, OneOf(LANGUAGES)]


def speak(services: Services, session: Session, command: Speak) -> None:
    session.language = command.value


ENTRIES: dict[str, AnyEntry] = {
    "export": Entry(Export, export),
    "import": FileEntry(Import, read, import_found),
    "network": FileEntry(OwnNetwork, take_network, use_network),
    "language": Entry(Speak, speak),
}
