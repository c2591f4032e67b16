"""The modes that there are. Importing this brings no torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import SettingsError
from .adain.spec import ADAIN
from .cyclegan.spec import CYCLEGAN
from .gatys.spec import GATYS
from .options import PictureSettings
from .spec import Mode, ModeSpec

AnyMode = ModeSpec[Any]

_specs: tuple[AnyMode, ...] = (ADAIN, GATYS, CYCLEGAN)
DEFAULT = ADAIN.name  # of a cell, a request or a recipe that names none


def specs() -> tuple[AnyMode, ...]:
    """Every mode, in the order in which they are shown."""
    return _specs


def names() -> tuple[str, ...]:
    """The names of the modes."""
    return tuple(each.name for each in _specs)


def spec(name: str) -> AnyMode:
    """The mode of this name. Raises SettingsError for an unknown one."""
    for each in _specs:
        if each.name == name:
            return each
    raise SettingsError(
        "There is no mode {name!r}. Choose one of: {choices}.", name=name, choices=", ".join(names())
    )


def settings_of(name: str) -> type[PictureSettings]:
    """The settings dataclass of a mode. Raises SettingsError for an unknown one."""
    return spec(name).settings


def load(name: str) -> Mode[Any]:
    """The code of a mode. Raises SettingsError for an unknown one."""
    return spec(name).load()


@contextmanager
def registered(another: AnyMode) -> Iterator[AnyMode]:
    """With one mode more, the last in order, for as long as the context lasts. Not for several threads."""
    global _specs
    before = _specs
    if another.name in names():
        raise ValueError(f"there is a mode {another.name!r} already")
    _specs = (*before, another)
    try:
        yield another
    finally:
        _specs = before
