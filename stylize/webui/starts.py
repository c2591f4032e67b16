"""Cells to begin with: presets by name, and recipes from an address."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ..errors import NotebookError
from ..modes import settings_of
from ..notebook import Cell, Example, Style
from ..notebook.recipes import from_recipe
from ..recipe import Recipe
from ..settings import options
from .profiles import Profile
from .translations import default as default_translation

LONGEST_LINK = 8192  # characters

# Name: title, mode, preset of the mode, settings on top of it.
PRESETS: Mapping[str, tuple[str, str, str, Mapping[str, Any]]] = {
    "adain": ("AdaIN: any style, in seconds", "adain", "default", {}),
    "adain-soft": ("AdaIN: soft, the photo's own colours", "adain", "default",
                   {"strength": 0.7, "colour": "luminance"}),
    "gatys-draft": ("Gatys: a draft", "gatys", "draft", {}),
    "gatys": ("Gatys: the usual", "gatys", "default", {}),
    "gatys-fine": ("Gatys: fine and slow", "gatys", "fine", {}),
    "gatys-2016": ("Gatys: as in the paper of 2016", "gatys", "gatys-2016", {}),
    "cyclegan": ("CycleGAN: a learned translation", "cyclegan", "default", {}),
}  # fmt: skip


def capped(mode: str, values: Mapping[str, Any], profile: Profile) -> Any:
    """Settings of a mode within the page's limits. Raises SettingsError."""
    values = dict(values)
    for each in options(settings_of(mode)):
        high = profile.highest(each)
        value = values.get(each.name, each.default)
        if high is not None and isinstance(value, (int, float)) and value > high:
            values[each.name] = high
    return settings_of(mode).from_dict(values)


def preset(name: object, profile: Profile) -> Cell:
    """A new cell from a preset. Raises NotebookError."""
    if not isinstance(name, str) or name not in PRESETS:
        raise NotebookError("There is no preset of this name.")
    _, mode, of_mode, changes = PRESETS[name]
    return Cell(mode=mode, settings=mode_settings(mode, of_mode, changes, profile))


def mode_settings(mode: str, name: str, changes: Mapping[str, Any], profile: Profile) -> Any:
    """The settings of a mode's preset with changes, within the page's limits."""
    values = settings_of(mode).preset(name, **changes).to_dict()
    if mode == "cyclegan":
        values["translation"] = default_translation()
    return capped(mode, values, profile)


def pair(photo: str, painting: str, title: str, profile: Profile) -> Cell:
    """A cell of two examples."""
    return Cell(
        title=title, settings=mode_settings("adain", "default", {}, profile), content=Example(photo),
        styles=(Style(Example(painting)),),
    )  # fmt: skip


def linked(text: object) -> Cell:
    """The cell of a recipe in an address, JSON in URL-safe base64. Raises StylizeError."""
    if not isinstance(text, str) or len(text) > LONGEST_LINK:
        raise NotebookError("The recipe in this address is too long.")
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise NotebookError("The recipe in this address is damaged.") from error
    return from_recipe(Recipe.from_json(plain))
