"""What to do with a finished picture, and how its run went."""

from __future__ import annotations

from ...notebook import Cell, CellResult
from ...notebook.naming import picture_name
from .. import bar
from ..html import button, icon, tag, text
from ..texts import say
from .view import View


def draw(view: View, cell: Cell, result: CellResult, status: str = "") -> str:
    """``status`` is that of a run that has just ended."""
    parts = [_download(view, cell, result)]
    if cell.kind == "picture":
        parts.append(button(view.say("Use as content below"), "below", drawing="below", cell=cell.id))
    if result.recipe is not None:
        parts.append(
            button(
                view.say("Copy recipe"),
                "copy",
                drawing="copy",
                text=result.recipe.to_json(),
                said=view.say("The recipe is on the clipboard"),
            )
        )
    if not status and result.seconds and not view.session.live(cell.id):
        status = tag("small", text(bar.clock(result.seconds, view.language)))
    lines = "".join(tag("li", text(line)) for line in _log(view, cell, result))
    log = tag("ul", lines, class_="log") if lines else ""
    return tag("div", "".join(parts) + status, class_="foot") + log


def _download(view: View, cell: Cell, result: CellResult) -> str:
    name = picture_name(view.session.book, cell, result)
    address = view.own.original(result.asset, name)
    if not address:
        return ""
    return tag(
        "a",
        icon("download") + tag("span", text(view.say("Download PNG"))),
        href=address,
        download=f"{name}.png",
        class_="button download",
    )


def _log(view: View, cell: Cell, result: CellResult) -> list[str]:
    """What a run had to say: in the page's language, and after a restart in that of the time."""
    live = view.session.live(cell.id)
    over = live is not None and live.phase in ("done", "stopped") and not live.learning
    notes = live.update.notes if live and live.update and over else ()
    if len(notes) != len(result.log):
        return list(result.log)
    return [say(each, view.language, paths=view.profile.trusted) for each in notes]
