"""A gradio component for each setting, made from what the settings dataclass says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import gradio as gr

from .. import catalog
from ..modes.options import PictureSettings
from ..settings import Option, options
from .i18n import t
from .profiles import Profile

GROUPS = ("Style", "Picture", "Optimisation", "Network")  # the order on the page
MOST_STOPS = 400  # positions of a slider; beyond that a number is typed
_LAYER = re.compile(r"relu\d_\d")


class Settings:
    """The widgets of one mode by the settings' names."""

    def __init__(self, mode: str, kind: type[PictureSettings], profile: Profile) -> None:
        self.mode, self.kind, self.profile = mode, kind, profile
        self.components: dict[str, Any] = {}
        self.preset: Any = None

    def render(self, skip: tuple[str, ...] = ()) -> None:
        """Lays the widgets out where this is called: common ones by group, rare ones folded away."""
        found = [each for each in options(self.kind) if each.name not in skip]
        if len(self.kind.PRESETS) > 1:
            self.preset = gr.Dropdown(
                [(t(preset_title(name)), name) for name in self.kind.PRESETS], value="default",
                label=t("Preset"), info=t("Fills in the settings below"), interactive=True,
                elem_id=f"{self.mode}-preset",
            )  # fmt: skip
        self._groups([each for each in found if not each.rare])
        rare = [each for each in found if each.rare]
        if rare:
            with gr.Accordion(t("More settings"), open=False, elem_id=f"{self.mode}-more"):
                self._groups(rare)

    def _groups(self, found: list[Option]) -> None:
        names = sorted({each.group for each in found}, key=_place)
        for group in names:
            gr.Markdown(t(group), elem_classes="group")
            for each in found:
                if each.group == group:
                    self.components[each.name] = widget(each, self.mode, self.profile)

    def fill(self, preset: str) -> list[Any]:
        """The values of a preset, in the order of ``components``."""
        values = self.kind.preset(preset).to_dict()
        caps = {each.name: self.profile.highest(each) for each in options(self.kind)}
        return [_capped(values[name], caps[name]) for name in self.components]


def widget(each: Option, mode: str, profile: Profile) -> Any:
    """The component for a setting. Its bounds and choices are checked by the server too."""
    common: dict[str, Any] = {
        "label": t(each.label), "info": t(each.help), "interactive": True,
        "elem_id": f"{mode}-{each.name}".replace("_", "-"),
    }  # fmt: skip
    high = profile.highest(each)
    if each.kind is bool:
        return gr.Checkbox(each.default, **common)
    if each.kind in (int, float):
        return _number(each, high, common)
    shown = [(choice_title(choice), choice) for choice in each.choices or ()]
    if each.kind is tuple:
        return gr.Dropdown(shown, value=list(each.default), multiselect=True, **common)
    if len(shown) <= 4 and not each.open:
        return gr.Radio(shown, value=each.default, **common)
    return gr.Dropdown(shown, value=each.default, **common)


def _number(each: Option, high: float | None, common: Mapping[str, Any]) -> Any:
    given: dict[str, Any] = {"minimum": each.low, "maximum": high, "step": each.step, **common}
    given |= {"value": _capped(each.default, high), "precision": 0 if each.kind is int else None}
    if each.low is None or high is None or not each.step or (high - each.low) / each.step > MOST_STOPS:
        return gr.Number(**given)
    return gr.Slider(**given, buttons=[])


def _capped(value: Any, high: float | None) -> Any:
    return min(value, high) if high is not None and isinstance(value, (int, float)) else value


def _place(group: str) -> tuple[int, str]:
    return (GROUPS.index(group), "") if group in GROUPS else (len(GROUPS), group)


def choice_title(choice: str) -> Any:
    """What the page calls a choice: the title of a weight file, a layer's own name, else the word."""
    row = catalog.row(choice)
    if row is not None:
        return t(row.title)
    return choice if _LAYER.fullmatch(choice) else t(words(choice))


def words(choice: str) -> str:
    """A choice as a label: "noise" becomes "Noise"."""
    return {"lbfgs": "L-BFGS"}.get(choice, choice[:1].upper() + choice[1:])


def preset_title(name: str) -> str:
    """What the page calls a preset."""
    return {"gatys-2016": "As in the paper (2016)"}.get(name, words(name))
