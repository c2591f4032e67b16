"""The pictures of a sweep, each of which opens as a cell."""

from __future__ import annotations

from ...notebook import Cell, CellResult
from ...notebook.sweeps import column_count
from ...settings import options
from ..html import tag, text
from .labels import choice_title
from .view import View

TILE_SIDE = 640  # pixels


def draw(view: View, cell: Cell, result: CellResult) -> str:
    """The pictures by columns and rows, with what they differ in."""
    tiles, row = [], -1
    for n, tile in enumerate(result.tiles):
        varied = _varied(view, cell, tile.column, tile.row)
        if len(varied) > 1 and tile.row != row:
            row = tile.row
            tiles.append(tag("strong", text(varied[1])))
        image = tag("img", src=view.own.thumb(tile.asset, TILE_SIDE), alt=", ".join(varied), loading="lazy")
        caption = tag("span", text(varied[0] if varied else ""), aria_hidden="true")
        tiles.append(
            tag(
                "button",
                image + caption,
                type="button",
                data_do="tile",
                data_cell=cell.id,
                data_n=n,
                title=view.say("Open as a cell"),
            )
        )
    columns = column_count(result.tiles)
    return tag("div", "".join(tiles), class_="sheet", style=f"--columns:{columns}")


def _varied(view: View, cell: Cell, column: int, row: int) -> list[str]:
    """What a picture of a sweep differs in: from left to right, then from top to bottom."""
    found, known = [], {each.name: each for each in options(type(cell.settings))}
    for axis, at in zip(cell.axes, (column, row), strict=False):
        if axis.setting == "style":
            found.append(f"{view.say('Style')} {at + 1}")
        elif at < len(axis.values):
            value = axis.values[at]
            said = f"{value:g}" if isinstance(value, float) else choice_title(str(value), view.language)
            found.append(f"{view.say(known[axis.setting].label)} {said}")
    return found
