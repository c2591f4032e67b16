"""Which cells to run, in which order, and what they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import modes
from ..errors import NotebookError

if TYPE_CHECKING:
    from .model import Notebook


def lacks(notebook: Notebook, cell: str) -> NotebookError | None:
    """What must be chosen before the cell can run, as an error that names it; None if nothing."""
    found, name = notebook[cell], notebook.name_of(cell)
    if found.kind == "note":
        return NotebookError("{cell} is a note: there is nothing to run.", cell=name)
    spec = modes.spec(found.mode)
    if spec.content is modes.Need.REQUIRED and found.content is None:
        return NotebookError("{cell} has no content picture: choose one.", cell=name)
    if spec.styles is modes.Need.REQUIRED and not found.styles:
        return NotebookError("{cell} has no style: choose at least one.", cell=name)
    if found.kind == "sweep" and not found.axes:
        return NotebookError("{cell} has nothing to vary: choose a setting and its values.", cell=name)
    return None


def plan(
    notebook: Notebook, scope: str = "all", cell: str | None = None, *, again: bool = True
) -> tuple[str, ...]:
    """See :meth:`.Notebook.plan`."""
    fresh = {each.id for each in notebook.cells if each.result and each.id not in notebook.stale}
    wanted = {
        each
        for each in _asked(notebook, scope, cell)
        if notebook[each].kind != "note" and (again or each not in fresh)
    }
    for each in reversed(notebook.dependency_order):
        if each in wanted:
            wanted.update(up for up in notebook.needs(each) if up not in fresh)
    for each in notebook.ids:
        lacking = lacks(notebook, each) if each in wanted else None
        if lacking is not None:
            raise lacking
    return tuple(each for each in notebook.dependency_order if each in wanted)


def _asked(notebook: Notebook, scope: str, cell: str | None) -> tuple[str, ...]:
    if scope == "all":
        return notebook.ids
    if cell is not None and scope == "this":
        return (notebook[cell].id,)
    if cell is not None and scope == "below":
        return notebook.ids[notebook.index(cell) :]
    raise ValueError(f"no scope {scope!r} for {cell!r}")
