"""Which changes of a finished picture are shown at once, from what its run kept."""

from __future__ import annotations

from dataclasses import replace

from .. import modes
from ..notebook import Cell


def may_tune(cell: Cell, before: Cell) -> bool:
    """Whether a finished cell was changed in nothing but the styles' weights and what its mode renders at
    once."""
    result = cell.result
    if cell.kind != "picture" or result is None or not result.complete or before.result is not result:
        return False
    if cell.mode != before.mode or not modes.spec(cell.mode).instant_change(before.settings, cell.settings):
        return False
    now, then = ([replace(style, weight=1.0) for style in each.styles] for each in (cell, before))
    return now == then and cell.content == before.content
