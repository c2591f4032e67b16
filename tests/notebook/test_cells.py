"""What a cell and its parts may hold."""

from __future__ import annotations

import pytest

from stylize.errors import NotebookError
from stylize.notebook import Axis, Cell, CellResult, Example, Named, Notebook, StyleRef, Tile, Upload

from .edits import PICTURES, linked


def test_a_new_mode_keeps_what_all_modes_have():
    book, first, _ = linked()
    book = book.change(first, settings={"content_side": 8192, "full_size": False, "strength": 0.2})
    changed = book.change(first, mode="gatys")[first]
    assert (changed.settings.content_side, changed.settings.full_size) == (4096, False)
    assert changed.styles == book[first].styles
    both = book.change(first, mode="gatys", settings={"steps": 7})[first]
    assert (both.mode, both.settings.steps) == ("gatys", 7)
    sweep = Cell("sweep", axes=(Axis("strength", (0, 1)), Axis("content_side", (64, 128))))
    assert sweep.with_mode("cyclegan").axes == (Axis("content_side", (64, 128)),)


def test_texts_hold_no_control_characters():
    cell = Cell("note", title="a\nb\x1b[31m\x00\ud800\u202e", text="one\ntwo\x85\r\n\tthree")
    assert cell.title == "a b[31m"
    assert cell.text == "one\ntwo\n\tthree"
    with pytest.raises(NotebookError):
        Cell(title="x" * 201)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cell("film"),
        lambda: Cell(id="../x"),
        lambda: Upload("0" * 63),
        lambda: Example("../raccoon"),
        lambda: Named("/etc/passwd"),
        lambda: Named("photo.jpg"),
        lambda: Cell(content=Named("x")),
        lambda: Cell(styles=(("x", 1.0),)),
        lambda: Cell(styles=(StyleRef(Named("x"), float("nan")),)),
        lambda: Cell(styles=(StyleRef(Named("x"), -1),)),
        lambda: Cell("note", result=CellResult(PICTURES[0])),
        lambda: Cell(axes=(Axis("strength", (1,)),)),
        lambda: Notebook(cells=(Cell(id="a"), Cell(id="a"))),
        lambda: Notebook(cells=tuple(Cell() for _ in range(101))),
        lambda: Notebook("x" * 201),
        lambda: CellResult(PICTURES[0], tiles=tuple(Tile(n, 0, PICTURES[0]) for n in range(65))),
    ],
)
def test_what_makes_no_sense_cannot_be_made(make):
    with pytest.raises(NotebookError):
        make()


def test_results_keep_the_end_of_a_long_log_and_thin_long_curves():
    curve = tuple((n, float("nan") if n == 3 else n / 2) for n in range(5000))
    result = CellResult(PICTURES[0], log=tuple(map(str, range(600))), losses=(("style", curve),))
    assert len(result.log) == 500
    assert result.log[-1] == "599"
    thin = result.losses[0][1]
    assert len(thin) == 1000
    assert (thin[0], thin[-1]) == ((0, 0.0), (4999, 2499.5))
    assert 3 not in dict(thin)
