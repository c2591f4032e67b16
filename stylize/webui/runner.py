"""A job's progress as what a page can show: throttled, stoppable, within a time limit. No gradio here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import Note, SettingsError, note
from ..execution.job import Job
from ..progress import Progress
from ..weights import Transfer
from .pace import Pace, efforts

if TYPE_CHECKING:
    from torch import Tensor

EVERY = 0.2  # seconds between two updates
PREVIEW_EVERY = 0.5

Work = Callable[[Job], Iterator[Progress]]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Update:
    """How a run stands.

    ``phase`` is "fetching", "running", "finishing", "done" or "stopped". Times are in seconds. ``preview``
    is there when there is a new picture and it is time for one, with the result's colours; ``result``,
    (1, 3, H, W), finished, is there at the end, unless the run was stopped before it had a picture.
    ``notes`` are all so far.
    """

    phase: str
    step: int = 0
    total: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    elapsed: float = 0.0
    left: float | None = None
    transfer: Transfer | None = None
    preview: Tensor | None = None
    result: Tensor | None = None
    notes: tuple[Note, ...] = ()


class Abandoned(Exception):
    """Ends a download that nobody waits for any more."""


def run_job(job: Job) -> Iterator[Progress]:
    """The work itself; a shell may hand in another function that does it elsewhere."""
    return job.run()


def follow(
    job: Job,
    *,
    stop: threading.Event,
    seconds: float | None = None,
    work: Work = run_job,
    clock: Clock = time.monotonic,
) -> Generator[Update]:
    """Fetch, run and finish a job.

    Args:
        job: what to do.
        stop: when set, the run finishes at the next step with the picture so far.
        seconds: as if ``stop`` was set after so long.
        work: what turns the job into progress.
        clock: seconds.

    Yields:
        Updates, several a second; the last has the phase "done" or "stopped". Closing the generator
        stops the work at the next step.

    Raises:
        StylizeError: from the job.
    """
    notes = yield from _fetch(job, stop)
    if stop.is_set():
        yield Update("stopped", notes=notes)
        return
    yield Update("running", notes=notes)
    yield from _paint(job, notes, stop, seconds, work, clock)


def _paint(
    job: Job,
    notes: tuple[Note, ...],
    stop: threading.Event,
    seconds: float | None,
    work: Work,
    clock: Clock,
) -> Generator[Update]:
    start = told = clock()
    shown = float("-inf")
    pace, picture, fresh, late = Pace(efforts(job)), None, False, False
    show = job.previewer()
    now = Update("running", notes=notes)
    steps = work(job)
    try:
        for progress in steps:
            if progress.picture is not None:
                picture, fresh = progress.picture, True
            now = _advance(now, progress, pace, clock() - start)
            finished = progress.step >= progress.total
            late = not finished and seconds is not None and now.elapsed > seconds
            if not finished and (stop.is_set() or late):
                break
            if clock() - told < EVERY and not (fresh and shown < start):
                continue
            told = clock()
            if fresh and picture is not None and told - shown >= PREVIEW_EVERY and not finished:
                yield replace(now, preview=show(picture))
                shown, fresh = told, False
            else:
                yield now
    finally:
        close = getattr(steps, "close", None)
        if close:
            close()
    stopped = now.step < now.total
    if late and not stop.is_set():
        now = replace(now, notes=(*now.notes, _too_long(seconds)))
    if picture is None:
        if not stop.is_set():
            raise SettingsError("The time limit was over before there was a picture: ask for less work.")
        yield replace(now, phase="stopped", left=None)
        return
    yield replace(now, phase="finishing", left=None, elapsed=clock() - start)
    result = job.finish(picture)
    phase = "stopped" if stopped else "done"
    yield replace(now, phase=phase, left=None, elapsed=clock() - start, result=result)


def _too_long(seconds: float | None) -> Note:
    return note("Stopped after {seconds:.0f} seconds, the limit of this page.", seconds=seconds or 0)


def _advance(now: Update, progress: Progress, pace: Pace, elapsed: float) -> Update:
    return replace(
        now,
        step=progress.step,
        total=progress.total,
        losses=progress.losses or now.losses,
        elapsed=elapsed,
        left=pace.left(progress.step, progress.total, elapsed),
        notes=now.notes if progress.note is None else (*now.notes, progress.note),
    )


def _fetch(job: Job, stop: threading.Event) -> Generator[Update, None, tuple[Note, ...]]:
    """Brings the weights here in a thread, so that the page can tell how far it is and stop it.

    Returns what there is to say about the files.
    """
    latest: list[Transfer] = []
    found: list[Note] = []
    failed: list[BaseException] = []
    over, left = threading.Event(), threading.Event()

    def listen(transfer: Transfer) -> None:
        if stop.is_set() or left.is_set():
            raise Abandoned
        latest[:] = [transfer]

    def fetch() -> None:
        try:
            found.extend(remark for each in job.fetch(listen) for remark in each.notes)
        except BaseException as error:
            failed.append(error)
        finally:
            over.set()

    threading.Thread(target=fetch, name="stylize-fetch", daemon=True).start()
    try:
        while not over.wait(EVERY) and not stop.is_set():
            yield Update("fetching", transfer=latest[0] if latest else None)
    finally:
        left.set()
    if failed and not isinstance(failed[0], Abandoned):
        raise failed.pop()  # kept, it would keep this frame, and with it the pictures
    return tuple(found)
