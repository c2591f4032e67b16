"""A cell's head and face as HTML: title and tools; the picture, how its run stands, what to do with it."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from .. import modes
from ..notebook import Cell, Result
from ..notebook.markdown import to_html
from ..notebook.schema.record import longest
from ..notebook.sweeps import column_count
from ..settings import options
from . import bar
from .forms import Forms, choice_title
from .html import button, icon, tag, text
from .line import Line
from .profiles import Profile
from .shelf import Shelf, url
from .shell import more
from .sitting import Live, Sitting
from .store import SHOWN_SIDE
from .texts import say

_RATIO = re.compile(r"--ratio:[\d.]+")
PLOT = (280, 72)  # width and height of the plot of losses, in units of its own


class Cards:
    """Draws the cells of a page."""

    def __init__(self, shelf: Shelf, forms: Forms, line: Line, profile: Profile) -> None:
        self.shelf, self.forms, self.line, self.profile = shelf, forms, line, profile

    def draw(self, sitting: Sitting, cell: Cell) -> tuple[str, str, str]:
        """Head, form and face."""
        head = self._head(sitting, cell)
        if cell.folded:
            return head, "", ""
        face = self._note(sitting, cell) if cell.kind == "note" else self._face(sitting, cell)
        return head, self.forms.draw(sitting, cell), face

    # Head

    def _head(self, sitting: Sitting, cell: Cell) -> str:
        spoken, book = sitting.language, sitting.book
        place = book.place(cell.id)
        number = tag("span", str(place + 1), class_="number", aria_hidden="true")
        untitled = say({"note": "Note", "sweep": "Sweep"}.get(cell.kind, "Untitled"), spoken)
        heading = tag("h2", text(f"{place + 1}. {cell.title or untitled}"), class_="unseen")
        title = tag(
            "input", type="text", class_="title", value=cell.title, data_change="title",
            maxlength=longest(Cell, "title"), data_cell=cell.id,
            aria_label=say("Title", spoken), autocomplete="off", placeholder=untitled,
        )  # fmt: skip
        small = ""
        if cell.folded and cell.result:
            address = self.shelf.of(sitting).thumb(cell.result.asset)
            small = tag("img", src=address, alt="", class_="mini") if address else ""
        tools = [
            button(say("Move up", spoken), "move", drawing="up", plain=True, cell=cell.id, way="up",
                   disabled=place == 0),
            button(say("Move down", spoken), "move", drawing="down", plain=True, cell=cell.id, way="down",
                   disabled=place == len(book.cells) - 1),
            button(say("Duplicate", spoken), "duplicate", drawing="copy", plain=True, cell=cell.id),
            button(say("Unfold", spoken) if cell.folded else say("Fold", spoken), "fold", plain=True,
                   drawing="unfold" if cell.folded else "fold", cell=cell.id,
                   aria_expanded="false" if cell.folded else "true"),
            button(say("Delete", spoken), "delete", drawing="delete", plain=True, cell=cell.id),
        ]  # fmt: skip
        chips = self._chips(sitting, cell)
        toolbox = tag("div", "".join(tools), class_="tools", role="group", aria_label=say("Cell", spoken))
        inner = heading + number + small + title + chips + more(spoken) + toolbox
        return tag("div", inner, class_="head", data_more=True, data_keep_class=True)

    def _chips(self, sitting: Sitting, cell: Cell) -> str:
        spoken, live = sitting.language, sitting.live(cell.id)
        if live and live.busy and live.phase not in ("tuning", "tuned"):
            return ""
        if cell.id not in sitting.book.stale:
            return ""
        about = say("Made before the last change of its settings or pictures", spoken)
        return tag("span", text(say("Out of date", spoken)), class_="chip stale", title=about)

    # Face

    def _face(self, sitting: Sitting, cell: Cell) -> str:
        live = sitting.live(cell.id)
        working = live is not None and live.phase in ("running", "stopping")
        picture, status = self._picture(sitting, cell, live), self._status(sitting, cell, live)
        parts = [picture, status, self._losses(cell, live, sitting.language)]
        over = live is not None and live.phase in ("done", "stopped")
        if live is not None and live.phase == "failed":
            parts[:2] = [status, picture]
        if cell.result and over:  # then the status stands beside what to do next
            parts[1] = self._foot(sitting, cell, cell.result, status)
        elif cell.result and not working:
            parts.append(self._foot(sitting, cell, cell.result))
        found = _RATIO.search(picture)  # the rest is as wide as the picture
        inner = self._told(sitting, cell, live) + "".join(parts)
        return tag("div", inner, class_="face", style=found[0] if found else None)

    def _picture(self, sitting: Sitting, cell: Cell, live: Live | None) -> str:
        spoken = sitting.language
        if live is not None and live.pair and live.phase in ("running", "stopping", "failed"):
            before, after = (url(Path(each)) if each else "" for each in live.pair)
            return self._compare(before, after, spoken, cell, busy=True)
        if cell.result is None:
            return self._blank(sitting, cell, idle=live is None or not live.busy)
        if cell.kind == "sweep" and cell.result.tiles:
            return self._sheet(sitting, cell, cell.result)
        own = self.shelf.of(sitting)
        after = own.shown(cell.result.asset)
        if not after:
            return tag(
                "div", text(say("The picture is no longer here: run the cell again.", spoken)), class_="blank"
            )
        before = own.seen(sitting.book, cell.photo, SHOWN_SIDE)
        return self._compare(before, after, spoken, cell)

    def _compare(self, before: str, after: str, spoken: str, cell: Cell, busy: bool = False) -> str:
        """Two pictures on each other with a line that the pointer and the keyboard move."""
        title = cell.title or say("Untitled", spoken)
        over = tag("img", src=after, alt=f"{say('After', spoken)}: {title}", class_="after", decoding="async")
        under = slider = ""
        if before:
            under = tag("img", src=before, alt=say("Before", spoken), class_="before", decoding="async")
            slider = tag(
                "input", type="range", min=0, max=100, step=1, value=0, class_="divide",
                aria_label=say("Before and after", spoken), data_keep=True,
            ) + tag("i", "", class_="line")  # fmt: skip
        classes = "compare busy" if busy else "compare"
        return tag(
            "figure", over + under + slider, class_=classes, data_keep_style=True,
            data_ratio=f"{ratio(after):.4f}", style=f"--ratio:{ratio(after):.4f}",
        )  # fmt: skip

    def _blank(self, sitting: Sitting, cell: Cell, idle: bool) -> str:
        """Before the first run: the photo itself, and a button for what comes next."""
        spoken, spec = sitting.language, modes.spec(cell.mode)
        address = self.shelf.of(sitting).seen(sitting.book, cell.photo, SHOWN_SIDE)
        if not address and spec.takes_content:
            ask = button(say("Choose a photo", spoken), "pick", drawing="photo", cell=cell.id, what="content",
                         index=0, class_="primary")  # fmt: skip
            hint = tag("span", text(say("You can also drop or paste one.", spoken)))
            return tag("div", ask + hint, class_="blank", data_drop="content", data_what="content",
                       data_cell=cell.id)  # fmt: skip
        if spec.styles is modes.Need.REQUIRED and not cell.styles:
            ask = button(say("Choose a style", spoken), "pick", drawing="photo", cell=cell.id, what="style",
                         index=0, class_="go")  # fmt: skip
        else:
            ask = button(say("Paint it", spoken), "run", drawing="run", cell=cell.id, class_="go")
        if not address:
            return tag("div", ask if idle else "", class_="blank")
        image = tag("img", src=address, alt="")
        style = f"--ratio:{ratio(address):.4f}"
        return tag("div", image + (ask if idle else ""), class_="blank photo", style=style)

    def _sheet(self, sitting: Sitting, cell: Cell, result: Result) -> str:
        own, spoken = self.shelf.of(sitting), sitting.language
        columns = column_count(result.tiles)
        tiles, row = [], -1
        for n, tile in enumerate(result.tiles):
            varied = _varied(cell, tile.column, tile.row, spoken)
            if len(varied) > 1 and tile.row != row:
                row = tile.row
                tiles.append(tag("strong", text(varied[1])))
            image = tag("img", src=own.thumb(tile.asset, 640), alt=", ".join(varied), loading="lazy")
            caption = tag("span", text(varied[0] if varied else ""), aria_hidden="true")
            tiles.append(tag(
                "button", image + caption, type="button", data_do="tile", data_cell=cell.id, data_n=n,
                title=say("Open as a cell", spoken),
            ))  # fmt: skip
        return tag("div", "".join(tiles), class_="sheet", style=f"--columns:{columns}")

    def _status(self, sitting: Sitting, cell: Cell, live: Live | None) -> str:
        spoken = sitting.language
        if live is None or live.phase in ("tuning", "tuned"):
            return ""
        if live.phase == "waiting" and live.ticket:
            return bar.waiting(spoken, self.line.place(live.ticket))
        if live.phase == "left":
            return bar.cancelled(spoken)
        if live.phase == "failed" and live.error is not None:
            return bar.failed(live.error, spoken, paths=self.profile.trusted)
        if live.phase == "stopping":
            return bar.stopping(spoken)
        if live.update is None:
            return bar.starting(spoken) if live.busy else bar.stopped(spoken)
        return bar.bar(live.update, spoken, part=live.part if live.phase == "running" else (1, 1))

    def _told(self, sitting: Sitting, cell: Cell, live: Live | None) -> str:
        """What a screen reader says. It is there from the start, or nobody would hear the first of it."""
        said = bar.told(live.phase, live.update, sitting.language) if live else ""
        words = f"{sitting.book.name_of(cell.id)}: {said}" if said else ""
        return tag("p", text(words), class_="unseen", role="status")

    def _losses(self, cell: Cell, live: Live | None, spoken: str) -> str:
        if live is not None and live.losses and live.busy:
            curves: Mapping[str, Sequence[tuple[int, float]]] = live.losses
        elif cell.result is not None:
            curves = dict(cell.result.losses)
        else:
            return ""
        curve = curves.get("total") or next(iter(curves.values()), ())
        points = plotted(curve)
        if not points:
            return ""
        last = (
            ""
            if live is not None and live.busy
            else " · ".join(
                f"{say(name, spoken)} {values[-1][1]:.3g}" for name, values in curves.items() if values
            )
        )
        label = say("Losses", spoken)
        drawing = (
            f'<svg viewBox="0 0 {PLOT[0]} {PLOT[1]}" preserveAspectRatio="none" role="img" '
            f'aria-label="{text(label)}"><polyline points="{points}"/></svg>'
        )
        summary = tag("summary", text(label) + tag("span", text(last)))
        return tag("details", summary + drawing, class_="losses")

    def _foot(self, sitting: Sitting, cell: Cell, result: Result, status: str = "") -> str:
        """What to do with the picture, and how its run went."""
        spoken = sitting.language
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in cell.title).strip("-")
        file = f"stylize-{name or cell.mode}.png"
        address = self.shelf.of(sitting).original(result.asset)
        parts = []
        if address:
            parts.append(tag(
                "a", icon("download") + f"<span>{text(say('Download PNG', spoken))}</span>", href=address,
                download=file, class_="button download",
            ))  # fmt: skip
        if cell.kind == "picture":
            parts.append(button(say("Use as content below", spoken), "below", drawing="below", cell=cell.id))
        if result.recipe is not None:
            parts.append(button(
                say("Copy recipe", spoken), "copy", drawing="copy", text=result.recipe.to_json(),
                said=say("The recipe is on the clipboard", spoken),
            ))  # fmt: skip
        if not status and result.seconds and not sitting.live(cell.id):
            status = tag("small", text(bar.clock(result.seconds, spoken)))
        log = "".join(tag("li", text(line)) for line in self._log(sitting, cell.id, result))
        notes = tag("ul", log, class_="log") if log else ""
        return tag("div", "".join(parts) + status, class_="foot") + notes

    def _log(self, sitting: Sitting, cell: str, result: Result) -> list[str]:
        """What a run had to say: in the page's language, and after a restart in that of the time."""
        live = sitting.live(cell)
        notes = live.update.notes if live and live.update and live.phase in ("done", "stopped") else ()
        if len(notes) != len(result.log):
            return list(result.log)
        return [say(each, sitting.language, paths=self.profile.trusted) for each in notes]

    # Notes

    def _note(self, sitting: Sitting, cell: Cell) -> str:
        spoken = sitting.language
        placeholder = say("Write a note in Markdown", spoken)
        area = tag(
            "textarea", text(cell.text), data_change="text", data_cell=cell.id, aria_label=placeholder,
            placeholder=placeholder, maxlength=longest(Cell, "text"),
            rows=max(3, min(20, cell.text.count("\n") + 2)),
        )  # fmt: skip
        shown = to_html(cell.text)
        show = tag("div", shown, class_="written")
        return tag("div", (show if cell.text.strip() else "") + area, class_="jotting", data_keep_class=True)


