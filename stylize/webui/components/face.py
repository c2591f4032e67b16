"""A cell's face: its picture, how its run stands, the losses, and what to do next."""

from __future__ import annotations

import re

from ...notebook import Cell
from .. import bar
from ..html import tag, text
from ..session import Live
from . import foot, losses, picture
from .view import View

_RATIO = re.compile(r"--ratio:[\d.]+")


def draw(view: View, cell: Cell) -> str:
    """The face of a cell that makes pictures."""
    live = view.session.live(cell.id)
    working = live is not None and live.phase in ("running", "stopping")
    over = live is not None and live.phase in ("done", "stopped")
    shown, status = picture.draw(view, cell), _status(view, live)
    parts = [shown, status, losses.draw(view, cell)]
    if live is not None and live.phase == "failed":
        parts[:2] = [status, shown]
    if cell.result and over:  # then the status stands beside what to do next
        parts[1] = foot.draw(view, cell, cell.result, status)
    elif cell.result and not working:
        parts.append(foot.draw(view, cell, cell.result))
    found = _RATIO.search(shown)  # the rest is as wide as the picture
    inner = _read_out(view, cell, live) + "".join(parts)
    return tag("div", inner, class_="face", style=found[0] if found else None)


def _wording(live: Live) -> bar.Wording:
    return bar.LEARNING if live.learning else bar.PAINTING


def _status(view: View, live: Live | None) -> str:
    language = view.language
    if live is None or live.phase in ("tuning", "tuned"):
        return ""
    wording = _wording(live)
    if live.phase == "waiting" and live.ticket:
        return bar.waiting(language, view.run_queue.place(live.ticket))
    if live.phase == "left":
        return bar.cancelled(language)
    if live.phase == "failed" and live.error is not None:
        return bar.failed(live.error, language, paths=view.profile.trusted)
    if live.phase == "stopping":
        return bar.stopping(language)
    if live.update is None:
        return bar.starting(language) if live.busy else bar.stopped(language, wording)
    part = live.part if live.phase == "running" else (1, 1)
    return bar.bar(live.update, language, part=part, wording=wording)


def _read_out(view: View, cell: Cell, live: Live | None) -> str:
    """What a screen reader says. It is there from the start, or nobody would hear the first of it."""
    said = bar.announcement(live.phase, live.update, view.language, _wording(live)) if live else ""
    sentence = f"{view.session.book.name_of(cell.id)}: {said}" if said else ""
    return tag("p", text(sentence), class_="unseen", role="status")
