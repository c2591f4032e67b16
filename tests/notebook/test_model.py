"""Edits of a notebook."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylize.errors import NotebookError, SettingsError
from stylize.notebook import Cell, Named, Output, StyleRef, Upload
from stylize.notebook.store import from_json, to_json

from .edits import PICTURES, STEPS, linked, walked


def test_nothing_heavy_is_imported():
    code = "import stylize.notebook, sys; assert not {'torch', 'gradio', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.integers(0, 20), st.integers(0, 20))
def test_moving_is_a_permutation(steps, a, b):
    for book in walked(steps):
        assert len(set(book.ids)) == len(book.cells)
        assert sorted(book.dependency_order) == sorted(book.ids)
        if book.cells:
            cell = book.ids[a % len(book.ids)]
            moved = book.move(cell, b)
            assert moved.index(cell) == min(b, len(book.cells) - 1)
            assert [each for each in moved.cells if each.id != cell] == [
                each for each in book.cells if each.id != cell
            ]


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_json_gives_the_same_notebook_back(steps):
    for book in walked(steps)[-3:]:
        text = to_json(book)
        assert from_json(text) == book
        assert to_json(from_json(text)) == text


def test_removing_a_cell_leaves_its_picture_to_those_that_use_it():
    book, first, second = linked()
    rest = book.remove(first)
    assert rest[second].content == Upload(PICTURES[1], "A.png")
    assert rest.stale == set()
    mixed = [StyleRef(Output(first), 2.0), StyleRef(Named("x"), 1.0)]
    styled = book.change(second, styles=mixed).remove(first)
    assert styled[second].styles[0] == StyleRef(Upload(PICTURES[1], "A.png"), 2.0)
    bare = book.forget(first).change(second, styles=mixed).remove(first)
    assert bare[second].content is None
    assert bare[second].styles == (StyleRef(Named("x"), 1.0),)


def test_unknown_cells_and_fields_are_refused():
    book, first, _ = linked()
    for call in (book.remove, book.duplicate, book.forget, book.change, lambda cell: book.move(cell, "up")):
        with pytest.raises(NotebookError, match="no longer there"):
            call("gone")
    with pytest.raises(TypeError):
        book.change(first, id="x")
    with pytest.raises(SettingsError):
        book.change(first, settings={"strength": 2})
    with pytest.raises(SettingsError):
        book.change(first, mode="oil")
    with pytest.raises(NotebookError):
        book.change(first, settings=Cell(mode="gatys").settings)


def test_results_whose_pictures_are_lost_are_left_out():
    book, first, second = linked()
    left = book.without_lost({PICTURES[1]})
    assert left[first].result is not None
    assert left[second].result is None
