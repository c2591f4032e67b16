"""The list of keys."""

from __future__ import annotations

from ..html import button, tag, text
from .view import View

KEYS = (
    ("Ctrl Enter", "Run the cell"),
    ("Shift Enter", "Run the cell and go to the next"),
    ("Alt ↑ / Alt ↓", "Move the cell"),
    ("Ctrl B", "Add a cell"),
    ("Ctrl Z", "Undo"),
    ("?", "This list"),
)


def draw(view: View) -> str:
    """The list of keys."""
    rows = "".join(f"<dt><kbd>{text(key)}</kbd></dt><dd>{text(view.say(about))}</dd>" for key, about in KEYS)
    close = button(view.say("Close"), "unhelp", drawing="close", plain=True)
    head = tag("header", tag("h2", text(view.say("Keys"))) + close)
    return tag("dialog", head + tag("dl", rows), class_="keys", aria_label=view.say("Keys"))
