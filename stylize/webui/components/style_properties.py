"""The properties of a style, but for its share in the mix: a field for each, made from its declaration."""

from __future__ import annotations

from typing import Any

from ...inputs import StyleProperty, style_properties
from ...notebook import Cell
from ...settings import Option
from ..html import button, select, tag, text
from .labels import choice_title
from .settings import number
from .source import source
from .view import View


def draw(view: View, cell: Cell, n: int, label: str) -> str:
    """Those of one style, counted from 0; ``label`` is what the style is called."""
    fields = [_field(view, cell, n, label, each) for each in style_properties() if not each.is_weight]
    return tag("div", "".join(fields), class_="properties") if fields else ""


def _field(view: View, cell: Cell, n: int, label: str, each: StyleProperty) -> str:
    name, about, value = view.say(each.label), view.say(each.help), getattr(cell.styles[n], each.name)
    place: dict[str, Any] = {"cell": cell.id, "index": n, "property": each.name}
    if each.option is not None:
        control = _control(view, each.option, value, f"{label}: {name}", about, place)
        return tag("label", tag("span", text(name)) + control, class_="property", title=about)
    full = f"{label}: {name}"
    control = source(view, cell, value, "style", n, full, short=name, property=each.name)
    if value is not None:
        remove = f"{view.say('Remove')}: {name}"
        control += button(remove, "property", drawing="close", plain=True, class_="remove", **place)
    return tag("div", control, class_="property", title=about)


def _control(view: View, each: Option, value: Any, label: str, about: str, place: dict[str, Any]) -> str:
    shared = {f"data_{key}": at for key, at in place.items()}
    shared |= {"data_change": "property", "aria_label": label, "aria_description": about}
    if each.choices is None:
        return number(view, each, value, shared)
    choices = [(choice, choice_title(choice, view.language)) for choice in each.choices]
    del shared["aria_label"]
    return select(label, choices, value, data_kind="text", **shared)
