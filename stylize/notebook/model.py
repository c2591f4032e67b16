"""The notebook itself: an ordered list of cells that never changes. An edit returns another notebook."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..errors import NotebookError, note
from ..settings import Settings
from . import graph, staleness
from . import plan as plans
from .cells import Cell, new_id
from .references import Output, Upload
from .results import CellResult
from .schema.composite import Listed, Nested
from .schema.fields import Text, wrong
from .schema.record import Record, declared, declared_in
from .schema.traversal import assets_in, changed, with_assets
from .sweeps import opened

MOST_CELLS = 100
_TOO_MANY = note("A notebook has at most {most} cells: delete one first.", most=MOST_CELLS)


@dataclass(frozen=True)
class Notebook(Record):
    """A title and cells in order. Checked when made: ids are unique, links lead to picture cells, and no
    cell uses its own picture, not by way of others either. Raises NotebookError.

    Every edit takes a cell's id, returns a new notebook, and raises NotebookError for an unknown id. No
    method mutates the notebook.
    """

    title: str = declared(Text(200, one_line=True), "")
    cells: tuple[Cell, ...] = declared(Listed(Nested(Cell), MOST_CELLS, _TOO_MANY), ())

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self._indices) < len(self.cells):
            raise NotebookError("Two cells of this notebook have the same id.")
        graph.check_links(self)
        _ = self.dependency_order  # refuses cycles

    # Looking

    @property
    def ids(self) -> tuple[str, ...]:
        """The cells' ids in order."""
        return tuple(self._indices)

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {cell.id: n for n, cell in enumerate(self.cells)}

    def __contains__(self, cell: object) -> bool:
        return cell in self._indices

    def __getitem__(self, cell: str) -> Cell:
        return self.cells[self.index(cell)]

    def index(self, cell: str) -> int:
        """The index of a cell, from 0."""
        if cell not in self._indices:
            raise NotebookError("This cell is no longer there.")
        return self._indices[cell]

    def name_of(self, cell: str) -> str:
        """What to call a cell in a sentence: its title, else its number from 1, as ``#3``."""
        return self[cell].title.strip() or f"#{self.index(cell) + 1}"

    def uses(self, cell: str) -> tuple[str, ...]:
        """The cells whose pictures a cell is linked to, also by what its mode leaves aside."""
        return graph.linked(self[cell].sources)

    def needs(self, cell: str) -> tuple[str, ...]:
        """The cells whose pictures a run of this one takes in."""
        return graph.linked(self[cell].inputs)

    def may_use(self, cell: str) -> tuple[str, ...]:
        """The cells whose pictures a cell could take without a cycle, in order."""
        return graph.may_use(self, cell)

    @cached_property
    def dependency_order(self) -> tuple[str, ...]:
        """Every cell after those that it uses, else in order. Raises NotebookError for a cycle."""
        return graph.dependency_order(self)

    def fingerprint(self, cell: str) -> str:
        """The sha256 of everything that decides what a run of the cell would make."""
        return staleness.fingerprint(self, cell)

    @cached_property
    def stale(self) -> frozenset[str]:
        """The cells whose picture is no longer what a run would make."""
        return staleness.stale(self)

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture that is named somewhere."""
        return assets_in(self)

    def lacks(self, cell: str) -> NotebookError | None:
        """What must be chosen before the cell can run, as an error that names it; None if nothing."""
        return plans.lacks(self, cell)

    def plan(self, scope: str = "all", cell: str | None = None, *, again: bool = True) -> tuple[str, ...]:
        """The cells to run, each after those that it needs.

        Args:
            scope: ``this`` cell; from it ``below``, to the end; or ``all``.
            cell: where to begin; not for ``all``.
            again: also those whose picture is up to date. Cells that the scope leaves out are run only
                where their picture is needed and missing or stale.

        Raises:
            NotebookError: for a cell that lacks a content, a style or an axis. It names the cell.
        """
        return plans.plan(self, scope, cell, again=again)

    # Edits

    def add(
        self, kind: str = "picture", *, after: str | None = None, cell: Cell | None = None, **fields: Any
    ) -> Notebook:
        """A new cell at the end, or after another: one of a ``kind`` with ``fields``, or ``cell`` itself."""
        at = len(self.cells) if after is None else self.index(after) + 1
        new = Cell(kind=kind, **fields) if cell is None else cell
        return replace(self, cells=(*self.cells[:at], new, *self.cells[at:]))

    def remove(self, cell: str) -> Notebook:
        """Without the cell. Cells that use its picture keep the last one as a picture of their own."""
        gone = self[cell]
        kept = Upload(gone.result.asset, _file_name(gone.title)) if gone.result else None

        def change(part: Record) -> Record | None:
            if isinstance(part, Cell) and part.id == cell:
                return None
            return kept if part == Output(cell) else part

        return changed(self, change)

    def clear(self) -> Notebook:
        """Without any cells."""
        return replace(self, cells=())

    def move(self, cell: str, to: str | int) -> Notebook:
        """The cell ``"up"`` or ``"down"`` by one, or to an index from 0; at either end it stays there."""
        at = self.index(cell)
        target = {"up": at - 1, "down": at + 1}.get(to, at) if isinstance(to, str) else to
        rest = [each for each in self.cells if each.id != cell]
        rest.insert(max(0, min(target, len(rest))), self[cell])
        return replace(self, cells=tuple(rest))

    def duplicate(self, cell: str) -> Notebook:
        """With a copy of the cell right after it, its picture included. The copy's id is a new one."""
        return self.add(after=cell, cell=replace(self[cell], id=new_id()))

    def change(self, cell: str, **fields: Any) -> Notebook:
        """The cell with other values of fields that are declared ``changeable``.

        ``settings`` are the mode's dataclass, or a mapping of those that change.
        """
        found = self[cell]
        for each in declared_in(type(found)):
            if each.name in fields and not each.changeable:
                raise TypeError(f"{each.name} of a cell is not changed by an edit")
        if "mode" in fields:
            found = found.with_mode(fields.pop("mode"))
        settings = fields.get("settings")
        if isinstance(settings, Mapping):
            fields["settings"] = found.settings.changed(**settings)
        elif settings is not None and not isinstance(settings, Settings):
            raise wrong("settings")
        if "styles" in fields:
            fields["styles"] = tuple(fields["styles"])
        return self._put(replace(found, **fields))

    def rename(self, title: str) -> Notebook:
        """With another title of the whole."""
        return replace(self, title=title)

    def link(self, cell: str, to: str) -> Notebook:
        """With the picture of the cell ``to`` as this cell's content."""
        return self.change(cell, content=Output(to))

    def finish(self, cell: str, result: CellResult) -> Notebook:
        """With the result of a run.

        ``result.inputs`` is the cell's fingerprint from when the run began: a cell that was changed
        meanwhile is stale at once. Left empty, it is taken for the present one.
        """
        if not result.inputs:
            result = replace(result, inputs=self.fingerprint(cell))
        return self._put(replace(self[cell], result=result))

    def forget(self, cell: str) -> Notebook:
        """Without the cell's result."""
        return self._put(replace(self[cell], result=None))

    def without_lost(self, here: Container[str]) -> Notebook:
        """Without the results whose pictures are not ``here``. Uploads stay, to be chosen again."""

        def change(part: Record) -> Record | None:
            lost = isinstance(part, CellResult) and not all(asset in here for asset in part.assets)
            return None if lost else part

        return changed(self, change)

    def with_assets(self, names: Mapping[str, str]) -> Notebook:
        """With pictures by other sha256, ``names`` by those that they have here. Nothing goes stale by it."""
        book = with_assets(self, names)
        for cell in self.dependency_order if names else ():
            result = book[cell].result
            if result is not None and cell not in self.stale:
                book = book.finish(cell, replace(result, inputs=""))
        return book

    def renumbered(self, taken: Container[str]) -> Notebook:
        """With new ids for the cells whose ids are ``taken``."""
        names = {cell: new_id() if cell in taken else cell for cell in self.ids}

        def change(part: Record) -> Record:
            if isinstance(part, Cell):
                return replace(part, id=names[part.id])
            return Output(names[part.cell]) if isinstance(part, Output) else part

        return changed(self, change)

    def open_tile(self, cell: str, tile: int) -> Notebook:
        """With one picture of a sweep as a cell after it. ``tile`` counts from 0."""
        sweep = self[cell]
        tiles = sweep.result.tiles if sweep.result else ()
        if not 0 <= tile < len(tiles):
            raise NotebookError("{cell} has no such picture: run it again.", cell=self.name_of(cell))
        made, stale = tiles[tile], cell in self.stale
        new = opened(sweep, made, as_made=stale)
        inputs = "0" if stale else ""
        result = CellResult(made.asset, inputs=inputs, recipe=made.recipe, seconds=made.seconds)
        return self.add(after=cell, cell=new).finish(new.id, result)

    def _put(self, cell: Cell) -> Notebook:
        at = self.index(cell.id)
        return replace(self, cells=(*self.cells[:at], cell, *self.cells[at + 1 :]))


def _file_name(title: str) -> str:
    plain = "".join(letter for letter in title if letter.isalnum() or letter in " -_").strip()[:60]
    return f"{plain or 'picture'}.png"
