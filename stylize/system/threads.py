"""How torch's CPU threads wait for each other: actively on a quiet machine, asleep beside other programs.

A step of an optimization has hundreds of parallel regions, and at the end of each the threads wait for the
slowest. GNU OpenMP, with which torch is built on Linux, waits in a loop for some milliseconds before it
sleeps. Where another program takes a core, one thread waits for its turn, all others wait actively for it,
and a run takes several times as long. Sleeping at once costs a wake-up a region instead: a quarter of the
time at small sizes, although nobody else needs the core (figures in ``benchmarks/README.md``).

So :func:`prepare`, before torch is loaded, asks for sleep (``OMP_WAIT_POLICY=PASSIVE``) after a short loop
(``GOMP_SPINCOUNT``), and a :class:`Watch` has the loop left out while the process has to wait for CPUs.
OpenMP has no call for that, but a rule: no loop while it manages more threads than there are CPUs. One more
thread with a pool of its own brings that about; it sleeps. Neither changes how work is split, hence no
picture.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path

OURS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "20000"}  # some 0.2 ms
EVERY = 0.2  # seconds between two checks
# Share of the time since the last check for which threads waited for a CPU. On two cores up to 0.06 on a
# quiet machine, however OpenMP waits; beside another program 0.54 and more where it waits actively, 0.40 and
# more where it sleeps.
CROWDED = 0.20
QUIET = 0.10
PATIENCE = 3  # consecutive checks that must be quiet
IDLE = 25  # checks without work after which a watch ends
BUSY = 0.2  # CPU seconds a second that count as work
_PARALLEL = 1 << 17  # numbers that torch does not leave to one thread
_TASKS = Path("/proc/self/task")

_watching = threading.Lock()
_watch: Watch | None = None


def prepare(environment: MutableMapping[str, str] = os.environ) -> None:
    """Sets the variables that OpenMP reads when torch is loaded, unless somebody has set one of them."""
    if not any(name in environment for name in OURS):
        environment.update(OURS)


def watch() -> None:
    """Starts a :class:`Watch` that runs as long as the process computes; cheap where one runs already.

    On Linux, and where the variables are those of :func:`prepare`.
    """
    global _watch
    if any(os.environ.get(name) != value for name, value in OURS.items()) or waited() is None:
        return
    with _watching:
        if _watch is None or _watch.over or not _watch.is_alive():
            _watch = Watch()
            _watch.start()


def waited(tasks: Path = _TASKS) -> float | None:
    """Seconds for which this process' threads have been ready to run without a CPU; None if unknown."""
    if not (tasks / str(threading.get_native_id()) / "schedstat").exists():
        return None
    total = 0
    with suppress(OSError):  # too many open files
        for task in tasks.iterdir():
            with suppress(OSError, ValueError, IndexError):  # threads end
                total += int((task / "schedstat").read_text().split()[1])
    return total / 1e9


class Watch(threading.Thread):
    """Makes OpenMP's threads sleep at once while the process has to wait for CPUs.

    Args:
        clock: seconds that passed.
        work: seconds of CPU time that this process had.
        wait: seconds that it waited for CPUs.
        crowd: what makes OpenMP sleep until its ``leave`` is called.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.process_time,
        wait: Callable[[], float | None] = waited,
        crowd: Callable[[], Crowd] | None = None,
    ) -> None:
        super().__init__(name="stylize-threads", daemon=True)
        self._clock, self._work, self._wait = clock, work, wait
        self._enter = crowd or Crowd
        self._crowd: Crowd | None = None
        self._calm = self._idle = 0
        self.over = False  # whether the thread has ended
        self._last = self._now()

    @property
    def crowded(self) -> bool:
        """Whether OpenMP sleeps at present."""
        return self._crowd is not None

    def run(self) -> None:
        """Checks until nothing has been computed for some seconds."""
        try:
            while self._idle < IDLE:
                time.sleep(EVERY)
                self.check()
        finally:
            self.over = True
            self._leave()

    def check(self) -> None:
        """Measures since the last check, and changes how OpenMP's threads wait if need be."""
        now, last = self._now(), self._last
        self._last = now
        seconds, work, wait = (new - old for new, old in zip(now, last, strict=True))
        if seconds <= 0:
            return
        self._idle = 0 if work > BUSY * seconds else self._idle + 1
        self._calm = self._calm + 1 if wait < QUIET * seconds else 0
        if wait > CROWDED * seconds and self._crowd is None:
            self._crowd = self._enter()
        elif self._calm >= PATIENCE:
            self._leave()

    def _leave(self) -> None:
        if self._crowd is not None:
            self._crowd.leave()
            self._crowd = None

    def _now(self) -> tuple[float, float, float]:
        return self._clock(), self._work(), self._wait() or 0.0


class Crowd:
    """A thread that sleeps, with a pool of OpenMP's threads that sleep as well."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="stylize-crowd", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Ends the thread, and with it its pool."""
        self._over.set()
        self._thread.join()

    def _stay(self) -> None:
        import torch

        torch.ones(_PARALLEL).exp_()  # the pool is made for the thread's first parallel region
        self._over.wait()
