"""A cell's settings: a field for each, made from its option."""

from __future__ import annotations

from collections.abc import Mapping

from ... import modes
from ...notebook import Cell
from ...settings import Option, options
from ..html import select, tag, text
from ..networks import described
from .labels import choice_title, preset_title
from .view import View

GROUPS = ("Style", "Picture", "Optimization", "Network")  # the order on the page
MOST_STOPS = 400  # positions of a slider; beyond that a number is typed


def draw(view: View, cell: Cell) -> str:
    """The settings that a sweep does not vary; rare ones are folded away."""
    spec, varied = modes.spec(cell.mode), {axis.setting for axis in cell.axes}
    found = [each for each in options(type(cell.settings)) if each.name not in varied]
    found.sort(key=_place)
    shown = _presets(view, cell) + "".join(_row_of(view, cell, each) for each in found if not each.rare)
    folded = "".join(_row_of(view, cell, each) for each in found if each.rare)
    if view.profile.own_weights and spec.network_field:
        own = _own_network(view, cell, spec.network_help)
        shown, folded = (shown + own, folded) if spec.style_network_field else (shown, folded + own)
    if folded:
        summary = tag("summary", text(view.say("More settings")))
        shown += tag("details", summary + folded, class_="more")
    return tag("div", shown, class_="settings")


def _place(each: Option) -> int:
    return GROUPS.index(each.group) if each.group in GROUPS else len(GROUPS)


def _presets(view: View, cell: Cell) -> str:
    kind = type(cell.settings)
    if len(kind.PRESETS) < 2:
        return ""
    names = [("", view.say("Choose…"))]
    names += [(name, view.say(preset_title(kind, name))) for name in kind.PRESETS]
    label = view.say("Preset")
    control = select(label, names, "", data_change="of_mode", data_cell=cell.id)
    return _row(label, control, view.say("Fills in the settings below"))


def _row_of(view: View, cell: Cell, each: Option) -> str:
    full_width = each.kind is tuple or _chooses_style(cell, each)
    return _row(view.say(each.label), _control(view, cell, each), view.say(each.help), full_width)


def _row(label: str, control: str, about: str, full_width: bool = False) -> str:
    inner = tag("span", text(label), class_="label", title=about) + tag("span", control, class_="control")
    return tag("div", inner, class_="row wide" if full_width else "row")


def _chooses_style(cell: Cell, each: Option) -> bool:
    """Whether a setting names the network that decides the style of a mode that takes no style."""
    return each.name == modes.spec(cell.mode).style_network_field


def _control(view: View, cell: Cell, each: Option) -> str:
    value, label = getattr(cell.settings, each.name), view.say(each.label)
    shared: dict[str, object] = {
        "data_change": "set",
        "data_cell": cell.id,
        "data_name": each.name,
        "aria_label": label,
        "aria_description": view.say(each.help),
    }
    if each.kind is bool:
        return tag("input", type="checkbox", role="switch", checked=value, data_kind="bool", **shared)
    if each.kind in (int, float):
        return number(view, each, value, shared)
    if each.kind is tuple:
        return _boxes(each, value, label, shared)
    return _list(view, cell, each, str(value), shared)


def _boxes(each: Option, value: tuple[str, ...], label: str, shared: dict[str, object]) -> str:
    boxes = "".join(
        tag(
            "label",
            tag(
                "input",
                type="checkbox",
                value=choice,
                checked=choice in value,
                data_kind="list",
                **{**shared, "aria_label": choice},
            )
            + text(choice),
        )
        for choice in each.choices or ()
    )
    return tag("div", boxes, class_="boxes", role="group", aria_label=label)


def _list(view: View, cell: Cell, each: Option, value: str, shared: dict[str, object]) -> str:
    shared = dict(shared)
    label = str(shared.pop("aria_label"))
    known = described(modes.spec(cell.mode), view.language) if _chooses_style(cell, each) else {}
    if _chooses_style(cell, each):
        found = [(name, " · ".join(said[:2])) for name, said in known.items()]
    else:
        found = [(choice, choice_title(choice, view.language)) for choice in each.choices or ()]
    if not any(key == value for key, _ in found):
        found.append((value, value))
    control = select(label, found, value, data_kind="text", **shared)
    return control + tag("small", text(known[value][2])) if value in known else control


def number(view: View, each: Option, value: float, shared: Mapping[str, object]) -> str:
    """A slider where it has few enough positions, else a number to be typed."""
    high = view.profile.highest(each)
    bounds = {"min": each.low, "max": high, "step": each.step if each.kind is int else "any"}
    shared = {**shared, "data_kind": "number", "value": f"{value:g}" if each.kind is float else value}
    number = tag("input", type="number", **{**bounds, **shared})
    if each.low is None or high is None or not each.step or each.kind is int:
        return number
    if (high - each.low) / each.step > MOST_STOPS:
        return number
    fill = 100 * (value - each.low) / (high - each.low)
    slider = tag(
        "input", type="range", **{**shared, **bounds, "step": each.step}, style=f"--fill:{fill:.1f}%"
    )
    return slider + tag("output", text(f"{value:g}"))


def _own_network(view: View, cell: Cell, about: str) -> str:
    inner = tag(
        "input",
        type="file",
        accept=".pth,.pt,.bin,.safetensors",
        data_upload="network",
        data_cell=cell.id,
        class_="unseen",
    )
    return tag("label", inner + text(view.say("Use your own network")), class_="own", title=view.say(about))
