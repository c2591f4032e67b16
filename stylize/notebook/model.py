"""The notebook itself: an ordered list of cells that never changes. An edit returns another notebook.

A cell is stale when its result was made from other inputs than it has now, or when a cell that it uses
is stale or has no result. That is worked out when asked, and stored nowhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .. import modes
from ..errors import NotebookError
from ..settings import Settings
from .cells import LONGEST_TITLE, Cell, Output, Point, Result, Source, Style, Upload, one_line, points, wrong

VERSION = 1
MOST_CELLS = 100
CHANGEABLE = frozenset({"title", "folded", "text", "mode", "settings", "content", "styles", "axes"})


@dataclass(frozen=True)
class Notebook:
    """A title and cells in order. Checked when made: ids are unique, links lead to picture cells, and no
    cell uses its own picture, not by way of others either. Raises NotebookError.

    Every edit takes a cell's id, returns a new notebook, and raises NotebookError for an unknown id.
    """

    title: str = ""
    cells: tuple[Cell, ...] = ()
    version: int = VERSION

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", one_line(self.title, LONGEST_TITLE))
        if len(self.cells) > MOST_CELLS:
            raise NotebookError("A notebook has at most {most} cells: delete one first.", most=MOST_CELLS)
        if len(self._places) < len(self.cells):
            raise NotebookError("Two cells of this notebook have the same id.")
        for cell in self.cells:
            for source in cell.sources:
                if isinstance(source, Output):
                    self._check_link(cell, source)
        _ = self.dependency_order  # refuses circles

    # Looking

    @property
    def ids(self) -> tuple[str, ...]:
        """The cells' ids in order."""
        return tuple(self._places)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {cell.id: n for n, cell in enumerate(self.cells)}

    def __contains__(self, cell: object) -> bool:
        return cell in self._places

    def __getitem__(self, cell: str) -> Cell:
        return self.cells[self.place(cell)]

    def place(self, cell: str) -> int:
        """Where a cell stands, from 0."""
        if cell not in self._places:
            raise NotebookError("This cell is no longer there.")
        return self._places[cell]

    def name_of(self, cell: str) -> str:
        """What to call a cell in a sentence: its title, else its number from 1, as ``#3``."""
        return self[cell].title.strip() or f"#{self.place(cell) + 1}"

    def uses(self, cell: str) -> tuple[str, ...]:
        """The cells whose pictures a cell is linked to, also by styles that its mode leaves aside."""
        found = [source.cell for source in self[cell].sources if isinstance(source, Output)]
        return tuple(dict.fromkeys(found))

    def needs(self, cell: str) -> tuple[str, ...]:
        """The cells whose pictures a run of this one takes in."""
        found = [source.cell for source in _inputs(self[cell]) if isinstance(source, Output)]
        return tuple(dict.fromkeys(found))

    def may_use(self, cell: str) -> tuple[str, ...]:
        """The cells whose pictures a cell could take without going in a circle, in order."""
        beyond = self._beyond(cell)
        return tuple(each.id for each in self.cells if each.kind == "picture" and each.id not in beyond)

    def fingerprint(self, cell: str) -> str:
        """The sha256 of everything that decides what a run of the cell would make."""
        found = self[cell]
        values = {
            "kind": found.kind,
            "mode": found.mode,
            "settings": found.settings.to_dict(),
            "content": self._identity(found.content),
            "styles": [[self._identity(source), weight] for source, weight in found.mix],
            "axes": [[axis.setting, axis.values] for axis in found.axes],
        }
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @cached_property
    def stale(self) -> frozenset[str]:
        """The cells whose picture is no longer what a run would make."""
        found: set[str] = set()
        for cell in self.dependency_order:
            result = self[cell].result
            if result is None:
                continue
            upstream = self.needs(cell)
            behind = any(each in found or self[each].result is None for each in upstream)
            if behind or result.inputs != self.fingerprint(cell):
                found.add(cell)
        return frozenset(found)

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture that is named somewhere."""
        return frozenset().union(*(cell.assets for cell in self.cells))

    @cached_property
    def dependency_order(self) -> tuple[str, ...]:
        """Every cell after those that it uses, else in order. Raises NotebookError for a circle."""
        done: dict[str, None] = {}
        waiting = {cell: set(self.uses(cell)) for cell in self.ids}
        while waiting:
            ready = next((cell for cell, up in waiting.items() if up <= done.keys()), None)
            if ready is None:
                raise NotebookError(
                    "{cell} would use its own picture, by way of the cells that it uses: choose another.",
                    cell=self.name_of(self._in_circle(waiting)),
                )  # fmt: skip
            done[ready] = None
            del waiting[ready]
        return tuple(done)

    def lacks(self, cell: str) -> NotebookError | None:
        """What must be chosen before the cell can run, as an error that names it; None if nothing."""
        found, name = self[cell], self.name_of(cell)
        if found.kind == "note":
            return NotebookError("{cell} is a note: there is nothing to run.", cell=name)
        if found.content is None:
            return NotebookError("{cell} has no content picture: choose one.", cell=name)
        if modes.spec(found.mode).takes_styles and not found.styles:
            return NotebookError("{cell} has no style: choose at least one.", cell=name)
        if found.kind == "sweep" and not found.axes:
            return NotebookError("{cell} has nothing to vary: choose a setting and its values.", cell=name)
        return None

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
        if scope == "all":
            asked = self.ids
        elif scope in ("this", "below") and cell is not None:
            asked = self.ids[self.place(cell) :] if scope == "below" else (self.ids[self.place(cell)],)
        else:
            raise ValueError(f"no scope {scope!r} for {cell!r}")
        fresh = {each.id for each in self.cells if each.result and each.id not in self.stale}
        wanted = {each for each in asked if self[each].kind != "note" and (again or each not in fresh)}
        for each in reversed(self.dependency_order):
            if each in wanted:
                wanted.update(up for up in self.needs(each) if up not in fresh)
        for each in self.ids:
            lacking = self.lacks(each) if each in wanted else None
            if lacking is not None:
                raise lacking
        return tuple(each for each in self.dependency_order if each in wanted)

    # Changing

    def add(
        self, kind: str = "picture", *, after: str | None = None, cell: Cell | None = None, **fields: Any
    ) -> Notebook:
        """A new cell at the end, or after another: one of a ``kind`` with ``fields``, or ``cell`` itself."""
        at = len(self.cells) if after is None else self.place(after) + 1
        new = Cell(kind=kind, **fields) if cell is None else cell
        return self._with((*self.cells[:at], new, *self.cells[at:]))

    def remove(self, cell: str) -> Notebook:
        """Without the cell. Cells that use its picture keep the last one as a picture of their own."""
        gone = self[cell]
        kept: Source | None = None
        if gone.result is not None:
            kept = Upload(gone.result.asset, _file_name(gone.title))
        rest = tuple(_unlinked(each, cell, kept) for each in self.cells if each.id != cell)
        return self._with(rest)

    def clear(self) -> Notebook:
        """Without any cells."""
        return self._with(())

    def move(self, cell: str, to: str | int) -> Notebook:
        """The cell ``"up"`` or ``"down"`` by one, or to a place from 0; at either end it stays there."""
        at = self.place(cell)
        target = {"up": at - 1, "down": at + 1}.get(to, at) if isinstance(to, str) else to
        rest = [each for each in self.cells if each.id != cell]
        rest.insert(max(0, min(target, len(rest))), self[cell])
        return self._with(tuple(rest))

    def duplicate(self, cell: str) -> Notebook:
        """With a copy of the cell right after it, its picture included. The copy's id is a new one."""
        fresh = Cell().id
        return self.add(after=cell, cell=replace(self[cell], id=fresh))

    def change(self, cell: str, **fields: Any) -> Notebook:
        """The cell with other ``title``, ``folded``, ``text``, ``mode``, ``settings``, ``content``,
        ``styles`` or ``axes``. ``settings`` are the mode's dataclass, or a mapping of those that change.
        """
        if not fields.keys() <= CHANGEABLE:
            raise TypeError(f"a cell has nothing called {min(fields.keys() - CHANGEABLE)}")
        found = self[cell]
        if "mode" in fields:
            found = found.moved_to(fields.pop("mode"))
        settings = fields.get("settings")
        if isinstance(settings, Mapping):
            fields["settings"] = type(found.settings).from_dict({**found.settings.to_dict(), **settings})
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

    def finish(self, cell: str, result: Result) -> Notebook:
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
        kept = (
            cell if cell.result is None or all(asset in here for asset in cell.result.assets)
            else replace(cell, result=None)
            for cell in self.cells
        )  # fmt: skip
        return self._with(tuple(kept))

    def with_assets(self, names: Mapping[str, str]) -> Notebook:
        """With pictures by other sha256, ``names`` by those that they have here. Nothing goes stale by it."""
        if not names:
            return self
        book = self._with(tuple(_named_anew(cell, names) for cell in self.cells))
        for cell in self.dependency_order:
            result = book[cell].result
            if result is not None and cell not in self.stale:
                book = book.finish(cell, replace(result, inputs=""))
        return book

    def open_tile(self, cell: str, tile: int) -> Notebook:
        """With one picture of a sweep as a cell after it. ``tile`` counts from 0."""
        sweep = self[cell]
        tiles = sweep.result.tiles if sweep.result else ()
        if not 0 <= tile < len(tiles):
            raise NotebookError("{cell} has no such picture: run it again.", cell=self.name_of(cell))
        made = tiles[tile]
        point = next((p for p in points(sweep) if (p.column, p.row) == (made.column, made.row)), None)
        settings, styles = (point.settings, point.styles) if point else (sweep.settings, sweep.styles)
        stale = cell in self.stale
        if stale and made.recipe and made.recipe.mode == sweep.mode:
            settings = made.recipe.settings  # what it was made with, and not what it would be now
        opened = Cell(
            title=sweep.title, mode=sweep.mode, settings=settings, content=sweep.content,
            styles=styles or sweep.styles,
        )  # fmt: skip
        book = self.add(after=cell, cell=opened)
        inputs = "0" if stale else ""
        result = Result(made.asset, inputs=inputs, recipe=made.recipe, seconds=made.seconds)
        return book.finish(opened.id, result)

    # The rest is nobody else's business

    def _with(self, cells: tuple[Cell, ...]) -> Notebook:
        return replace(self, cells=cells)

    def _put(self, cell: Cell) -> Notebook:
        at = self.place(cell.id)
        return self._with((*self.cells[:at], cell, *self.cells[at + 1 :]))

    def _identity(self, source: Source | None) -> list[str] | None:
        """What stands for a source in a fingerprint. A cell's picture is the same as its copy's."""
        if source is None:
            return None
        if isinstance(source, Upload):
            return ["picture", source.asset]
        if isinstance(source, Output):
            result = self[source.cell].result
            return ["picture", result.asset if result else ""]
        return [type(source).__name__.lower(), source.name]

    def _beyond(self, cell: str) -> set[str]:
        """The cell and all that use it, directly or not."""
        found = {cell}
        for each in self.dependency_order:
            if found & set(self.uses(each)):
                found.add(each)
        return found

    def _check_link(self, cell: Cell, source: Output) -> None:
        if source.cell not in self:
            raise NotebookError("{cell} uses a cell that is not there.", cell=self.name_of(cell.id))
        if self[source.cell].kind != "picture":
            raise NotebookError(
                "{cell} cannot use {other}: only a cell with one picture can be used by another.",
                cell=self.name_of(cell.id), other=self.name_of(source.cell),
            )  # fmt: skip

    def _in_circle(self, waiting: Mapping[str, Any]) -> str:
        """One cell of a circle, found by going up from any that waits."""
        cell, seen = next(iter(waiting)), set[str]()
        while cell not in seen:
            seen.add(cell)
            cell = next(up for up in self.uses(cell) if up in waiting)
        return cell


