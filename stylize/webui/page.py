"""The page's components: what is around the cells, a pool of slots for cells, and the one channel for events.

Nothing is ever built anew: a cell takes a free slot, and slots are shown, hidden and put in order, so that
pictures, runs and what is being typed stay where they are. The bus is the only component that events change:
gradio makes each output of an event anew, and keeps it for each page, whether or not it changed. What it
carries is put in place by browser/placing.js.
"""

from __future__ import annotations

import gradio as gr

from .session import IN_SLOT, SLOTS

# Nothing that is put in here is ever taken for a template.
_HOLDER = '<div class="part"></div>'
_PLACED = "window.stylize.placed()"
# gradio wants to see the names of the events.
_BUS = (
    "window.stylize.bus({act: (x) => trigger('act', x), follow: (x) => trigger('follow', x)}, props, watch)"
)


def lay_out() -> gr.HTML:
    """All components, in the Blocks that are open. Returns the bus."""
    bus = _html("bus", "<i></i>", _BUS)
    _part("top")
    with gr.Row(elem_id="desk", equal_height=False):
        with gr.Column(elem_id="book", min_width=0):
            _part("empty")
            _html("cells", f'<div class="nb">{"".join(map(_slot, range(SLOTS)))}</div>', _PLACED)
            _part("bottom")
        with gr.Column(elem_id="side", min_width=0):
            _part("gallery")
    for name in ("picker", "keys"):
        _part(name)
    return bus


def _part(name: str) -> None:
    _html(name, _HOLDER, _PLACED)


def _html(name: str, template: str, script: str) -> gr.HTML:
    return gr.HTML(
        "", html_template=template, js_on_load=script, elem_id=name, apply_default_css=False, container=False
    )


def _slot(n: int) -> str:
    inner = "".join(f'<div id="{name}-{n}" class="part"></div>' for name in IN_SLOT)
    return f'<div id="cell-{n}" class="cell" hidden>{inner}</div>'
