"""A visitor's session: the notebook with its undo history, the runs, and what the browser was last sent."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..errors import Note, StylizeError
from ..notebook import Cell, CellResult, History, Notebook
from .run_queue import Ticket
from .runner import Update

SLOTS = 24  # cells that a page has room for
IN_SLOT = ("head", "form", "face")  # the parts of a cell on the page
MOST_STYLES = 6  # of one cell
MOST_SHOTS = 60
MOST_AT_ONCE = 16  # requests that are at work on one session or wait for it
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(eq=False)
class Live:
    """A cell's run, while it waits, works, or has just ended.

    ``phase`` is "waiting", "running", "stopping", "done", "stopped", "failed", "left"; or "tuning" and
    "tuned", the quick change of a finished picture before and while it is made. ``pair`` are files of the
    content and the preview. ``part`` counts a sweep's pictures from 1. ``learning``: whether a style is
    learned, in place of a picture made.
    """

    ticket: Ticket | None = None
    phase: str = "waiting"
    update: Update | None = None
    pair: tuple[str, str] | None = None
    part: tuple[int, int] = (1, 1)
    losses: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    error: StylizeError | Note | None = None
    made: list[str] = field(default_factory=list)  # sha256 of a sweep's pictures so far
    learning: bool = False

    @property
    def busy(self) -> bool:
        """Whether there is still something to come."""
        return self.phase in ("waiting", "running", "stopping", "tuning", "tuned")


@dataclass(frozen=True)
class Shot:
    """A picture of the gallery."""

    asset: str
    title: str


@dataclass
class Picker:
    """The open dialog that chooses a picture: for which cell, and as its content or which style.

    ``property`` is that of the style, "" for the style's own picture. ``now`` is the kind and name of what is
    chosen already. ``asked`` is the learned style of which is asked whether it is to be deleted.
    """

    cell: str
    what: str
    index: int = 0
    property: str = ""
    now: tuple[str, str] = ("", "")
    asked: str = ""


def chosen(cell: Cell, what: str, index: int, property: str = "") -> tuple[str, str]:
    """Kind and name of what is chosen already, as the tiles name it; empty for nothing."""
    pictures = [getattr(style, property or "source") for style in cell.styles]
    sources = [cell.content] if what == "content" else pictures
    source = sources[index] if 0 <= index < len(sources) else None
    return ("", "") if source is None else (source.KIND, source.key)


@dataclass
class SentParts:
    """What a page was last sent, by the names of its parts; ``number`` rises with everything sent."""

    parts: dict[str, object] = field(default_factory=dict)
    number: int = 0


class Session:
    """The state of one visitor's page. Not to be read or changed without holding ``lock``.

    Args:
        key: of the tab that shows it.
        language: of its messages.
        book: to begin with.
        owner: the secret of the visitor's browser, to which the pictures belong; default: the key.
    """

    def __init__(self, key: str, language: str = "en", book: Notebook | None = None, owner: str = "") -> None:
        self.key, self.owner, self.language = key, owner or key, language
        self.caller = ""  # from where it was last heard of, by address and name
        self.history = History(book)
        self.lives: dict[str, Live] = {}
        self.shots: list[Shot] = []
        self.picker: Picker | None = None
        self.slots: dict[str, int] = {}
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.version = 0
        self.follower = 0
        self.sent = SentParts()
        self.seen = time.monotonic()
        self.said: tuple[int, str, str] = (0, "", "")  # number, kind, text of the last message
        self.download: tuple[int, str, str] = (0, "", "")  # number, address, name
        self.focus: tuple[int, str] = (0, "")  # number, cell to be shown

    @property
    def book(self) -> Notebook:
        """The notebook as it is."""
        return self.history.now

    @property
    def busy(self) -> bool:
        """Whether something of it runs or waits. It may be asked without the lock."""
        return any(live.busy for live in list(self.lives.values()))

    @property
    def in_use(self) -> set[str]:
        """The sha256 of what the cells of its runs name, take in and have made. It may be asked without the
        lock."""
        book, found = self.book, set[str]()
        for cell, live in list(self.lives.items()):
            if live.busy and cell in book:
                found.update(live.made, book[cell].assets)
                results = [book[other].result for other in book.uses(cell)]
                found.update(result.asset for result in results if result)
        return found

    @contextmanager
    def turn(self) -> Iterator[None]:
        """For a request, before anything that waits for ``lock``: a session at which something takes long
        must not hold the threads of the whole page. Raises StylizeError where too many are there already.
        """
        if not self._room.acquire(blocking=False):
            raise StylizeError("This notebook is still busy with what was asked before: wait a moment.")
        try:
            yield
        finally:
            self._room.release()

    def live(self, cell: str) -> Live | None:
        """The state of a cell's run; None if there is none."""
        return self.lives.get(cell)

    def touch(self) -> None:
        """Tells those who follow that something changed."""
        with self.changed:
            self.version += 1
            self.changed.notify_all()

    def do(self, book: Notebook, key: str | None = None) -> None:
        """An edit. Runs of cells that are gone are stopped."""
        self.history.do(book, key)
        self.settle()

    def settle(self) -> None:
        """After the notebook changed: slots for its cells, and no runs or places for those that are gone."""
        for cell in [each for each in self.lives if each not in self.book]:
            live = self.lives.pop(cell)
            if live.ticket:
                live.ticket.leave()
        self.slots = {cell: slot for cell, slot in self.slots.items() if cell in self.book}
        free = (slot for slot in range(SLOTS) if slot not in self.slots.values())
        for cell in self.book.ids:
            if cell not in self.slots:
                self.slots[cell] = next(free)
        self.touch()

    def finish(self, cell: str, result: CellResult) -> None:
        """A run's result, to the cell and to the gallery."""
        title = self.book.name_of(cell) if cell in self.book else ""
        self.history.finish(cell, result)
        self.keep(result.asset, title)

    def keep(self, asset: str, title: str) -> None:
        """A picture for the gallery, the latest first."""
        rest = [shot for shot in self.shots if shot.asset != asset]
        self.shots = [Shot(asset, title), *rest][:MOST_SHOTS]

    def say(self, kind: str, text: str) -> None:
        """A message at the edge of the page: ``kind`` is "done" or "failed"."""
        self.said = (self.said[0] + 1, kind, text)

    def show(self, cell: str) -> None:
        """Brings a cell into view."""
        self.focus = (self.focus[0] + 1, cell)


