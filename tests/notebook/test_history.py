"""Undo and redo."""

from __future__ import annotations

from hypothesis import given, settings

from stylize.errors import NotebookError
from stylize.notebook import CellResult, History, Notebook

from .edits import PICTURES, STEPS, edited, linked


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_undo_and_redo_restore_equality(steps):
    history, states = History(), [Notebook()]
    for edit, a, b in steps:
        if edit not in ("undo", "redo"):
            try:
                book = edited(history.now, edit, a, b)
            except NotebookError:
                continue
            if book != history.now:
                history.do(book)
                states.append(book)
    back = [history.now]
    while history.can_undo:
        back.append(history.undo())
    assert back == states[::-1]
    forth = [history.now]
    while history.can_redo:
        forth.append(history.redo())
    assert forth == states


def test_undo_never_takes_a_picture_away():
    book, first, second = linked()
    history = History(book)
    history.do(book.remove(second))
    history.finish(first, CellResult(PICTURES[5]))
    restored = history.undo()
    assert second in restored
    assert restored[first].result.asset == PICTURES[5]
    history.redo()
    assert history.finish("gone", CellResult(PICTURES[4])) == history.now
    assert history.assets >= {PICTURES[2], PICTURES[5]}


def test_history_is_bounded_and_joins_letters_typed():
    history = History(Notebook().add(), most=3)
    cell = history.now.ids[0]
    for text in ("H", "Ha", "Har"):
        history.do(history.now.change(cell, title=text), key=f"title {cell}")
    assert history.undo()[cell].title == ""
    for n in range(10):
        history.do(history.now.change(cell, title=str(n)))
    undone = 0
    while history.can_undo:
        history.undo()
        undone += 1
    assert undone == 3
    assert history.now[cell].title == "6"
