"""Commands that choose a cell's pictures: the dialog, what lies there, uploads, the gallery."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated

from ... import library
from ...errors import NotebookError
from ...image.learned import SUFFIX
from ...notebook import Example, Named, Output, PictureRef, StyleRef, Upload
from ...notebook import examples as samples
from ..session import MOST_STYLES, Picker, Session, chosen
from . import adding
from .entry import AnyEntry, Entry, FileEntry, Services
from .fields import CellId, Index, Name, OneOf, Uploaded, What
from .styles import PictureProperty, with_style


@dataclass(frozen=True)
class Pick:
    """Opens the dialog that chooses a picture, for the content, a style or a style's property.

    Styles are counted from 0.
    """

    cell: CellId
    what: What
    index: Index = 0
    property: PictureProperty = ""


def pick(services: Services, session: Session, command: Pick) -> None:
    cell, place = session.book[command.cell], (command.what, command.index, command.property)
    session.picker = Picker(cell.id, *place, chosen(cell, *place))


@dataclass(frozen=True)
class Close:
    """Closes that dialog."""


def close(services: Services, session: Session, command: Close) -> None:
    session.picker = None


@dataclass(frozen=True)
class Choose:
    """A picture of the dialog becomes the content, a style or a style's property."""

    cell: CellId
    what: What
    kind: Annotated[str, OneOf(("named", "example", "output", "upload", "mine"))]
    name: Name
    index: Index = 0
    property: PictureProperty = ""


def choose(services: Services, session: Session, command: Choose) -> None:
    _put(session, command, _source(services, session, command.kind, command.name))


def _source(services: Services, session: Session, kind: str, name: str) -> PictureRef:
    if kind == "named":
        library.style(name)
        return Named(name)
    if kind == "example":
        samples.find(name)
        return Example(name)
    if kind == "output":
        return Output(name)
    if kind == "mine":
        own = services.page_files.of(session)
        return Upload(own.assets.add(own.styles.data(name)), name + SUFFIX)
    if name in services.page_files.of(session).assets:
        return Upload(name, "picture.png")
    raise NotebookError("A picture is no longer here: choose it again.")


@dataclass(frozen=True)
class UploadPicture:
    """A file of the visitor's becomes the content, a style or a style's property."""

    cell: CellId
    what: What
    path: Uploaded
    index: Index = 0
    property: PictureProperty = ""


def take(services: Services, session: Session, command: UploadPicture) -> Upload:
    file = services.uploaded(session, command.path)
    own = services.page_files.of(session)
    found = Upload(*own.take(file))
    if command.what == "style" and own.is_learned(found.asset):
        own.styles.take(own.assets.get(found.asset), file.name)
    return found


def upload(services: Services, session: Session, command: UploadPicture, taken: Upload) -> None:
    _put(session, command, taken)


def _put(session: Session, to: Choose | UploadPicture, source: PictureRef) -> None:
    """Puts a picture where a command says, and closes the dialog. Raises NotebookError."""
    cell = session.book[to.cell]
    if to.what == "content":
        book = session.book.change(cell.id, content=source)
    elif to.property:
        book = session.book.change(cell.id, styles=with_style(cell, to.index, **{to.property: source}))
    else:
        if to.index >= MOST_STYLES:
            raise NotebookError("A cell has at most {most} styles.", most=MOST_STYLES)
        styles, at = list(cell.styles), max(0, to.index)
        known = 0 <= to.index < len(styles)
        styles[at : at + 1] = [replace(styles[at], source=source) if known else StyleRef(source)]
        book = session.book.change(cell.id, styles=tuple(styles))
    session.do(book)
    session.picker = None


@dataclass(frozen=True)
class TakeShot:
    """A picture of the gallery becomes a new cell's photo."""

    asset: Name


def take_shot(services: Services, session: Session, command: TakeShot) -> None:
    shot = next((each for each in session.shots if each.asset == command.asset), None)
    if shot is None:
        raise NotebookError("A picture is no longer here: choose it again.")
    name = (re.sub(r"[^\w -]", "", shot.title) or "picture") + ".png"
    cell = adding.plain(services.profile, content=Upload(shot.asset, name))
    adding.add(session, adding.inherit(session, cell))


ENTRIES: dict[str, AnyEntry] = {
    "pick": Entry(Pick, pick),
    "close": Entry(Close, close),
    "choose": Entry(Choose, choose),
    "upload": FileEntry(UploadPicture, take, upload),
    "shot": Entry(TakeShot, take_shot),
}
