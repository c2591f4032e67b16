"""Undo and redo."""

from __future__ import annotations

from .model import Notebook
from .results import CellResult

MOST = 100


class History:
    """A notebook with its past states. The result of a run is never undone.

    The notebooks themselves never change: methods that mutate this object say so.
    """

    def __init__(self, notebook: Notebook | None = None, most: int = MOST) -> None:
        self._now = notebook or Notebook()
        self._past: list[Notebook] = []
        self._future: list[Notebook] = []
        self._most = most
        self._key: str | None = None

    @property
    def now(self) -> Notebook:
        """The notebook as it is."""
        return self._now

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone and nothing done since."""
        return bool(self._future)

    def do(self, notebook: Notebook, key: str | None = None) -> Notebook:
        """Mutates: takes an edit up. Edits in a row with the same ``key``, such as letters typed, are one
        step."""
        if notebook == self._now:
            return self._now
        if key is None or key != self._key or not self._past:
            self._past = [*self._past, self._now][-self._most :]
        self._future, self._now, self._key = [], notebook, key
        return self._now

    def finish(self, cell: str, result: CellResult) -> Notebook:
        """Mutates: takes up a run's result, now and in every state that has the cell. Unknown cells are
        ignored."""
        if cell in self._now:
            result = self._now.finish(cell, result)[cell].result or result
        self._past = [_finished(each, cell, result) for each in self._past]
        self._future = [_finished(each, cell, result) for each in self._future]
        self._now = _finished(self._now, cell, result)
        return self._now

    def undo(self) -> Notebook:
        """Mutates: one step back; the same notebook where there is none."""
        if self._past:
            self._future.append(self._now)
            self._now = self._past.pop()
            self._key = None
        return self._now

    def redo(self) -> Notebook:
        """Mutates: one step forth again."""
        if self._future:
            self._past.append(self._now)
            self._now = self._future.pop()
            self._key = None
        return self._now

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture that some state names: these must be kept."""
        return frozenset().union(*(each.assets for each in (self._now, *self._past, *self._future)))


def _finished(notebook: Notebook, cell: str, result: CellResult) -> Notebook:
    return notebook.finish(cell, result) if cell in notebook else notebook
