"""The graph of cells: their links, the order in which they can run, and the check for cycles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..errors import NotebookError
from .cells import Cell
from .references import Output, PictureRef

if TYPE_CHECKING:
    from .model import Notebook


def linked(sources: Iterable[PictureRef]) -> tuple[str, ...]:
    """The ids of the cells among sources, each once."""
    return tuple(dict.fromkeys(source.cell for source in sources if isinstance(source, Output)))


def check_links(notebook: Notebook) -> None:
    """Raises NotebookError for a link to a cell that is not there or has not one picture."""
    for cell in notebook.cells:
        for other in linked(cell.sources):
            if other not in notebook:
                raise NotebookError("{cell} uses a cell that is not there.", cell=notebook.name_of(cell.id))
            if notebook[other].kind != "picture":
                raise NotebookError(
                    "{cell} cannot use {other}: only a cell with one picture can be used by another.",
                    cell=notebook.name_of(cell.id),
                    other=notebook.name_of(other),
                )


def dependency_order(notebook: Notebook) -> tuple[str, ...]:
    """Every cell after those that it uses, else in order. Raises NotebookError for a cycle."""
    done: dict[str, None] = {}
    waiting = {cell: set(notebook.uses(cell)) for cell in notebook.ids}
    while waiting:
        ready = next((cell for cell, up in waiting.items() if up <= done.keys()), None)
        if ready is None:
            raise NotebookError(
                "{cell} would use its own picture, by way of the cells that it uses: choose another.",
                cell=notebook.name_of(_cycle_member(waiting)),
            )
        done[ready] = None
        del waiting[ready]
    return tuple(done)


def downstream(notebook: Notebook, cell: str) -> set[str]:
    """The cell and all that use it, directly or not."""
    found = {cell}
    for each in notebook.dependency_order:
        if found & set(notebook.uses(each)):
            found.add(each)
    return found


def may_use(notebook: Notebook, cell: str) -> tuple[str, ...]:
    """The cells whose pictures a cell could take without a cycle, in order."""
    beyond = downstream(notebook, cell)

    def fits(each: Cell) -> bool:
        return each.kind == "picture" and each.id not in beyond

    return tuple(each.id for each in notebook.cells if fits(each))


def _cycle_member(waiting: Mapping[str, Iterable[str]]) -> str:
    """One cell of a cycle, found by going up from any that waits. ``waiting``: what each cell uses."""
    cell, seen = next(iter(waiting)), set[str]()
    while cell not in seen:
        seen.add(cell)
        cell = next(up for up in waiting[cell] if up in waiting)
    return cell
