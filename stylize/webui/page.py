"""The page's components: a pool of slots for cells, what is around them, and the one channel for events.

Nothing is ever built anew: a cell takes a free slot, slots are shown and hidden, and CSS puts them in order,
so that pictures, runs and what is being typed stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .sitting import SLOTS

PARTS = ("top", "empty", "bottom", "gallery", "picker", "keys", "pulse", "keep")
# The value is put in place by page.js, piece by piece; nothing in it is ever taken for a template.
_HOLDER = '<div class="part"></div>'
_PART = "window.stylize.part(element, props, watch)"
# gradio wants to see the names of the events.
_BUS = "window.stylize.bus({act: (x) => trigger('act', x), follow: (x) => trigger('follow', x)})"


@dataclass(frozen=True)
class Slot:
    """A place for a cell: the box, and what is in it."""

    box: Any
    head: Any
    form: Any
    face: Any


@dataclass(frozen=True)
class Page:
    """The components by name."""

    bus: Any
    parts: Mapping[str, Any]
    slots: Sequence[Slot]

    @property
    def outputs(self) -> list[Any]:
        """Everything that an event may change."""
        inner = [each for slot in self.slots for each in (slot.box, slot.head, slot.form, slot.face)]
        return [*self.parts.values(), *inner]


def lay_out() -> Page:
    """All components, in the Blocks that are open."""
    bus = gr.HTML("", html_template="<i></i>", js_on_load=_BUS, elem_id="bus", apply_default_css=False)
    parts = {"top": _part("top")}
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="book", min_width=0):
            parts["empty"] = _part("empty")
            with gr.Column(elem_id="cells", elem_classes="nb"):
                slots = [_slot(n) for n in range(SLOTS)]
            parts["bottom"] = _part("bottom")
        with gr.Column(elem_id="side", min_width=0):
            parts["gallery"] = _part("gallery")
    for name in PARTS[4:]:
        parts[name] = _part(name)
    return Page(bus, parts, slots)


def _part(name: str) -> Any:
    return gr.HTML(
        "", html_template=_HOLDER, js_on_load=_PART, elem_id=name, apply_default_css=False, container=False
    )


def _slot(n: int) -> Slot:
    with gr.Column(visible=False, elem_id=f"cell-{n}", elem_classes=place(None)) as box:
        head, form, face = (_part(f"{name}-{n}") for name in ("head", "form", "face"))
    return Slot(box, head, form, face)


def place(position: int | None, kind: str = "") -> list[str]:
    """The classes of a slot at a position from 0; None for a free one."""
    return ["cell", f"pos-{SLOTS if position is None else position}", *([kind] if kind else [])]


def order_css() -> str:
    """The rules that put slots in order."""
    return "\n".join(f".nb > .pos-{n} {{ order: {n} !important }}" for n in range(SLOTS + 1))
