"""Ctrl-C and SIGTERM while work is done: the first asks to stop, the second quits at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Self, TypeAlias

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ASKED = b"\nstylize: stopping after this step and keeping the picture; once more quits at once.\n"
TRAINING = b"\nstylize: stopping after this step and saving; once more quits at once.\n"


Handler: TypeAlias = "Callable[[int, FrameType | None], object] | int | None"  # signal.Handlers are ints


class StopOnSignal:
    """Within ``with StopOnSignal() as stop``, ``stop.status`` is 0 until somebody asks to stop."""

    def __init__(self, asked: bytes = ASKED) -> None:
        self.status, self.asked = 0, asked
        self._before: dict[signal.Signals, Handler] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python hears no signals
            for each in SIGNALS:
                if signal.getsignal(each) not in (signal.SIG_IGN, None):  # ignored: in the background
                    self._before[each] = signal.signal(each, self._handle)
        return self

    def __exit__(self, *error: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def is_set(self) -> bool:
        """Whether somebody asked."""
        return bool(self.status)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.status = 128 + number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        with suppress(OSError):
            os.write(2, self.asked)  # a print could fall into the middle of another
