"""The one queue in which every visitor's cells wait for the machine."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import SettingsError
from ..system.fair_queue import FairQueue

logger = logging.getLogger(__name__)
REST = 5.0  # seconds without a run, after which memory is given back
WORK = 60.0  # seconds after which that is done between two runs


@dataclass(eq=False)
class Ticket:
    """A place in the queue.

    ``owner`` is whose it is; ``work`` is called when it is its turn; ``stop`` is set when the work is to
    finish with what it has; ``files`` are those that the work will read;
    ``caller`` is from where it was asked for, whoever the owner says to be.
    """

    owner: str
    work: Callable[[], None]
    stop: threading.Event = field(default_factory=threading.Event)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    files: frozenset[Path] = frozenset()
    caller: str = ""
    run_queue: RunQueue | None = None

    def leave(self) -> None:
        """Stops its work, or takes it out of the queue that it joined."""
        self.stop.set()
        if self.run_queue is not None:
            self.run_queue.leave(self)

    def spend(self) -> None:
        """Drops the work once it is done: a ticket that is still held keeps no pictures in memory."""
        self.work, self.context, self.run_queue = _nothing, contextvars.Context(), None

    @property
    def spent(self) -> bool:
        """Whether its work is over, or will never be done."""
        return self.work is _nothing


def _nothing() -> None:
    pass


class RunQueue:
    """One thing at a time: each owner's in order of arrival, the least recently served owner's first.

    Args:
        most: how many may wait.
        each: how many of one owner; default: all of them. From one address may come twice as many, of
            however many owners.
        rest: called when nobody has come for ``REST`` seconds after the last run, once; and between two runs
            where the last time was ``WORK`` seconds ago.
    """

    def __init__(self, most: int, each: int | None = None, rest: Callable[[], None] | None = None) -> None:
        self.most, self.each = most, most if each is None else each
        self._rest = rest
        self._waiting: FairQueue[Ticket] = FairQueue()
        self._now: Ticket | None = None
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None

    def join(self, *tickets: Ticket) -> None:
        """Puts tickets at the end. Raises SettingsError where the queue is full."""
        with self._moved:
            self._check(tickets)
            for each in tickets:
                each.run_queue = self
                self._waiting.add(each.owner, each)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="stylize-run-queue", daemon=True)
                self._thread.start()
            self._moved.notify_all()

    def _check(self, tickets: Sequence[Ticket]) -> None:
        waiting = (*self._waiting.order(), *tickets)
        owners = Counter(each.owner for each in waiting)
        callers = Counter(each.caller for each in waiting if each.caller)
        for each in tickets:
            for held, most in ((owners[each.owner], self.each), (callers[each.caller], 2 * self.each)):
                if held > most:
                    raise SettingsError(
                        "You may have {most} runs in the queue: let some finish first.", most=most
                    )
        if len(self._waiting) + len(tickets) > self.most:
            raise SettingsError("Too many are waiting at present: try again in a minute.")

    def leave(self, ticket: Ticket) -> bool:
        """Stops a ticket's work, or takes it out. Whether it was still waiting."""
        ticket.stop.set()
        with self._moved:
            waited = self._waiting.remove(ticket)
            if waited:
                ticket.spend()
                self._moved.notify_all()
            return waited

    def clear(self, owner: str) -> None:
        """Stops everything of an owner."""
        with self._moved:
            mine = [each for each in (self._now, *self._waiting.order()) if each and each.owner == owner]
        for each in mine:
            self.leave(each)

    def place(self, ticket: Ticket) -> tuple[int, int]:
        """How many come before a ticket, the one that runs among them; and how many there are. Before one
        whose turn it is comes nobody, even if its work has not said so yet."""
        with self._moved:
            running = int(self._now is not None)
            order = self._waiting.order()
            before = order.index(ticket) + running if ticket in order else 0
            return before, len(order) + running

    @property
    def files(self) -> set[Path]:
        """What those who wait or run will read."""
        with self._moved:
            present = [each for each in (self._now, *self._waiting.order()) if each]
        return {file for each in present for file in each.files}

    def idle(self, seconds: float) -> bool:
        """Waits until nothing runs and nobody waits."""
        with self._moved:
            return self._moved.wait_for(lambda: self._now is None and not len(self._waiting), seconds)

    def _serve(self) -> None:
        rested, last = True, time.monotonic()
        while True:
            with self._moved:
                came = self._moved.wait_for(lambda: len(self._waiting) > 0, None if rested else REST)
            if came:
                self._serve_next()
                rested = False
            if not came or time.monotonic() - last > WORK:
                self._give_back()
                rested, last = not came, time.monotonic()

    def _give_back(self) -> None:
        try:
            if self._rest is not None:
                self._rest()
        except BaseException:
            logger.exception("The run queue could not rest")

    def _serve_next(self) -> None:
        # Of its own, so that this thread holds nothing of a run while it waits for the next.
        with self._moved:
            ticket = self._waiting.first()
            if ticket is None:  # whoever came has left
                return
            self._waiting.take(ticket)
            self._now = ticket
        try:
            # With the context of whoever asked: a lent accelerator is counted to that visitor.
            ticket.context.run(ticket.work)
        except BaseException:  # nothing may end the thread that serves everybody
            logger.exception("A run failed")
        finally:
            ticket.spend()
            with self._moved:
                self._now = None
                self._waiting.done(ticket)
                self._moved.notify_all()
