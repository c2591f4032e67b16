"""Commands that change how a cell paints: its mode, its settings, and what a sweep varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ...errors import SettingsError
from ...modes.options import ContentSettings
from ...notebook.cells import settings_from
from ...settings import Option, find_option, options
from ...weights import own
from .. import starts, sweeps
from ..sent import Malformed
from ..session import Session
from ..texts import say
from .entry import AnyEntry, Entry, Services
from .fields import CellId, Integer, Name, Typed, Unchecked
from .running import change


@dataclass(frozen=True)
class ChangeMode:
    """Another mode, with its default settings; those that every mode has are kept."""

    cell: CellId
    value: Name


def change_mode(services: Services, session: Session, command: ChangeMode) -> None:
    cell, name = command.cell, command.value
    book = session.book.change(cell, mode=name)
    values = starts.mode_settings(name, "default", {}, services.profile).to_dict()
    common = {each.name for each in options(ContentSettings)} - {"content_side"}
    kept = {name: value for name, value in book[cell].settings.to_dict().items() if name in common}
    book = book.change(cell, settings=settings_from(name, {**values, **kept}))
    if book[cell].kind == "sweep" and not book[cell].axes:
        book = book.change(cell, axes=(sweeps.first_axis(name),))
    session.do(book)


@dataclass(frozen=True)
class OfMode:
    """The settings of a preset of the cell's mode."""

    cell: CellId
    value: Name


def of_mode(services: Services, session: Session, command: OfMode) -> None:
    cell = session.book[command.cell]
    settings = starts.mode_settings(cell.mode, command.value, {}, services.profile)
    session.do(session.book.change(cell.id, settings=settings))


@dataclass(frozen=True)
class Set:
    """One setting of a cell."""

    cell: CellId
    name: Name
    value: Annotated[object, Unchecked()] = None


def set_one(services: Services, session: Session, command: Set) -> None:
    cell = session.book[command.cell]
    option = find_option(type(cell.settings), command.name)
    if option is None:
        raise Malformed("This page is out of date: load it again.")
    try:
        value = option.check(command.value)
        settings_from(cell.mode, {option.name: list(value) if isinstance(value, tuple) else value})
    except SettingsError as error:
        raise _labeled(error, option, session) from error
    own.check(option, value, services.page_files.of(session).network)
    change(services, session, cell, f"set {cell.id} {option.name}", settings={option.name: value})


def _labeled(error: SettingsError, option: Option, session: Session) -> SettingsError:
    """The same of a setting, under the name that it has on the page."""
    named = {**error.note.values, "name": say(option.label, session.language)}
    return SettingsError(error.note.template, **named)


@dataclass(frozen=True)
class ChangeAxis:
    """What a sweep varies: ``n`` is 0 for columns, 1 for rows; no ``setting`` takes the axis away."""

    cell: CellId
    n: Annotated[int, Integer(0, 1)]
    setting: Name = ""
    values: Typed = ""


def change_axis(services: Services, session: Session, command: ChangeAxis) -> None:
    cell = session.book[command.cell]
    axes, made = list(cell.axes), sweeps.axis(cell, command.setting, command.values)
    axes[command.n : command.n + 1] = [] if made is None else [made]
    try:
        session.do(session.book.change(cell.id, axes=tuple(axes)))
    except SettingsError as error:
        option = find_option(type(cell.settings), command.setting)
        if option is None or error.note.values.get("name") != option.name:
            raise
        raise _labeled(error, option, session) from error


ENTRIES: dict[str, AnyEntry] = {
    "mode": Entry(ChangeMode, change_mode),
    "of_mode": Entry(OfMode, of_mode),
    "set": Entry(Set, set_one),
    "axis": Entry(ChangeAxis, change_axis),
}
