"""Decoding in processes of their own, within limits of time and memory, for files that a stranger sends.

A decoder in this process can be neither stopped nor bounded, and what it breaks, it breaks here. With
``Limits.seconds`` the work goes to one of a few processes that are started when first needed and stay warm.
One that takes too long or crashes is replaced, and a PictureError says so of its file.
"""

from __future__ import annotations

import atexit
import io
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from .. import errors
from ..errors import PictureError, StylizeError
from ..system.fair_queue import FairQueue
from . import worker
from .faults import called, damaged
from .files import Limits, kind_of

T = TypeVar("T")

SIZE = 2  # processes
WAIT = 60.0  # seconds for which a file waits for a process
WAIT_OF_RUN = 600.0  # the same for a run that has waited in a line already
POLL = 0.2  # seconds between two checks whether such a run was stopped
START = 60.0  # seconds that a process may take to start
PATIENCE = 3.0  # times the seconds of processor time, by the clock: other programs want the processor too
MOST_TASKS = 1000  # of one process, in case that a library leaks
BASE_MEMORY = 512_000_000  # bytes, of which a process without a picture has 120 million
MEMORY_PER_PIXEL = 64  # bytes: a few copies in float32

_START = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, with which this process ends
sys.path[:] = {path!r}
from stylize.image.worker import main
main()
"""


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
    except _Overdue:
        raise PictureError(
            "{file} takes more than {seconds:g} seconds to read: open it in another program and save it "
            "as PNG or JPEG.",
            file=called(name),
            seconds=limits.seconds,
        ) from None
    except _Crash as error:
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


class _Crash(Exception):
    """The process ended amid a task."""


class _Overdue(_Crash):
    """The process was ended, because its task took too long."""


class _Worker:
    """One process. Raises RuntimeError if it does not start."""

    def __init__(self) -> None:
        root = str(Path(__file__).parents[2])
        path = [*(each for each in sys.path if isinstance(each, str)), root]
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.tasks = 0
        self._late = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START.format(path=path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, **single},
        )
        assert self._process.stdin
        assert self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        try:
            self._within(START, lambda: worker.read_exactly(self._from, len(worker.READY)))
        except _Crash as error:
            raise RuntimeError("A process that decodes pictures did not start.") from error

    @property
    def alive(self) -> bool:
        return not self._late and self._process.poll() is None

    def call(self, task: worker.Call, data: bytes) -> tuple[int, Any]:
        """A task's outcome. Raises _Crash and _Overdue, after either of which the process is gone."""
        self.tasks += 1
        clock = task.seconds * (PATIENCE if worker.COUNTS_PROCESSOR_TIME else 1)
        message, arrays = self._within(clock, partial(self._exchange, pickle.dumps(task), data))
        try:
            result: tuple[int, Any] = _Plain(message, arrays).load()
            return result
        except BaseException:  # what sends such things is not asked again
            self.close()
            raise

    def close(self) -> None:
        """Ends the process and waits for its end."""
        self._process.kill()
        self._process.wait()
        self._to.close()
        self._from.close()

    def abandon(self) -> None:
        """In a forked child: closes the pipes and leaves the process to the parent."""
        self._process.returncode = 0
        self._to.close()
        self._from.close()

    def _exchange(self, task: bytes, data: bytes) -> tuple[memoryview, list[memoryview]]:
        worker.write(self._to, *worker.block(task), *worker.block(data))
        message = worker.read_block(self._from)
        count = worker.SIZE.unpack(worker.read_exactly(self._from, worker.SIZE.size))[0]
        return message, [worker.read_block(self._from) for _ in range(count)]

    def _within(self, seconds: float, work: Callable[[], T]) -> T:
        """``work()``, which a killed process ends."""
        timer = threading.Timer(seconds, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            return work()
        except (EOFError, OSError) as error:
            self.close()
            over = worker.COUNTS_PROCESSOR_TIME and self._process.returncode == -signal.SIGPROF
            raise (_Overdue if over or self._late else _Crash)(self._process.returncode) from error
        except BaseException:  # the rest of an outcome may still be in the pipe
            self.close()
            raise
        finally:
            timer.cancel()
            timer.join()

    def _end_late(self) -> None:
        self._late = True
        self._process.kill()


class _Plain(pickle.Unpickler):
    """Reads what a decoder may send, even if a hostile file has taken it over: values, arrays, and this
    package's errors, dataclasses and named tuples. Nothing else is called."""

    _NUMPY = frozenset(
        {
            ("numpy", "dtype"),
            ("numpy", "ndarray"),
            ("numpy._core.numeric", "_frombuffer"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "scalar"),
        }
    )

    def __init__(self, message: memoryview, arrays: list[memoryview]) -> None:
        super().__init__(io.BytesIO(message), buffers=arrays)

    def find_class(self, module: str, name: str) -> Any:
        if (module.replace("numpy.core.", "numpy._core."), name) in self._NUMPY:
            return super().find_class(module, name)
        if module.startswith(("stylize.errors", "stylize.image.")) and "." not in name:
            found = super().find_class(module, name)
            ours = getattr(found, "__module__", None) == module
            data = isinstance(found, type) and (
                is_dataclass(found) or issubclass(found, (StylizeError, tuple))
            )
            if ours and (data or found is errors._rebuild):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that a picture is made of")


class _Pool:
    """A few processes, each for one thread at a time, and for one of an owner's."""

    def __init__(self) -> None:
        self._queue: FairQueue[object] = FairQueue(SIZE)
        self._moved = threading.Condition()
        self._lock = threading.Lock()
        self._all: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._closed = False

    def call(
        self, task: worker.Call, data: bytes, owner: str = "", stop: threading.Event | None = None
    ) -> tuple[int, Any]:
        """A task's outcome. Raises _Busy, _Crash, _Overdue."""
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

    def _take(self) -> _Worker:
        with self._lock:
            chosen = self._idle.pop() if self._idle else None
        if chosen is not None and chosen.alive:
            return chosen
        if chosen is not None:
            self._drop(chosen)
        new = _Worker()
        with self._lock:
            self._all.add(new)
            closed = self._closed
        if closed:
            self._drop(new)
            raise RuntimeError("The program is ending.")
        return new

    def _put_back(self, used: _Worker) -> None:
        if used.alive and used.tasks < MOST_TASKS:
            with self._lock:
                if not self._closed:
                    self._idle.append(used)
                    return
        self._drop(used)

    def _drop(self, gone: _Worker) -> None:
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
