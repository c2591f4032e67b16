"""Decoding in processes of their own, within limits of time and memory, for files that a stranger sends.

A decoder in this process can be neither stopped nor bounded, and what it breaks, it breaks here. With
``Limits.seconds`` the work goes to one of a few processes that are started when first needed and stay warm.
One that takes too long or crashes is replaced, and a PictureError says so of its file.
"""

from __future__ import annotations

import atexit
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from ..errors import PictureError
from ..system.fair_queue import FairQueue
from . import worker
from .faults import called, damaged
from .files import Limits, kind_of
from .worker_process import Crash, Overdue, WorkerProcess

T = TypeVar("T")

SIZE = 2  # processes
WAIT = 60.0  # seconds for which a file waits for a process
WAIT_OF_RUN = 600.0  # the same for a run that has waited in a line already
POLL = 0.2  # seconds between two checks whether such a run was stopped
MOST_TASKS = 1000  # of one process, in case that a library leaks
BASE_MEMORY = 512_000_000  # bytes, of which a process without a picture has 120 million
MEMORY_PER_PIXEL = 64  # bytes: a few copies in float32


def call_limited(limits: Limits, function: Callable[..., T], data: bytes, name: str, *rest: object) -> T:
    """``function(data, name, *rest)``: in this process, or in a worker process if ``limits.seconds`` is set.

    ``function`` is one that a module of this package defines, and what it returns is made of plain values,
    arrays, this package's dataclasses and named tuples. Raises PictureError.
    """
    if limits.seconds is None:
        return function(data, name, *rest)
    memory = None
    if math.isfinite(limits.megapixels):
        memory = BASE_MEMORY + 4 * len(data) + int(limits.megapixels * 1e6 * MEMORY_PER_PIXEL)
    task = worker.Call(function.__module__, function.__qualname__, (name, *rest), memory, limits.seconds)
    try:
        state, found = _pool.call(task, data, limits.owner, limits.stop)
    except _Busy:
        raise PictureError(
            "{file} was not read, because many pictures are being read at the moment: try again in a minute.",
            file=called(name),
        ) from None
    except Overdue:
        raise PictureError(
            "{file} takes more than {seconds:g} seconds to read: open it in another program and save it "
            "as PNG or JPEG.",
            file=called(name),
            seconds=limits.seconds,
        ) from None
    except Crash as error:
        raise damaged(name, kind_of(data, name)) from error
    if state == worker.NO_MEMORY:
        raise PictureError(
            "{file} takes more memory to read than a picture is given here: make it smaller.",
            file=called(name),
        )
    if state == worker.REFUSED:
        raise found
    if state == worker.FAULT:
        raise RuntimeError(found)
    result: T = found
    return result


class _Busy(Exception):
    """No process became free in time, or before the run was stopped."""


class _Pool:
    """A few processes, each for one thread at a time, and for one of an owner's."""

    def __init__(self) -> None:
        self._queue: FairQueue[object] = FairQueue(SIZE)
        self._moved = threading.Condition()
        self._lock = threading.Lock()
        self._all: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._closed = False

    def call(
        self, task: worker.Call, data: bytes, owner: str = "", stop: threading.Event | None = None
    ) -> tuple[int, Any]:
        """A task's outcome. Raises _Busy, Crash, Overdue."""
        with self._place(owner, stop):
            chosen = self._take()
            try:
                return chosen.call(task, data)
            finally:
                self._put_back(chosen)

    @contextmanager
    def _place(self, owner: str, stop: threading.Event | None) -> Iterator[None]:
        """Among those that decode, when it is the owner's turn. Raises _Busy."""
        mine = object()
        with self._moved:
            self._queue.add(owner or mine, mine)
            if not self._wait(lambda: self._queue.first() is mine, stop):
                self._queue.remove(mine)
                self._moved.notify_all()
                raise _Busy
            self._queue.take(mine)
            self._moved.notify_all()
        try:
            yield
        finally:
            with self._moved:
                self._queue.done(mine)
                self._moved.notify_all()

    def _wait(self, what: Callable[[], bool], stop: threading.Event | None) -> bool:
        if stop is None:
            return self._moved.wait_for(what, WAIT)
        end = time.monotonic() + WAIT_OF_RUN
        while not self._moved.wait_for(what, POLL):
            if stop.is_set() or time.monotonic() > end:
                return False
        return True

    def _take(self) -> WorkerProcess:
        with self._lock:
            chosen = self._idle.pop() if self._idle else None
        if chosen is not None and chosen.alive:
            return chosen
        if chosen is not None:
            self._drop(chosen)
        new = WorkerProcess()
        with self._lock:
            self._all.add(new)
            closed = self._closed
        if closed:
            self._drop(new)
            raise RuntimeError("The program is ending.")
        return new

    def _put_back(self, used: WorkerProcess) -> None:
        if used.alive and used.tasks < MOST_TASKS:
            with self._lock:
                if not self._closed:
                    self._idle.append(used)
                    return
        self._drop(used)

    def _drop(self, gone: WorkerProcess) -> None:
        with self._lock:
            self._all.discard(gone)
        gone.close()

    def close(self) -> None:
        """Ends all processes; tasks under way fail."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
            self._all.clear()
            self._idle.clear()
        for each in workers:
            each.close()

    def abandon(self) -> None:
        """In a forked child: another thread may hold the lock, so it is not asked for."""
        for each in list(self._all):
            with suppress(OSError):
                each.abandon()


_pool = _Pool()


def _start_anew() -> None:
    global _pool
    _pool.abandon()
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
atexit.register(lambda: _pool.close())
