"""A cell's form: the mode, the pictures that go in, what a sweep varies, the settings, the run."""

from __future__ import annotations

from ... import modes
from ...notebook import Cell
from ..html import button, tag, text
from . import axes, inputs, settings
from .view import View


def draw(view: View, cell: Cell) -> str:
    """The form of a cell that makes pictures."""
    parts = [_modes(view, cell), inputs.draw(view, cell)]
    if cell.kind == "sweep":
        parts.append(axes.draw(view, cell))
    parts += [settings.draw(view, cell), _run(view, cell)]
    return tag("div", "".join(parts), class_="form")


def _modes(view: View, cell: Cell) -> str:
    labels = "".join(_mode(view, cell, spec) for spec in modes.specs())
    legend = tag("legend", text(view.say("How to paint")), class_="unseen")
    about = tag("p", text(view.say(modes.spec(cell.mode).summary)), class_="about")
    return tag("fieldset", legend + tag("div", labels, class_="segments"), class_="modes") + about


def _mode(view: View, cell: Cell, spec: modes.AnyMode) -> str:
    field = tag(
        "input",
        type="radio",
        name=f"mode-{cell.id}",
        value=spec.name,
        checked=spec.name == cell.mode,
        data_change="mode",
        data_cell=cell.id,
    )
    return tag("label", field + tag("span", text(view.say(spec.title))), title=view.say(spec.summary))


def _run(view: View, cell: Cell) -> str:
    """What runs the cell, or stops it."""
    live = view.session.live(cell.id)
    if live is not None and live.phase in ("waiting", "running", "stopping"):
        keep = "Stop and keep what is learned" if live.learning else "Stop and keep this"
        label = view.say("Leave the queue" if live.phase == "waiting" else keep)
        stopping = live.phase == "stopping"
        inner = button(label, "stop", drawing="stop", cell=cell.id, class_="stop", disabled=stopping)
    else:
        inner = button(view.say("Run"), "run", drawing="run", cell=cell.id, class_="primary run")
        if cell.id != view.session.book.ids[-1]:
            label = view.say("Run from here down")
            inner += button(label, "run", drawing="below", plain=True, cell=cell.id, scope="below")
    return tag("div", inner, class_="actions")
