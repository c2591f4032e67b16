"""Links between cells: what they lead to, and no circles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from stylize.errors import NotebookError
from stylize.notebook import Cell, Output

from .edits import STEPS, linked, walked


def sources(cell: Cell):
    return ([cell.content] if cell.content else []) + [style.source for style in cell.styles]


def links(cell: Cell) -> set[str]:
    return {source.cell for source in sources(cell) if isinstance(source, Output)}


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_links_lead_to_pictures_and_never_in_a_circle(steps):
    for book in walked(steps):
        upstream = {cell.id: links(cell) for cell in book.cells}
        for found in upstream.values():
            assert all(book[each].kind == "picture" for each in found)
        for start in upstream:
            seen, front = set(), upstream[start]
            while front:
                assert start not in front
                seen |= front
                front = set().union(*(upstream[each] for each in front)) - seen


def test_links_that_make_no_sense_are_refused():
    book, first, second = linked()
    book = book.add("note").add("sweep")
    note, sweep = book.ids[2:]
    for cell, to in ((first, second), (first, first), (first, "gone"), (first, note), (first, sweep)):
        with pytest.raises(NotebookError):
            book.link(cell, to)
    assert book.may_use(first) == ()
    assert book.may_use(second) == (first,)
    assert book.may_use(sweep) == (first, second)
