"""Cells to begin with: presets by name, and recipes from an address."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping

from .. import modes
from ..errors import NotebookError
from ..modes.choices import usual
from ..modes.options import PictureSettings
from ..notebook import Cell, Example, StyleRef
from ..notebook.recipes import from_recipe
from ..recipe import Recipe
from ..settings import options
from .profiles import Profile

LONGEST_LINK = 8192  # characters


def capped(settings: PictureSettings, profile: Profile) -> PictureSettings:
    """Settings within the page's limits."""
    limits: dict[str, float] = {}
    for each in options(type(settings)):
        high, value = profile.highest(each), getattr(settings, each.name)
        if high is not None and isinstance(value, (int, float)) and value > high:
            limits[each.name] = high
    return settings.changed(**limits)


def presets() -> Iterator[tuple[str, modes.Start]]:
    """Every way to begin a cell, with its mode."""
    return ((spec.name, start) for spec in modes.specs() for start in spec.starts)


def preset(name: object, profile: Profile) -> Cell:
    """A new cell from a preset. Raises NotebookError."""
    for mode, start in presets():
        if start.name == name:
            return Cell(mode=mode, settings=mode_settings(mode, start.preset, start.changes, profile))
    raise NotebookError("There is no preset of this name.")


def mode_settings(mode: str, name: str, changes: Mapping[str, object], profile: Profile) -> PictureSettings:
    """The settings of a mode's preset with changes, within the page's limits."""
    spec = modes.spec(mode)
    settings: PictureSettings = spec.settings.preset(name, **changes)
    if spec.style_network_field and spec.style_network_field not in changes:
        settings = settings.changed(**{spec.style_network_field: usual(spec)})
    return capped(settings, profile)


def pair(photo: str, painting: str, title: str, profile: Profile) -> Cell:
    """A cell of two examples."""
    settings = mode_settings(modes.DEFAULT, "default", {}, profile)
    return Cell(title=title, settings=settings, content=Example(photo), styles=(StyleRef(Example(painting)),))


def linked(text: object) -> Cell:
    """The cell of a recipe in an address, JSON in URL-safe base64. Raises StylizeError."""
    if not isinstance(text, str) or len(text) > LONGEST_LINK:
        raise NotebookError("The recipe in this address is too long.")
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise NotebookError("The recipe in this address is damaged.") from error
    return from_recipe(Recipe.from_json(plain))
