"""Weight files of a user's own: which paths a setting may open, by who wrote the setting.

Settings that may name such a file have open choices (:class:`stylize.settings.Option`). Who wrote
them decides:

* the command line and the API: any path, which :func:`stylize.weights.find` opens;
* a recipe or a notebook, which may be a stranger's: a plain name (:func:`not_plain`), looked for in the
  folders of whoever replays it (:func:`in_folders`);
* a visitor of a page: what the catalog or the page offers, and this visitor's uploads (:func:`located`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ..errors import SettingsError
from ..settings import Option, Settings, options
from . import catalog, messages

AnySettings = TypeVar("AnySettings", bound=Settings)
Uploaded = Callable[[str], Path | None]


def file_options(kind: type[Settings]) -> tuple[Option, ...]:
    """The settings of a mode that may name a file."""
    return tuple(each for each in options(kind) if each.open)


def is_plain(name: str) -> bool:
    """Whether a text can be a file's name on this computer and names no folder."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return name not in (".", "..") and not set("/\\\0") & set(name)


def not_plain(settings: Settings) -> tuple[Option, ...]:
    """The settings whose value is no plain file name, with which an untrusted recipe is refused."""
    return tuple(each for each in file_options(type(settings)) if not is_plain(getattr(settings, each.name)))


def without_folders(settings: AnySettings) -> AnySettings:
    """The settings with plain names, for a recipe that others may read."""
    names: dict[str, str] = {
        each.name: Path(getattr(settings, each.name)).name for each in file_options(type(settings))
    }
    return replace(settings, **names)


def in_folders(settings: AnySettings, folders: Sequence[str | os.PathLike[str]]) -> AnySettings:
    """The settings with the paths of those plain names that are files in ``folders``, searched in order.

    A name of the catalog stays what it is, and so does a name that is in none of them.
    """
    paths: dict[str, str] = {}
    for each in file_options(type(settings)):
        name = getattr(settings, each.name)
        if catalog.row(name) is None and is_plain(name):
            candidates = (os.path.join(folder, name) for folder in folders)
            paths[each.name] = next(filter(os.path.isfile, candidates), name)
    return replace(settings, **paths)


def is_offered(option: Option, value: object) -> bool:
    """Whether a value is an offered choice or a name of the catalog, and so no file of the user's."""
    return not option.open or value in (option.choices or ()) or catalog.row(str(value)) is not None


def located(settings: AnySettings, uploaded: Uploaded) -> AnySettings:
    """A visitor's settings with the paths of the files that this visitor uploaded.

    Args:
        settings: of anybody.
        uploaded: the path of a file that the visitor uploaded, by its name, or None.

    Raises:
        SettingsError, WeightsError: as :func:`check`, for anything else than such a file and what
            :func:`is_offered`.
    """
    paths: dict[str, str] = {}
    for each in file_options(type(settings)):
        path = check(each, getattr(settings, each.name), uploaded)
        if path is not None:
            paths[each.name] = str(path)
    return replace(settings, **paths)


def check(option: Option, value: object, uploaded: Uploaded) -> Path | None:
    """The path of the visitor's file that a value names; None where it names none and :func:`is_offered`.

    Raises:
        WeightsError: for a network that is no longer part of Stylize.
        SettingsError: for any other value.
    """
    if is_offered(option, value):
        return None
    path = uploaded(value) if isinstance(value, str) and is_plain(value) else None
    if path is None and isinstance(value, str) and value in messages.DEPARTED:
        raise messages.unknown(value)
    if path is None:
        raise SettingsError("{name} must be one of the choices on the page.", name=option.label)
    return path