class Sessions:
    """The sessions of all visitors, by the secret of the browser and the key of the tab."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._all: dict[tuple[str, str], Session] = {}
        self._lock = threading.Lock()

    def get(self, key: object, owner: object = None) -> Session | None:
        """The session of a tab's key and a browser's secret, by default the key, if it is still there."""
        owner = key if owner is None else owner
        with self._lock:
            known = isinstance(key, str) and isinstance(owner, str)
            found = self._all.get((str(owner), str(key))) if known else None
            if found:
                found.seen = time.monotonic()
            return found

    def all(self) -> list[Session]:
        """Every session."""
        with self._lock:
            return list(self._all.values())

    def forget(self, seconds: float) -> None:
        """Ends sessions of which nothing runs and nothing was heard for so long."""
        before = time.monotonic() - seconds
        with self._lock:
            for each in list(self._all.values()):
                if each.seen < before and not each.busy:
                    del self._all[each.owner, each.key]

    def open(self, key: object, language: str, owner: object = None) -> tuple[Session, bool]:
        """As :meth:`get`, or a new one; and whether it is new. Raises ValueError for an odd key or secret."""
        owner = key if owner is None else owner
        found = self.get(key, owner)
        if found:
            found.language = language
            return found, False
        if not (isinstance(key, str) and _KEY.fullmatch(key)):
            raise ValueError("no key")
        if not (isinstance(owner, str) and _KEY.fullmatch(owner)):
            raise ValueError("no secret")
        with self._lock:
            idle = sorted((each for each in self._all.values() if not each.busy), key=lambda each: each.seen)
            for each in idle[: max(0, len(self._all) - self.most + 1)]:
                del self._all[each.owner, each.key]
            made = self._all[owner, key] = Session(key, language, owner=owner)
            return made, True
