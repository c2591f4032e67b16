"""From what a browser sends to what a handler does. Nothing that arrives is trusted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from ..errors import Note, StylizeError
from ..notebook.store import from_json
from . import starts
from .cellwork import INSIDE, Workshop
from .commands import TABLE, Services, adding, cells, parse
from .line import Line
from .profiles import Profile
from .sent import Data, Malformed
from .shelf import Shelf
from .sitting import SLOTS, Sitting
from .texts import say

logger = logging.getLogger(__name__)


class Actions:
    """Does what a sitting's page asks for.

    Args:
        shelf: where pictures lie.
        workshop: what makes them.
        line: where cells wait for it.
        profile: the limits of the page.
    """

    def __init__(self, shelf: Shelf, workshop: Workshop, line: Line, profile: Profile) -> None:
        self.services = Services(shelf, workshop, line, profile)

    def act(self, sitting: Sitting, data: Data) -> None:
        """Does the command that ``data["do"]`` names, with the other values as its fields. A name that is
        not in the table is left aside.

        Files are read beforehand; the rest is done with the sitting's lock held. What goes wrong is said on
        the page, never raised: a fault of Stylize's own is logged.
        """
        name = data.get("do")
        entry = TABLE.get(name) if isinstance(name, str) else None
        if entry is None:
            return
        with self._told(sitting):
            work = entry.prepare(self.services, sitting, parse(entry.command, data))
            with sitting.lock:
                work()
        sitting.touch()

    def restore(self, sitting: Sitting, text: object) -> None:
        """A notebook that the browser kept. What cannot be read is left out."""
        if not isinstance(text, str) or not text:
            return
        with sitting.lock, self._told(sitting), suppress(StylizeError):
            book = from_json(text)
            here = self.services.shelf.of(sitting).assets
            sitting.do(replace(book, cells=book.cells[:SLOTS]).without_lost(here))
            sitting.history = type(sitting.history)(sitting.book)
            for cell in reversed(sitting.book.cells):
                if cell.result:
                    sitting.keep(cell.result.asset, cell.title)

    def begin(self, sitting: Sitting, query: Data) -> None:
        """What the page's address asks for: ``preset`` or ``recipe``."""
        with sitting.lock, self._told(sitting):
            if query.get("preset"):
                asked = parse(cells.Preset, {"name": query["preset"]})
                cells.preset(self.services, sitting, asked)
            if query.get("recipe"):
                adding.add(sitting, starts.linked(query["recipe"]))

    @contextmanager
    def _told(self, sitting: Sitting) -> Iterator[None]:
        """Says on the page what goes wrong."""
        try:
            yield
        except Malformed:  # by no page that is up to date
            self._say(sitting, "This page is out of date: load it again.")
        except StylizeError as error:
            self._say(sitting, error)
        except Exception:
            logger.exception("An action failed")
            self._say(sitting, INSIDE)

    def _say(self, sitting: Sitting, what: Note | StylizeError | str) -> None:
        with sitting.lock:
            sitting.say("failed", say(what, sitting.language, paths=self.services.profile.trusted))


__all__ = ["Actions"]
