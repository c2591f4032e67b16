"""The visitor's learned styles in the dialog in which a style is chosen."""

from __future__ import annotations

from ...image.learned import LONGEST_NAME
from ...library.learned import Mine
from ..html import button, tag, text
from ..session import Picker
from .tiles import group, tile
from .view import View


def draw(view: View, picker: Picker) -> str:
    """Each of them with its name and what can be done with it; "" where there are none."""
    return group(view.say("My styles"), [_style(view, picker, each) for each in view.own.styles.all()])


def _style(view: View, picker: Picker, style: Mine) -> str:
    chosen = picker.now == ("upload", style.sha256)
    picture = tile(picker, "mine", style.name, view.own.style_thumb(style), style.name, pressed=chosen)
    asked = picker.asked == style.name
    below = _question(view, style) if asked else _name(view, style) + _tools(view, style)
    return tag("div", picture + below, class_="mine")


def _name(view: View, style: Mine) -> str:
    return tag(
        "input",
        type="text",
        class_="title",
        value=style.name,
        maxlength=LONGEST_NAME,
        data_change="rename_style",
        data_name=style.name,
        aria_label=f"{view.say('Name of the style')}: {style.name}",
        autocomplete="off",
    )


def _tools(view: View, style: Mine) -> str:
    tools = (("Download", "export_style", "download"), ("Delete", "ask_style", "delete"))
    inner = (
        button(f"{view.say(label)}: {style.name}", do, drawing=drawing, plain=True, name=style.name)
        for label, do, drawing in tools
    )
    return tag("div", "".join(inner), class_="tools")


def _question(view: View, style: Mine) -> str:
    """Whether it is to be deleted."""
    keep = button(view.say("Keep"), "ask_style", name="")
    delete = button(view.say("Delete"), "delete_style", name=style.name, class_="danger")
    question = tag("p", text(view.say("Delete this style? Cells that have it keep it.")))
    return question + tag("div", keep + delete, class_="answers")
