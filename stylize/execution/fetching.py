"""Weight files are brought here in a thread, so that whoever waits can tell how far it is, and stop it."""

from __future__ import annotations

import threading
from collections.abc import Generator

from ..weights import Found, Transfer
from .events import Fetching, Stop
from .job import Job

EVERY = 0.2  # seconds between two checks of ``stop``


class Abandoned(Exception):
    """Ends a download that nobody waits for any more."""


def fetch(job: Job, stop: Stop) -> Generator[Fetching, None, tuple[Found, ...]]:
    """Brings the networks' files of a job onto this machine.

    Yields:
        How far it is, several times a second; the last state of a file that changes faster.

    Returns:
        The files; none if ``stop`` was set before they were there.

    Raises:
        WeightsError.
    """
    latest: list[Transfer] = []
    found: list[Found] = []
    failed: list[BaseException] = []
    moved, over, left = threading.Event(), threading.Event(), threading.Event()

    def listen(transfer: Transfer) -> None:
        if stop.is_set() or left.is_set():
            raise Abandoned
        latest[:] = [transfer]
        moved.set()

    def work() -> None:
        try:
            found.extend(job.fetch(listen))
        except BaseException as error:
            failed.append(error)
        finally:
            over.set()
            moved.set()

    threading.Thread(target=work, name="stylize-fetch", daemon=True).start()
    try:
        while not over.is_set() and not stop.is_set():
            if not moved.wait(EVERY):
                yield Fetching(None)
            moved.clear()
            while latest:
                yield Fetching(latest.pop())
    finally:
        left.set()
    if failed and not isinstance(failed[0], Abandoned):
        raise failed.pop()  # kept, it would keep this frame, and with it the pictures
    return tuple(found) if over.is_set() else ()
