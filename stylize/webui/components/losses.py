"""The losses of a run as a curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...notebook import Cell
from ..html import tag, text
from .view import View

PLOT = (280, 72)  # width and height of the plot, in units of its own
MOST_POINTS = 160


def draw(view: View, cell: Cell) -> str:
    """The total loss, and the last value of each; "" where there are none."""
    live = view.session.live(cell.id)
    busy = live is not None and live.busy
    if live is not None and live.losses and busy:
        curves: Mapping[str, Sequence[tuple[int, float]]] = live.losses
    elif cell.result is not None:
        curves = dict(cell.result.losses)
    else:
        return ""
    points = plotted(curves.get("total") or next(iter(curves.values()), ()))
    if not points:
        return ""
    last = [f"{view.say(name)} {values[-1][1]:.3g}" for name, values in curves.items() if values]
    label = view.say("Losses")
    drawing = (
        f'<svg viewBox="0 0 {PLOT[0]} {PLOT[1]}" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(label)}"><polyline points="{points}"/></svg>'
    )
    summary = tag("summary", text(label) + tag("span", text("" if busy else " · ".join(last))))
    return tag("details", summary + drawing, class_="losses")


def plotted(curve: Sequence[tuple[int, float]]) -> str:
    """A loss as the points of an SVG line, its height by the logarithm; "" for fewer than two points."""
    values = [(step, math.log(value)) for step, value in curve if 0 < value < math.inf]
    if len(values) < 2:
        return ""
    stride = max(1, len(values) // MOST_POINTS)
    values = [*values[:-1:stride], values[-1]]
    low, high = min(y for _, y in values), max(y for _, y in values)
    first, last = values[0][0], values[-1][0]
    width, height = PLOT
    return " ".join(
        f"{(x - first) / max(1, last - first) * width:.1f},"
        f"{4 + (high - y) / ((high - low) or 1.0) * (height - 8):.1f}"
        for x, y in values
    )