def _varied(cell: Cell, column: int, row: int, spoken: str) -> list[str]:
    """What a picture of a sweep differs in: from left to right, then from top to bottom."""
    found, known = [], {each.name: each for each in options(type(cell.settings))}
    for axis, at in zip(cell.axes, (column, row), strict=False):
        if axis.setting == "style":
            found.append(f"{say('Style', spoken)} {at + 1}")
        elif at < len(axis.values):
            value = axis.values[at]
            said = f"{value:g}" if isinstance(value, float) else choice_title(str(value), spoken)
            found.append(f"{say(known[axis.setting].label, spoken)} {said}")
    return found


def plotted(curve: Sequence[tuple[int, float]]) -> str:
    """A loss as the points of an SVG line, its height by the logarithm; "" for fewer than two points."""
    values = [(step, math.log(value)) for step, value in curve if 0 < value < math.inf]
    if len(values) < 2:
        return ""
    stride = max(1, len(values) // 160)
    values = [*values[:-1:stride], values[-1]]
    low, high = min(y for _, y in values), max(y for _, y in values)
    first, last = values[0][0], values[-1][0]
    width, height = PLOT
    return " ".join(
        f"{(x - first) / max(1, last - first) * width:.1f},"
        f"{4 + (high - y) / ((high - low) or 1.0) * (height - 8):.1f}"
        for x, y in values
    )


@functools.lru_cache(maxsize=512)
def ratio(address: str) -> float:
    """Width to height of a served picture; 1.5 if it is gone."""
    path = unquote(address.removeprefix("gradio_api/file="))
    try:
        with Image.open(path) as image:
            return image.width / image.height
    except OSError:
        return 1.5


__all__ = ["Cards", "plotted", "ratio"]
