"""What the page calls the values of settings."""

from __future__ import annotations

import re

from ... import modes
from ...settings import Settings
from ...weights import catalog
from ..texts import say

_LAYER = re.compile(r"relu\d_\d")


def choice_title(choice: str, language: str) -> str:
    """What the page calls a choice: the title of a weight file, a layer's own name, else the name."""
    row = catalog.row(choice)
    if row is not None:
        return say(row.title, language)
    return choice if _LAYER.fullmatch(choice) else say(default_title(choice), language)


def default_title(choice: str) -> str:
    """The title of a choice that has none of its own, by its name: "noise" becomes "Noise"."""
    own = {spec.name: spec.title for spec in modes.specs()} | {"emd": "EMD", "lbfgs": "L-BFGS"}
    return own.get(choice, choice[:1].upper() + choice[1:])


def preset_title(kind: type[Settings], name: str) -> str:
    """What the page calls a preset of a mode."""
    return kind.PRESET_TITLES.get(name, default_title(name))
