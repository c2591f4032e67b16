"""Which changes of a finished AdaIN picture are shown at once: by the decoder, from kept features."""

from __future__ import annotations

from ..modes.adain.spec import LONGEST, AdaINSettings
from ..notebook import Cell


def may_tune(cell: Cell, before: Cell) -> bool:
    """Whether a finished AdaIN cell was changed in nothing but its strength and the styles' weights."""
    result, settings, old = cell.result, cell.settings, before.settings
    if cell.kind != "picture" or result is None or not result.complete or before.result is not result:
        return False
    if not isinstance(settings, AdaINSettings) or not isinstance(old, AdaINSettings):
        return False
    if settings.colour == "linear" or settings.content_side > LONGEST or not settings.content_side:
        return False
    same = old.changed(strength=settings.strength) == settings
    sources = [style.source for style in cell.styles] == [style.source for style in before.styles]
    return same and sources and cell.content == before.content
