"""What to add next, below the last cell."""

from __future__ import annotations

from ..html import button, tag
from .top import ADDED
from .view import View


def draw(view: View) -> str:
    """A button for each kind of cell; "" on the empty page, which has its own."""
    if not view.session.book.cells:
        return ""
    items = (
        button(view.say(name), "add", drawing="add", kind=kind, disabled=view.full) for kind, name in ADDED
    )
    return tag("div", "".join(items), class_="next")
