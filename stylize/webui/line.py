"""The one line in which every visitor's cells wait for the machine."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..errors import SettingsError

logger = logging.getLogger(__name__)
REST = 5.0  # seconds without a run, after which memory is given back


@dataclass(eq=False)
class Ticket:
    """A place in the line.

    ``owner`` is whose it is; ``work`` is called when it is its turn; ``stop`` is set when the work is to
    finish with what it has.
    """

    owner: str
    work: Callable[[], None]
    stop: threading.Event = field(default_factory=threading.Event)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    def spend(self) -> None:
        """After its work: whoever still holds it does not hold the pictures and the request as well."""
        self.work, self.context = _nothing, contextvars.Context()

    @property
    def spent(self) -> bool:
        """Whether its work is over, or will never be done."""
        return self.work is _nothing


def _nothing() -> None:
    pass


class Line:
    """One thing at a time, in order of arrival, but nobody twice in a row while others wait.

    Args:
        most: how many may wait.
        each: how many of one owner; default: all of them.
        rest: called when nobody has come for ``REST`` seconds after the last run, once.
    """

    def __init__(self, most: int, each: int | None = None, rest: Callable[[], None] | None = None) -> None:
        self.most, self.each = most, most if each is None else each
        self._rest = rest
        self._waiting: list[Ticket] = []
        self._now: Ticket | None = None
        self._last = ""
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None

    def join(self, *tickets: Ticket) -> None:
        """Puts tickets at the end. Raises SettingsError where the line is full."""
        with self._moved:
            self._check(tickets)
            self._waiting += tickets
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="stylize-line", daemon=True)
                self._thread.start()
            self._moved.notify_all()

    def _check(self, tickets: Sequence[Ticket]) -> None:
        owners = Counter(each.owner for each in (*self._waiting, *tickets))
        if any(owners[each.owner] > self.each for each in tickets):
            raise SettingsError(
                "You may have {most} runs in the line: let some finish first.", most=self.each
            )
        if len(self._waiting) + len(tickets) > self.most:
            raise SettingsError("Too many are waiting at present: try again in a minute.")

    def leave(self, ticket: Ticket) -> bool:
        """Stops a ticket's work, or takes it out. Whether it was still waiting."""
        ticket.stop.set()
        with self._moved:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                ticket.spend()
                return True
            return False

    def clear(self, owner: str) -> None:
        """Stops everything of an owner."""
        with self._moved:
            mine = [each for each in (self._now, *self._waiting) if each and each.owner == owner]
        for each in mine:
            self.leave(each)

    def place(self, ticket: Ticket) -> tuple[int, int]:
        """How many come before a waiting ticket, the one that runs among them; and how many there are."""
        with self._moved:
            running = int(self._now is not None)
            before = self._waiting.index(ticket) if ticket in self._waiting else 0
            return before + running, len(self._waiting) + running

    def idle(self, seconds: float) -> bool:
        """Waits until nothing runs and nobody waits."""
        with self._moved:
            return self._moved.wait_for(lambda: self._now is None and not self._waiting, seconds)

    def _next(self) -> Ticket:
        others = (each for each in self._waiting if each.owner != self._last)
        ticket = next(others, self._waiting[0])
        self._waiting.remove(ticket)
        return ticket

    def _serve(self) -> None:
        rested = True
        while True:
            with self._moved:
                came = self._moved.wait_for(lambda: bool(self._waiting), None if rested else REST)
            if came:
                self._serve_next()
            elif self._rest is not None:
                try:
                    self._rest()
                except BaseException:
                    logger.exception("The line could not rest")
            rested = not came

    def _serve_next(self) -> None:
        # Of its own, so that this thread holds nothing of a run while it waits for the next.
        with self._moved:
            if not self._waiting:  # whoever came has left
                return
            ticket = self._now = self._next()
            self._last = ticket.owner
        try:
            # With the context of whoever asked: a lent accelerator is counted to that visitor.
            ticket.context.run(ticket.work)
        except BaseException:  # nothing may end the thread that serves everybody
            logger.exception("A run failed")
        finally:
            ticket.spend()
            with self._moved:
                self._now = None
                self._moved.notify_all()
