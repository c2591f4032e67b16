"""What the page calls the values of settings."""

from __future__ import annotations

import re

from ...settings import Settings
from ...weights import catalog
from ..texts import say

_LAYER = re.compile(r"relu\d_\d")


def choice_title(choice: str, language: str) -> str:
    """What the page calls a choice: the title of a weight file, a layer's own name, else the word."""
    row = catalog.row(choice)
    if row is not None:
        return say(row.title, language)
    return choice if _LAYER.fullmatch(choice) else say(words(choice), language)


def words(choice: str) -> str:
    """A choice as a label: "noise" becomes "Noise"."""
    return {"lbfgs": "L-BFGS"}.get(choice, choice[:1].upper() + choice[1:])


def preset_title(kind: type[Settings], name: str) -> str:
    """What the page calls a preset of a mode."""
    return kind.PRESET_TITLES.get(name, words(name))
