"""Sweeps: cells that make a picture for each value of a setting, or for each pair of values of two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import modes
from ..errors import NotebookError, StylizeError, shown
from ..settings import find_option
from ..system.json_values import Json
from .results import MOST_TILES, Tile
from .schema.composite import Nested
from .schema.fields import FieldType, PictureOf, Text, listed, wrong
from .schema.record import Part, Record, declared

if TYPE_CHECKING:
    from .cells import Cell

STYLE = "style"  # an axis of the cell's styles, each by itself
LONGEST_SETTING = 10_000  # characters of a name that errors show


class ValuesField(FieldType[tuple[object, ...]]):
    """The values of an axis. The cell checks them by its mode's settings."""

    def read(self, value: object, name: str, before: Mapping[str, object]) -> tuple[object, ...]:
        found = listed(value, name, MOST_TILES)
        return tuple(tuple(each) if isinstance(each, list) else each for each in found)


@dataclass(frozen=True)
class Axis(Record):
    """What a sweep varies: a setting and its values; or ``style``, each of the cell's styles by itself.

    A ``style`` axis has no values of its own.
    """

    setting: str = declared(Text(LONGEST_SETTING), fingerprint=Part.ALWAYS)
    values: tuple[object, ...] = declared(ValuesField(), (), fingerprint=Part.ALWAYS)


class AxisField(Nested[Axis]):
    """An axis. In a fingerprint its setting and values have their first names.

    An axis does not know its mode: a setting has the same earlier names in every mode.
    """

    def __init__(self) -> None:
        super().__init__(Axis)

    def fingerprint(self, value: Axis, picture_of: PictureOf) -> Json:
        every = (find_option(spec.settings, value.setting) for spec in modes.specs())
        option = next((each for each in every if each is not None and each.earlier), None)
        if option is not None:
            value = Axis(option.oldest, tuple(map(option.oldest_value, value.values)))
        return super().fingerprint(value, picture_of)


class Point(NamedTuple):
    """One picture of a sweep: its column and row on the sheet, from 0, and the picture cell that makes it.

    That cell has the sweep's id.
    """

    column: int
    row: int
    cell: Cell


def points(cell: Cell) -> tuple[Point, ...]:
    """What a sweep's pictures are made with, row by row. Raises NotebookError, SettingsError."""
    nothing: list[dict[str, Any]] = [{}]
    columns, rows = [*(_choices(cell, axis) for axis in cell.axes), nothing, nothing][:2]
    found = []
    for row, below in enumerate(rows):
        for column, across in enumerate(columns):
            changes = {**across, **below}
            styles = changes.pop(STYLE, cell.styles)
            settings = replace(cell.settings, **changes)
            made = replace(cell, kind="picture", axes=(), result=None, settings=settings, styles=styles)
            found.append(Point(column, row, made))
    return tuple(found)


def pictures(cell: Cell) -> list[Cell]:
    """The picture cells that make a cell's pictures: itself, a sweep's :func:`points`, none for a note."""
    if cell.kind == "note":
        return []
    return [cell] if cell.kind == "picture" else [point.cell for point in points(cell)]


def opened(sweep: Cell, tile: Tile, *, as_made: bool) -> Cell:
    """One picture of a sweep as a new picture cell; ``as_made``: with its recipe's settings, not those that
    the sweep would make it with now."""
    at = (tile.column, tile.row)
    found = next((point.cell for point in points(sweep) if (point.column, point.row) == at), sweep)
    recipe = tile.recipe if as_made and tile.recipe and tile.recipe.mode == sweep.mode else None
    return found.derived(title=sweep.title, settings=recipe.settings if recipe else found.settings)


def column_count(tiles: Sequence[Point | Tile]) -> int:
    """The number of columns on the sheet of points or tiles."""
    return 1 + max(tile.column for tile in tiles)


def checked_axes(cell: Cell) -> tuple[Axis, ...]:
    """The cell's axes with their values as its settings take them. Raises NotebookError, SettingsError."""
    if cell.axes and cell.kind != "sweep":
        raise wrong("axes")
    found = tuple(checked_axis(cell, axis) for axis in cell.axes)
    if len({axis.setting for axis in found}) < len(found):
        raise NotebookError("The two axes of a sweep must differ.")
    count = math.prod(
        max(1, len(cell.styles) if axis.setting == STYLE else len(axis.values)) for axis in found
    )
    if count > MOST_TILES:
        raise NotebookError("A sweep has at most {most} pictures.", most=MOST_TILES)
    return found


def checked_axis(cell: Cell, axis: Axis) -> Axis:
    """The axis with its values as the cell's settings take them. Raises NotebookError, SettingsError."""
    if axis.setting == STYLE and modes.spec(cell.mode).takes_styles:
        return Axis(STYLE)
    option = find_option(type(cell.settings), axis.setting)
    if option is None:
        raise NotebookError(
            "A sweep cannot vary {setting} in the mode {mode}.", setting=shown(axis.setting), mode=cell.mode
        )
    if not axis.values or len(axis.values) > MOST_TILES:
        raise NotebookError("An axis needs from 1 to {most} values.", most=MOST_TILES)
    return Axis(option.name, tuple(map(option.check, axis.values)))


def fits(cell: Cell, axis: Axis) -> bool:
    """Whether the cell can vary what the axis says."""
    try:
        checked_axis(cell, axis)
    except StylizeError:
        return False
    return True


def _choices(cell: Cell, axis: Axis) -> list[dict[str, Any]]:
    if axis.setting == STYLE:
        return [{STYLE: (replace(style, weight=1.0),)} for style in cell.mix]
    return [{axis.setting: value} for value in axis.values]
