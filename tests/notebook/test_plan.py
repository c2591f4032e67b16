"""Which cells run, in which order, and what they lack."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylize.errors import NotebookError
from stylize.notebook import Output

from .edits import STEPS, linked, walked


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(("this", "below", "all")), st.integers(0, 20), st.booleans())
def test_plans_run_everything_after_what_it_needs(steps, scope, a, again):
    book = walked(steps)[-1]
    if not book.cells:
        return
    cell = book.ids[a % len(book.ids)]
    fresh = {each.id for each in book.cells if each.result and each.id not in book.stale}
    try:
        plan = book.plan(scope, cell, again=again)
    except NotebookError as error:
        lacking = [each for each in book.ids if book.lacks(each) and book.name_of(each) in str(error)]
        assert lacking
        return
    assert len(set(plan)) == len(plan)
    for n, each in enumerate(plan):
        assert set(book.needs(each)) <= fresh | set(plan[:n])
    asked = {"this": {cell}, "below": set(book.ids[book.index(cell) :]), "all": set(book.ids)}[scope]
    asked = {each for each in asked if book[each].kind != "note"}
    assert (asked if again else asked - fresh) <= set(plan)
    assert again or not fresh & set(plan) or scope == "this"


def test_a_plan_names_the_cell_that_lacks_something():
    book, first, second = linked()
    with pytest.raises(NotebookError, match="A has no content"):
        book.change(first, content=None).plan("this", second)
    with pytest.raises(NotebookError, match="B has no style"):
        book.change(second, styles=()).plan()
    with pytest.raises(NotebookError, match="#3 has nothing to vary"):
        book.add("sweep", content=Output(first), styles=book[first].styles).plan()
    assert book.change(second, styles=(), mode="cyclegan").plan() == (first, second)
    assert book.plan(again=False) == ()
    assert book.plan("below", second) == (second,)
    with pytest.raises(ValueError, match="scope"):
        book.plan("some")
