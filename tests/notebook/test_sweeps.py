"""Axes, and the pictures of a sweep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stylize.errors import NotebookError, SettingsError
from stylize.notebook import Axis, Cell, CellResult, Named, Output, StyleRef, Tile, points
from stylize.recipe import FileRef, Recipe

from .edits import PICTURES, linked


def test_a_sweep_varies_two_settings_or_the_style():
    styles = (StyleRef(Named("a"), 3.0), StyleRef(Named("b")))
    sweep = Cell("sweep", styles=styles, axes=(Axis("strength", (0.25, 0.5, 1)), Axis("style")))
    found = points(sweep)
    assert [(p.column, p.row) for p in found] == [(c, r) for r in range(2) for c in range(3)]
    assert [p.cell.settings.strength for p in found] == [0.25, 0.5, 1] * 2
    assert [p.cell.styles for p in found] == [(StyleRef(Named(name)),) for name in "aaabbb"]
    single = replace(sweep, axes=(Axis("strength", (0.5,)),))
    assert [p.cell.styles for p in points(single)] == [styles]


@pytest.mark.parametrize(
    "axes",
    [
        (Axis("strength", (2,)),),
        (Axis("strength", ("much",)),),
        (Axis("strength"),),
        (Axis("steps", (1,)),),
        (Axis("strength", (1,)), Axis("strength", (0,))),
        (Axis("strength", (1,)), Axis("style"), Axis("detail", (0,))),
        (Axis("content_side", tuple(range(64, 64 + 9))), Axis("style_side", tuple(range(64, 64 + 8)))),
    ],
)
def test_axes_that_make_no_sense_are_refused(axes):
    with pytest.raises((NotebookError, SettingsError)):
        Cell("sweep", axes=axes)


def test_a_tile_becomes_a_cell_with_its_picture():
    book, first, _ = linked()
    book = book.add(
        "sweep", content=Output(first), styles=(StyleRef(Named("a")),), axes=(Axis("strength", (0.5, 1)),)
    )
    sweep = book.ids[-1]
    tiles = tuple(Tile(n, 0, PICTURES[3 + n]) for n in range(2))
    book = book.finish(sweep, CellResult(PICTURES[5], tiles=tiles))
    opened = book.open_tile(sweep, 0)
    cell = opened.cells[-1]
    assert (cell.kind, cell.settings.strength, cell.content) == ("picture", 0.5, Output(first))
    assert cell.result.asset == PICTURES[3]
    assert cell.id not in opened.stale
    stale = book.change(first, settings={"strength": 0.1}).open_tile(sweep, 1)
    assert stale.cells[-1].id in stale.stale
    recipe = Recipe("adain", replace(cell.settings, strength=0.75), FileRef("", "0" * 64))
    kept = book.finish(sweep, CellResult(PICTURES[5], tiles=(replace(tiles[0], recipe=recipe),)))
    kept = kept.change(sweep, settings={"detail": 0.1})
    assert kept.open_tile(sweep, 0).cells[-1].settings.strength == 0.75
    with pytest.raises(NotebookError):
        book.open_tile(sweep, 2)


def test_an_axis_by_the_earlier_names_of_a_setting_and_its_values():
    before, now = (
        Cell("sweep", id="sweep1", mode="gatys", axes=axes)
        for axes in (
            (Axis("start", ("grey", "content")), Axis("colour", ("style", "linear"))),
            (Axis("init", ("gray", "content")), Axis("color", ("style", "linear"))),
        )
    )
    assert before == now
    assert before.axes[0] == Axis("init", ("gray", "content"))
    assert [point.cell.settings.init for point in points(before)] == ["gray", "content"] * 2
    with pytest.raises(NotebookError, match="differ"):
        Cell("sweep", axes=(Axis("colour", ("style",)), Axis("color", ("linear",))))
