"""The one loop that runs jobs: fetches weights, keeps each one's last picture, stops, hands on results."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import chain

from ..modes.options import PictureSettings
from .events import Done, Event, Executor, Failed, Fetched, Step, Stop
from .fetching import fetch
from .job import Job
from .local import OneByOne
from .result import Result

NEVER: Stop = threading.Event()
HERE: Executor = OneByOne()


def execute(job: Job, *, stop: Stop = NEVER, executor: Executor = HERE) -> Generator[Event]:
    """Runs one job.

    Args:
        job: what to do.
        stop: when set, the job ends at the next step with the picture so far.
        executor: where it runs.

    Yields:
        ``Fetching`` while weights are downloaded, ``Fetched`` once, ``Step`` at each step; at the end
        ``Done``, unless the job was stopped before there was a picture. Closing the generator stops the work
        at the next step.

    Raises:
        StylizeError: from the job.
    """
    with closing(execute_all([job], stop=stop, executor=executor)) as events:
        for event in events:
            if not isinstance(event, Failed):
                yield event
                continue
            error = event.error
            del event  # with it the error would hold this frame, which it holds
            try:
                raise error
            finally:
                del error


def execute_all(jobs: Iterable[Job], *, stop: Stop = NEVER, executor: Executor = HERE) -> Generator[Event]:
    """Runs several jobs, which are taken as they are needed: as :func:`execute`, but a failure is an event.

    The networks of the first job are fetched before anything runs; those of a later one with other settings
    when its turn comes, without events.

    Raises:
        WeightsError: where networks cannot be had.
    """
    waiting = iter(jobs)
    first = next(waiting, None)
    if first is None:
        return
    found = yield from fetch(first, stop)
    if stop.is_set():
        return
    yield Fetched(found)
    kept: dict[Job, Step] = {}
    ready = chain([first], _fetched(waiting, {(first.mode, first.settings)}))
    with closing(executor.run(ready, stop)) as works:
        del first  # so that no picture is held for longer than its job
        for work in works:
            if isinstance(work, Step):
                if work.progress.picture is not None:
                    kept[work.job] = work
                yield work
            else:
                last = kept.pop(work.job, None)
                if isinstance(work, Failed):
                    yield work
                elif last is not None:
                    yield Done(Result(last))
                last = None
            del work
            if stop.is_set():
                break
    while kept:
        yield Done(Result(kept.popitem()[1]))


def _fetched(jobs: Iterator[Job], here: set[tuple[str, PictureSettings]]) -> Iterator[Job]:
    """The jobs, each with its networks on this machine, where those of ``here`` are already."""
    for job in jobs:
        if (job.mode, job.settings) not in here:
            job.fetch()
            here.add((job.mode, job.settings))
        yield job
