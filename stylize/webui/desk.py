"""Who is running what: one run a visitor, and a Stop that reaches only that one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

MOST_WAITING = 1000  # a visitor who leaves while waiting tells nobody


@dataclass(eq=False)
class Ticket:
    """A visitor's run. ``stop`` is set when it is to finish with what it has."""

    stop: threading.Event = field(default_factory=threading.Event)
    began: bool = False


class Desk:
    """The tickets of all visitors, by session. Of those who wait, only the latest are remembered."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}
        self._lock = threading.Lock()

    def queue(self, session: str) -> Ticket:
        """A new ticket; an older run of the same visitor is told to stop."""
        with self._lock:
            if old := self._tickets.get(session):
                old.stop.set()
            self._forget()
            ticket = self._tickets[session] = Ticket()
            return ticket

    def _forget(self) -> None:
        waiting = [session for session, ticket in self._tickets.items() if not ticket.began]
        for session in waiting[: max(0, len(waiting) - MOST_WAITING)]:
            del self._tickets[session]

    def begin(self, session: str) -> Ticket:
        """The visitor's ticket, now running."""
        with self._lock:
            ticket = self._tickets.setdefault(session, Ticket())
            if ticket.began:  # whoever comes without queueing gets no second run of the same ticket
                ticket.stop.set()
                ticket = self._tickets[session] = Ticket()
            ticket.began = True
            return ticket

    def stop(self, session: str) -> bool:
        """Asks the visitor's run to finish; whether there was one."""
        with self._lock:
            ticket = self._tickets.get(session)
            if ticket:
                ticket.stop.set()
            return ticket is not None and ticket.began

    def end(self, session: str, ticket: Ticket | None = None) -> bool:
        """Forgets the visitor's run (only ``ticket``, if given). Whether one was waiting and never began."""
        with self._lock:
            found = self._tickets.get(session)
            if found is None or (ticket is not None and found is not ticket):
                return False
            del self._tickets[session]
            return not found.began
