"""The process in which a file is decoded apart from the page: a loop of one task after the other.

It is started by :mod:`.workers` with a pipe at either end, imports no torch, and ends with its parent. A task
is a function of this package and what to give it; its outcome goes back as one pickle, with the arrays behind
it as they lie in memory.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import struct
import sys
import traceback
from contextlib import suppress
from typing import IO, NamedTuple

from ..errors import StylizeError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

READY = b"ready"
SIZE = struct.Struct("<Q")
COUNTS_PROCESSOR_TIME = hasattr(signal, "setitimer")

# What becomes of a task. FAULT comes with a traceback.
DONE, REFUSED, NO_MEMORY, FAULT = range(4)


class Call(NamedTuple):
    """A function by its module and name, what it gets after the file's bytes, and its bounds: bytes of
    memory and seconds of processor time."""

    module: str
    name: str
    arguments: tuple[object, ...]
    memory: int | None
    seconds: float


def main() -> None:
    """Serves tasks from the standard input to the standard output until the input ends."""
    given, taken = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # whatever prints does not print into an outcome
    _stand_back()
    write(taken, READY)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)  # a file could fill a log with what libtiff has to say of it
    with suppress(EOFError, BrokenPipeError):
        while True:
            task, data = pickle.loads(read_block(given)), read_block(given)
            send(taken, *_outcome(task, data))
            del task, data


def _outcome(task: Call, data: memoryview) -> tuple[int, object]:
    try:
        _bound_memory(task.memory)
        _bound_time(task.seconds)
        function = getattr(importlib.import_module(task.module), task.name)
        return DONE, function(bytes(data), *task.arguments)
    except (StylizeError, MemoryError) as error:
        if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):
            return NO_MEMORY, None
        return REFUSED, error
    except Exception:
        return FAULT, traceback.format_exc()
    finally:
        _bound_time(0)
        _bound_memory(None)


def _stand_back() -> None:
    """A crash leaves no core file, and where memory ends, this process goes before its parent."""
    if resource is not None:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")
    if COUNTS_PROCESSOR_TIME:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # which ends the process, whatever it is doing


def _bound_time(seconds: float) -> None:
    if COUNTS_PROCESSOR_TIME:
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _bound_memory(most: int | None) -> None:
    if resource is not None:
        with suppress(ValueError, OSError):  # where the system knows no such limit
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            soft = hard if most is None else most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def send(file: IO[bytes], *message: object) -> None:
    """Writes a message: a pickle, how many arrays follow, and the arrays."""
    arrays: list[pickle.PickleBuffer] = []
    write(file, *block(pickle.dumps(message, 5, buffer_callback=arrays.append)), SIZE.pack(len(arrays)))
    for array in arrays:
        write(file, *block(array.raw()))


def block(data: bytes | memoryview) -> tuple[bytes, bytes | memoryview]:
    """What :func:`read_block` reads."""
    return SIZE.pack(len(data)), data


def write(file: IO[bytes], *parts: bytes | memoryview) -> None:
    """Writes everything to an unbuffered file."""
    for part in parts:
        left = memoryview(part)
        while left:
            left = left[file.write(left) :]


def read_block(file: IO[bytes]) -> memoryview:
    """A writable block. Raises EOFError if the file ends before it does."""
    return read_exactly(file, SIZE.unpack(read_exactly(file, SIZE.size))[0])


def read_exactly(file: IO[bytes], size: int) -> memoryview:
    """So many bytes of an unbuffered file, in memory that may be written to. Raises EOFError."""
    import numpy as np  # whose memory is not cleared first

    whole = np.empty(size, np.uint8).data
    left = whole
    while left:
        found = file.readinto(left)  # type: ignore[attr-defined]
        if not found:
            raise EOFError
        left = left[found:]
    return whole


if __name__ == "__main__":
    sys.exit("This is started by stylize.image.workers.")
