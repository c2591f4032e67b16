"""Which pictures are out of date."""

from __future__ import annotations

from hypothesis import given, settings

from stylize.errors import NotebookError
from stylize.notebook import CellResult, Notebook, Output, Upload

from .edits import PICTURES, STEPS, edited, linked


def reference_inputs(book: Notebook, cell: str):
    """What a run of the cell would take in, with every link followed to its picture."""

    def followed(source):
        if isinstance(source, Output):
            result = book[source.cell].result
            return Upload(result.asset) if result else "a cell without a picture"
        return Upload(source.asset) if isinstance(source, Upload) else source

    found = book[cell]
    mix = () if found.mode == "cyclegan" else found.styles
    return (found.mode, found.settings, found.axes, followed(found.content),
            [(followed(style.source), style.weight) for style in mix])  # fmt: skip


def reference_stale(book: Notebook, cell: str, made) -> bool:
    found = book[cell]
    if found.result is None:
        return False
    used = [found.content] + [s.source for s in found.styles if found.mode != "cyclegan"]
    upstream = [source.cell for source in used if isinstance(source, Output)]
    if any(book[up].result is None or reference_stale(book, up, made) for up in upstream):
        return True
    return made[found.result] != reference_inputs(book, cell)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_stale_is_what_a_slow_reference_says(steps):
    book, made, count = Notebook(), {}, 0
    for edit, a, b in steps:
        if edit in ("undo", "redo"):
            continue
        if edit == "finish" and book.cells:
            cell = book.ids[a % len(book.ids)]
            if book[cell].kind != "note":
                count += 1  # so that results can be told apart
                book = book.finish(cell, CellResult(PICTURES[b % 6], seconds=count))
                made[book[cell].result] = reference_inputs(book, cell)
        else:
            try:
                book = edited(book, edit, a, b)
            except NotebookError:
                continue
        assert book.stale == {cell for cell in book.ids if reference_stale(book, cell, made)}


def test_a_changed_cell_and_all_below_it_are_stale_until_they_run():
    book, first, second = linked()
    assert book.stale == set()
    changed = book.change(first, settings={"strength": 0.5})
    assert changed.stale == {first, second}
    assert changed.plan("this", second) == (first, second)
    assert changed.finish(first, CellResult(PICTURES[1])).stale == set()  # the same picture again
    assert changed.finish(first, CellResult(PICTURES[3])).stale == {second}
    assert changed.change(first, settings={"strength": 1.0}).stale == set()


def test_titles_folds_and_order_leave_results_alone():
    book, first, second = linked()
    assert book.change(first, title="C", folded=True).move(first, "down").stale == set()
    assert second in book.ids


def test_a_cell_changed_during_its_run_is_stale_when_it_ends():
    book, first, _ = linked()
    before = book.fingerprint(first)
    book = book.change(first, settings={"strength": 0.3})
    assert first in book.finish(first, CellResult(PICTURES[4], inputs=before)).stale
