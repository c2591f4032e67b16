"""In this process, several pictures at once where a mode can, as an accelerator needs them to be busy."""

from __future__ import annotations

import time
from collections.abc import Generator, Hashable, Iterable, Sequence

from .. import modes
from ..errors import SettingsError
from ..modes.spec import BatchMode
from ..progress import Progress
from .events import Ended, Step, Stop, Work
from .job import Job
from .local import OneByOne

HELD = 100_000_000  # pixels of photos that wait for each other, 12 bytes each
AROUND = 48  # pixels that a mode may add to each side of a picture


class Batched:
    """An executor of several jobs at once: of one mode and working size, with equal settings and styles.

    Args:
        pixels: how many are worked on at once; fewer from then on where memory does not suffice.
    """

    def __init__(self, pixels: int) -> None:
        self.pixels = pixels
        self._alone = OneByOne()
        self._waiting: dict[Hashable, list[Job]] = {}

    def run(self, jobs: Iterable[Job], stop: Stop) -> Generator[Work]:
        """As :meth:`Executor.run`. A job that can be one of several waits until there are enough."""
        for job in jobs:
            yield from self._add(job, stop)
        while self._waiting and not stop.is_set():
            yield from self._paint(self._waiting.pop(next(iter(self._waiting))), stop)

    def _add(self, job: Job, stop: Stop) -> Generator[Work]:
        if not modes.spec(job.mode).may_batch(job.settings):
            yield from self._alone.run_one(job)
            return
        kind, (width, height) = _kind(job), job.working_size
        waiting = self._waiting.setdefault(kind, [])
        waiting.append(job)
        if (len(waiting) + 1) * (width + AROUND) * (height + AROUND) > self.pixels:
            yield from self._paint(self._waiting.pop(kind), stop)
        while sum(map(held, self._waiting.values())) > HELD:
            most = max(self._waiting, key=lambda each: held(self._waiting[each]))
            yield from self._paint(self._waiting.pop(most), stop)

    def _paint(self, jobs: list[Job], stop: Stop) -> Generator[Work]:
        """One group; in halves, and at last job by job, if memory does not suffice."""
        if stop.is_set():
            return
        started = time.monotonic()
        if (made := _within_memory(jobs)) is not None:
            seconds = (time.monotonic() - started) / len(jobs)
            for job, progress in zip(jobs, made, strict=True):
                for note in job.notes:
                    yield Step(job, Progress(progress.step, progress.total, note=note), seconds)
                yield Step(job, progress, seconds)
                yield Ended(job)
        elif len(jobs) == 1:
            yield from self._alone.run_one(jobs[0])
        else:
            self.pixels //= 2
            middle = len(jobs) // 2
            yield from self._paint(jobs[:middle], stop)
            yield from self._paint(jobs[middle:], stop)


def held(jobs: Iterable[Job]) -> int:
    """Pixels of the photos."""
    return sum(job.size[0] * job.size[1] for job in jobs)


def together(jobs: Sequence[Job]) -> list[Progress]:
    """What ``run`` yields last for each of several jobs, worked on at once; ``finish`` makes the results.
    The jobs' own ``notes`` are not among those returned.

    The jobs differ in their contents alone, all with the same working size, and
    ``may_batch`` of their mode's spec says whether it can do it.

    Raises:
        SettingsError: for jobs that differ in more than that.
        RuntimeError: if memory does not suffice for all of them.
    """
    first = jobs[0]
    if len(set(map(_kind, jobs))) > 1 or not modes.spec(first.mode).may_batch(first.settings):
        raise SettingsError("These pictures cannot be painted at once: paint them one by one.")
    mode = modes.load(first.mode)
    assert isinstance(mode, BatchMode)
    return mode.run_batch([job.inputs for job in jobs], first.settings)


def _kind(job: Job) -> Hashable:
    """What jobs have in common that can be worked on at once."""
    styles = tuple((style.identity, style.weight) for style in job.styles)
    return job.mode, job.settings, job.working_size, styles


def _within_memory(jobs: Sequence[Job]) -> list[Progress] | None:
    """The pictures at the working size, or None if memory does not suffice."""
    from .. import device

    try:
        return together(jobs)
    except (RuntimeError, MemoryError) as error:
        if not device.is_out_of_memory(error):
            raise
    device.choose().release()
    return None
