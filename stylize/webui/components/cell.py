"""A cell: its head, its form and its face, which is the picture and what comes with it."""

from __future__ import annotations

from ...notebook import Cell
from . import face, form, head, jotting
from .view import View


def draw(view: View, cell: Cell) -> tuple[str, str, str]:
    """Head, form and face; of a folded cell the head alone."""
    top = head.draw(view, cell)
    if cell.folded:
        return top, "", ""
    if cell.kind == "note":
        return top, "", jotting.draw(view, cell)
    return top, form.draw(view, cell), face.draw(view, cell)
