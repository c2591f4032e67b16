"""The picture of a cell: before the first run, while it runs, and beside the photo afterwards."""

from __future__ import annotations

import functools
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from ... import modes
from ...notebook import Cell
from ..html import button, tag, text
from ..page_files import url
from ..store import SHOWN_SIDE
from . import sheet
from .view import View


def draw(view: View, cell: Cell) -> str:
    """The preview of a run, the last result, or what there is to do for one."""
    live = view.session.live(cell.id)
    if live is not None and live.pair and live.phase in ("running", "stopping", "failed"):
        before, after = (url(Path(each)) if each else "" for each in live.pair)
        return _compare(view, cell, before, after, busy=True)
    if cell.result is None:
        return _blank(view, cell, idle=live is None or not live.busy)
    if cell.kind == "sweep" and cell.result.tiles:
        return sheet.draw(view, cell, cell.result)
    after = view.own.shown(cell.result.asset)
    if not after:
        return tag(
            "div", text(view.say("The picture is no longer here: run the cell again.")), class_="blank"
        )
    return _compare(view, cell, view.own.seen(view.session.book, cell.photo, SHOWN_SIDE), after)


def _compare(view: View, cell: Cell, before: str, after: str, busy: bool = False) -> str:
    """Two pictures on each other with a line that the pointer and the keyboard move."""
    called = f"{view.say('After')}: {cell.title or view.say('Untitled')}"
    inner = tag("img", src=after, alt=called, class_="after", decoding="async")
    if before:
        inner += tag("img", src=before, alt=view.say("Before"), class_="before", decoding="async")
        inner += tag(
            "input",
            type="range",
            min=0,
            max=100,
            step=1,
            value=0,
            class_="divide",
            aria_label=view.say("Before and after"),
            data_keep=True,
        ) + tag("i", "", class_="line")
    return tag(
        "figure",
        inner,
        class_="compare busy" if busy else "compare",
        data_keep_style=True,
        data_ratio=f"{ratio(after):.4f}",
        style=f"--ratio:{ratio(after):.4f}",
    )


def _blank(view: View, cell: Cell, idle: bool) -> str:
    """Before the first run: the photo itself, and a button for what comes next."""
    spec, address = modes.spec(cell.mode), view.own.seen(view.session.book, cell.photo, SHOWN_SIDE)
    if not address and spec.takes_content:
        ask = button(
            view.say("Choose a photo"),
            "pick",
            drawing="photo",
            cell=cell.id,
            what="content",
            index=0,
            class_="primary",
        )
        hint = tag("span", text(view.say("You can also drop or paste one.")))
        return tag(
            "div", ask + hint, class_="blank", data_drop="content", data_what="content", data_cell=cell.id
        )
    if spec.styles is modes.Need.REQUIRED and not cell.styles:
        ask = button(
            view.say("Choose a style"),
            "pick",
            drawing="photo",
            cell=cell.id,
            what="style",
            index=0,
            class_="go",
        )
    else:
        ask = button(view.say("Paint it"), "run", drawing="run", cell=cell.id, class_="go")
    ask = ask if idle else ""
    if not address:
        return tag("div", ask, class_="blank")
    image = tag("img", src=address, alt="")
    return tag("div", image + ask, class_="blank photo", style=f"--ratio:{ratio(address):.4f}")


@functools.lru_cache(maxsize=512)
def ratio(address: str) -> float:
    """Width to height of a served picture; 1.5 if it is gone."""
    path = unquote(address.removeprefix("gradio_api/file="))
    try:
        with Image.open(path) as image:
            return image.width / image.height
    except OSError:
        return 1.5
