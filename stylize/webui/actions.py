"""From what a browser sends to what a handler does. Nothing that arrives is trusted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from ..errors import Note, StylizeError
from ..notebook.store import from_json
from . import starts
from .cell_runner import INSIDE, CellRunner
from .commands import TABLE, Services, adding, cells, parse
from .page_files import PageFiles
from .profiles import Profile
from .run_queue import RunQueue
from .sent import Data, Malformed
from .session import SLOTS, Session
from .texts import say

logger = logging.getLogger(__name__)


class Actions:
    """Does what a session's page asks for.

    Args:
        page_files: where pictures lie.
        cell_runner: what makes them.
        run_queue: where cells wait for it.
        profile: the limits of the page.
    """

    def __init__(
        self, page_files: PageFiles, cell_runner: CellRunner, run_queue: RunQueue, profile: Profile
    ) -> None:
        self.services = Services(page_files, cell_runner, run_queue, profile)

    def act(self, session: Session, data: Data) -> None:
        """Does the command that ``data["do"]`` names, with the other values as its fields. A name that is
        not in the table is left aside.

        Files are read beforehand; the rest is done with the session's lock held. What goes wrong is said on
        the page, never raised: a fault of Stylize's own is logged.
        """
        name = data.get("do")
        entry = TABLE.get(name) if isinstance(name, str) else None
        if entry is None:
            return
        with self._errors_shown(session):
            work = entry.prepare(self.services, session, parse(entry.command, data))
            with session.lock:
                work()
        session.touch()

    def restore(self, session: Session, text: object) -> None:
        """A notebook that the browser kept. What cannot be read is left out."""
        if not isinstance(text, str) or not text:
            return
        with session.lock, self._errors_shown(session), suppress(StylizeError):
            book = from_json(text)
            own = self.services.page_files.of(session)
            own.bring(book.cells)
            session.do(replace(book, cells=book.cells[:SLOTS]).without_lost(own.assets))
            session.history = type(session.history)(session.book)
            for cell in reversed(session.book.cells):
                if cell.result:
                    session.keep(cell.result.asset, cell.title)

    def begin(self, session: Session, query: Data) -> None:
        """What the page's address asks for: ``preset`` or ``recipe``."""
        with session.lock, self._errors_shown(session):
            if query.get("preset"):
                asked = parse(cells.Preset, {"name": query["preset"]})
                cells.preset(self.services, session, asked)
            if query.get("recipe"):
                adding.add(session, starts.linked(query["recipe"]))

    @contextmanager
    def _errors_shown(self, session: Session) -> Iterator[None]:
        """Says on the page what goes wrong."""
        try:
            yield
        except Malformed:  # by no page that is up to date
            self._say(session, "This page is out of date: load it again.")
        except StylizeError as error:
            self._say(session, error)
        except Exception:
            logger.exception("An action failed")
            self._say(session, INSIDE)

    def _say(self, session: Session, what: Note | StylizeError | str) -> None:
        with session.lock:
            session.say("failed", say(what, session.language, paths=self.services.profile.trusted))


__all__ = ["Actions"]
