"""The networks of a mode whose look is in its network: a list to choose from, and whether each is here."""

from __future__ import annotations

from ..errors import note
from ..modes import AnyMode
from ..modes.choices import Network, networks
from ..system.text import megabytes
from .texts import say


def described(spec: AnyMode, language: str) -> dict[str, tuple[str, str, str]]:
    """Title, state and summary of each network of a mode, by name."""
    return {
        each.name: (say(each.title, language), _state(each, language), say(each.summary, language))
        for each in networks(spec)
    }


def _state(each: Network, language: str) -> str:
    if each.here:
        return say("Ready", language)
    if each.state == "download":
        size = megabytes(each.size) if each.size else "?"
        return say(note("Download of {size}", size=size), language)
    return say("Bring the file", language)
