"""What a sweep varies, across and down."""

from __future__ import annotations

from ... import modes
from ...notebook import Axis, Cell
from ...settings import options
from ..html import select, tag, text
from ..sweeps import default_values
from .view import View


def draw(view: View, cell: Cell) -> str:
    """A row for each axis, the second one only below a first."""
    rows = [_axis(view, cell, n) for n in range(2 if cell.axes else 1)]
    return tag("div", "".join(rows), class_="axes")


def _axis(view: View, cell: Cell, n: int) -> str:
    axis = cell.axes[n] if n < len(cell.axes) else Axis("")
    label = view.say("Across") if n == 0 else view.say("Down")
    setting = select(
        label,
        _known(view, cell),
        axis.setting,
        data_change="axis",
        data_field="setting",
        data_cell=cell.id,
        data_n=n,
    )
    values = _values(view, cell, axis, n) if axis.setting and axis.setting != "style" else ""
    return tag("div", tag("span", text(label)) + setting + values, class_="axis")


def _known(view: View, cell: Cell) -> list[tuple[str, str]]:
    """What a sweep of the cell's mode may vary."""
    found = [("", view.say("Nothing"))]
    if modes.spec(cell.mode).takes_styles:
        found.append(("style", view.say("Each style")))
    settings = options(type(cell.settings))
    return [*found, *((each.name, view.say(each.label)) for each in settings if each.name != "keep_alpha")]


def _values(view: View, cell: Cell, axis: Axis, n: int) -> str:
    return tag(
        "input",
        type="text",
        value=_joined(axis.values),
        data_change="axis",
        data_field="values",
        data_cell=cell.id,
        data_n=n,
        data_setting=axis.setting,
        aria_label=view.say("Values"),
        placeholder=_joined(_suggested(cell, axis.setting)),
        autocomplete="off",
    )


def _suggested(cell: Cell, name: str) -> tuple[object, ...]:
    option = next((each for each in options(type(cell.settings)) if each.name == name), None)
    return default_values(option) if option else ()


def _joined(values: tuple[object, ...]) -> str:
    return ", ".join(f"{each:g}" if _is_number(each) else str(each) for each in values)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
