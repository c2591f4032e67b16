"""A note: its Markdown as it looks, and as it is written."""

from __future__ import annotations

from ...notebook import Cell
from ...notebook.markdown import to_html
from ...notebook.schema.record import longest
from ..html import tag, text
from .view import View


def draw(view: View, cell: Cell) -> str:
    """The text of a note and the field for it."""
    placeholder = view.say("Write a note in Markdown")
    area = tag(
        "textarea",
        text(cell.text),
        data_change="text",
        data_cell=cell.id,
        aria_label=placeholder,
        placeholder=placeholder,
        maxlength=longest(Cell, "text"),
        rows=max(3, min(20, cell.text.count("\n") + 2)),
    )
    shown = tag("div", to_html(cell.text), class_="written") if cell.text.strip() else ""
    return tag("div", shown + area, class_="jotting", data_keep_class=True)
