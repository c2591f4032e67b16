"""CycleGAN's translations as a list to choose from, and whether each is on this computer."""

from __future__ import annotations

from ..errors import note
from ..modes.cyclegan.spec import CycleGANSettings
from ..modes.cyclegan.translations import Translation, describe
from ..settings import options
from ..system.text import megabytes
from .texts import say

HERE = ("folder", "bundled", "cached")


def default() -> str:
    """The translation that is chosen at first: one that is here if there is one."""
    found = describe()
    usual = next(str(each.default) for each in options(CycleGANSettings) if each.name == "translation")
    here = [each.name for each in found if each.state in HERE]
    return usual if usual in here or not here else here[0]


def described(language: str) -> dict[str, tuple[str, str, str]]:
    """Title, state and summary of each, by name."""
    return {
        each.name: (say(each.title, language), _state(each, language), say(each.summary, language))
        for each in describe()
    }


def _state(each: Translation, language: str) -> str:
    if each.state in HERE:
        return say("Ready", language)
    if each.state == "download":
        size = megabytes(each.size) if each.size else "?"
        return say(note("Download of {size}", size=size), language)
    return say("Bring the file", language)
