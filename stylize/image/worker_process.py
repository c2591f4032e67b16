"""A process that decodes pictures, from the side that started it: tasks, outcomes, and an end by force."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from .. import errors
from ..errors import StylizeError
from . import worker

T = TypeVar("T")

START = 60.0  # seconds that a process may take to start
PATIENCE = 3.0  # times the seconds of processor time, by the clock: other programs want the processor too

_START = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, with which this process ends
sys.path[:] = {path!r}
from stylize.image.worker import main
main()
"""


class Crash(Exception):
    """The process ended amid a task."""


class Overdue(Crash):
    """The process was ended, because its task took too long."""


class WorkerProcess:
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
        except Crash as error:
            raise RuntimeError("A process that decodes pictures did not start.") from error

    @property
    def alive(self) -> bool:
        return not self._late and self._process.poll() is None

    def call(self, task: worker.Call, data: bytes) -> tuple[int, Any]:
        """A task's outcome. Raises Crash and Overdue, after either of which the process is gone."""
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
            raise (Overdue if over or self._late else Crash)(self._process.returncode) from error
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
