"""A cell's head: its number, its title and the tools."""

from __future__ import annotations

from ...notebook import Cell
from ...notebook.schema.record import longest
from ..html import button, tag, text
from .more import more
from .view import View


def draw(view: View, cell: Cell) -> str:
    """The head of a cell."""
    place = view.session.book.index(cell.id)
    untitled = view.say({"note": "Note", "sweep": "Sweep"}.get(cell.kind, "Untitled"))
    heading = tag("h2", text(f"{place + 1}. {cell.title or untitled}"), class_="unseen")
    number = tag("span", str(place + 1), class_="number", aria_hidden="true")
    title = tag(
        "input",
        type="text",
        class_="title",
        value=cell.title,
        data_change="title",
        maxlength=longest(Cell, "title"),
        data_cell=cell.id,
        aria_label=view.say("Title"),
        autocomplete="off",
        placeholder=untitled,
    )
    inner = [heading, number, _small(view, cell), title, _chip(view, cell), more(view), _tools(view, cell)]
    return tag("div", "".join(inner), class_="head", data_more=True, data_keep_class=True)


def _small(view: View, cell: Cell) -> str:
    """The picture of a folded cell."""
    address = view.own.thumb(cell.result.asset) if cell.folded and cell.result else ""
    return tag("img", src=address, alt="", class_="mini") if address else ""


def _tools(view: View, cell: Cell) -> str:
    ids = view.session.book.ids

    def tool(label: str, do: str, drawing: str, **more: object) -> str:
        return button(view.say(label), do, drawing=drawing, plain=True, cell=cell.id, **more)

    unfolded = "false" if cell.folded else "true"
    tools = [
        tool("Move up", "move", "up", way="up", disabled=cell.id == ids[0]),
        tool("Move down", "move", "down", way="down", disabled=cell.id == ids[-1]),
        tool("Duplicate", "duplicate", "copy"),
        tool("Unfold", "fold", "unfold", aria_expanded=unfolded)
        if cell.folded
        else tool("Fold", "fold", "fold", aria_expanded=unfolded),
        tool("Delete", "delete", "delete"),
    ]
    return tag("div", "".join(tools), class_="tools", role="group", aria_label=view.say("Cell"))


def _chip(view: View, cell: Cell) -> str:
    """Says of a picture that it is out of date."""
    live = view.session.live(cell.id)
    if live and live.busy and live.phase not in ("tuning", "tuned"):
        return ""
    if cell.id not in view.session.book.stale:
        return ""
    about = view.say("Made before the last change of its settings or pictures")
    return tag("span", text(view.say("Out of date")), class_="chip stale", title=about)
