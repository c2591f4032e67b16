"""In this process, one job after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator

from ..errors import StylizeError
from ..progress import Progress
from .events import Ended, Failed, Step, Stop, Work
from .job import Job


def run_here(job: Job) -> Iterator[Progress]:
    """The job's own steps."""
    return job.run()


class OneByOne:
    """An executor of one job at a time.

    Args:
        steps: turns a job into progress; closing what it returns stops the work at the next step.
    """

    def __init__(self, steps: Callable[[Job], Iterator[Progress]] = run_here) -> None:
        self._steps = steps

    def run(self, jobs: Iterable[Job], stop: Stop) -> Generator[Work]:
        """As :meth:`Executor.run`."""
        for job in jobs:
            if stop.is_set():
                return
            yield from self.run_one(job)

    def run_one(self, job: Job) -> Generator[Work]:
        """The steps and the end of one job."""
        started = time.monotonic()
        try:
            for progress in _closing(self._steps(job)):
                yield Step(job, progress, time.monotonic() - started)
        except StylizeError as error:
            yield Failed(job, error)
            return
        yield Ended(job)


def _closing(steps: Iterator[Progress]) -> Iterator[Progress]:
    try:
        yield from steps
    finally:
        close = getattr(steps, "close", None)
        if close:
            close()
