"""What unfolds the tools for which a phone has no room; wider pages show them all the time."""

from __future__ import annotations

from ..html import button
from .view import View


def more(view: View) -> str:
    """The button."""
    return button(
        view.say("More"),
        "more",
        drawing="more",
        plain=True,
        class_="more-button",
        aria_expanded="false",
        keep_state=True,
    )
