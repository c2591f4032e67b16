"""Random edits of a notebook, and a small one with a link."""

from __future__ import annotations

from hypothesis import strategies as st

from stylize.errors import NotebookError
from stylize.notebook import Axis, CellResult, Example, History, Named, Notebook, Output, StyleRef, Upload

PICTURES = [f"{n:064x}" for n in range(6)]
KINDS = ("picture", "picture", "sweep", "note")
EDITS = (
    "add", "remove", "move", "duplicate", "strength", "title", "mode", "upload", "link", "style link",
    "styles", "axes", "finish", "finish", "forget", "undo", "redo", "clear",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(EDITS), st.integers(0, 20), st.integers(0, 20)), min_size=10, max_size=50
)


def edited(book: Notebook, edit: str, a: int, b: int) -> Notebook:
    """One edit, chosen by numbers. Raises NotebookError where it makes no sense."""
    if edit == "clear":
        return book.clear() if a == b else book
    if edit == "add" or not book.cells:
        fields = {} if a % 3 else {"content": Upload(PICTURES[b % 6])}
        return book.add(KINDS[b % 4], after=book.ids[a % len(book.ids)] if book.cells else None, **fields)
    cell, other = book.ids[a % len(book.ids)], book.ids[b % len(book.ids)]
    if edit == "move":
        return book.move(cell, ("up", "down", b)[b % 3])
    if edit in ("remove", "duplicate", "forget"):
        return getattr(book, edit)(cell)
    if edit == "finish":
        return book if book[cell].kind == "note" else book.finish(cell, CellResult(PICTURES[b % 6]))
    mixed = (StyleRef(Output(other), 1 + a), StyleRef(Named("old-master")))
    changes = {
        "strength": {"settings": {"content_side": 64 * b}},
        "title": {"title": f"Title {b}"},
        "mode": {"mode": ("adain", "gatys", "cyclegan")[b % 3]},
        "upload": {"content": Upload(PICTURES[b % 6])},
        "link": {"content": Output(other)},
        "style link": {"styles": mixed},
        "styles": {"styles": (StyleRef(Example("raccoon"), float(b)),)},
        "axes": {"axes": (Axis("content_side", (64, 64 * b)),)},
    }
    return book.change(cell, **changes[edit])


def walked(steps) -> list[Notebook]:
    """Every state of a notebook on its way through edits, undone and redone ones too."""
    history = History()
    states = [history.now]
    for edit, a, b in steps:
        if edit in ("undo", "redo"):
            getattr(history, edit)()
        else:
            try:
                history.do(edited(history.now, edit, a, b))
            except NotebookError:
                continue
        states.append(history.now)
    return states


def linked() -> tuple[Notebook, str, str]:
    """Two cells that have run, the second with the first one's picture."""
    style = (StyleRef(Example("gold-spirals")),)
    book = Notebook().add(title="A", content=Upload(PICTURES[0]), styles=style)
    book = book.add(title="B", content=Output(book.ids[0]), styles=style)
    first, second = book.ids
    book = book.finish(first, CellResult(PICTURES[1])).finish(second, CellResult(PICTURES[2]))
    return book, first, second