def _inputs(cell: Cell) -> tuple[Source, ...]:
    content = () if cell.content is None else (cell.content,)
    return (*content, *(style.source for style in cell.mix))


def _unlinked(cell: Cell, gone: str, kept: Source | None) -> Cell:
    """A cell that no longer uses another."""
    if Output(gone) not in cell.sources:
        return cell
    content = kept if cell.content == Output(gone) else cell.content
    styles = tuple(
        Style(kept, weight) if source == Output(gone) and kept else Style(source, weight)
        for source, weight in cell.styles
        if source != Output(gone) or kept
    )
    return replace(cell, content=content, styles=styles)


def _file_name(title: str) -> str:
    plain = "".join(letter for letter in title if letter.isalnum() or letter in " -_").strip()[:60]
    return f"{plain or 'picture'}.png"


__all__ = ["MOST_CELLS", "VERSION", "Cell", "Notebook", "Point"]


def _named_anew(cell: Cell, names: Mapping[str, str]) -> Cell:
    def moved(source: Any) -> Any:
        return (
            replace(source, asset=names.get(source.asset, source.asset))
            if isinstance(source, Upload)
            else source
        )

    result = cell.result
    if result is not None:
        tiles = tuple(replace(tile, asset=names.get(tile.asset, tile.asset)) for tile in result.tiles)
        result = replace(result, asset=names.get(result.asset, result.asset), tiles=tiles)
    styles = tuple(Style(moved(style.source), style.weight) for style in cell.styles)
    return replace(cell, content=moved(cell.content), styles=styles, result=result)
