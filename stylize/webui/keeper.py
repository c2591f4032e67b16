"""The timer of a running page: what is too old or too much goes, whether or not anybody runs anything."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)
EVERY = 60.0  # seconds


class Keeper:
    """Calls ``tick`` again and again in a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, tick: Callable[[], None], every: float = EVERY) -> None:
        self.tick, self._every = tick, every
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="stylize-keeper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends after the tick that is under way."""
        self._end.set()

    def _work(self) -> None:
        while not self._end.wait(self._every):
            try:
                self.tick()
            except Exception:  # the next one may go well
                logger.exception("What is old could not be tidied away")
