"""A job's events as what a page can show: throttled, within a time limit. No gradio here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import Note, SettingsError, note
from ..execution import Done, Executor, Fetched, Fetching, Job, LearnJob, OneByOne, Step, execute
from ..progress import Progress
from ..weights import Transfer
from .eta import Eta, Pace

if TYPE_CHECKING:
    from torch import Tensor

    from ..image import LearnedStyle

EVERY = 0.2  # seconds between two updates
PREVIEW_EVERY = 0.5

Clock = Callable[[], float]


@dataclass(frozen=True)
class Update:
    """How a run stands.

    ``phase`` is "fetching", "running", "finishing", "done" or "stopped". Times are in seconds; ``whole`` is
    what all of the job takes once its networks are loaded, as far as that can be told. ``preview``
    is there when there is a new picture and it is time for one, with the result's colors; ``result``,
    (1, 3, H, W), finished, is there at the end, unless the run was stopped before it had a picture.
    ``notes`` are all so far. ``learned`` is what a network was taught so far, of a run that does that.
    """

    phase: str
    step: int = 0
    total: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)
    elapsed: float = 0.0
    left: float | None = None
    whole: float | None = None
    transfer: Transfer | None = None
    preview: Tensor | None = None
    result: Tensor | None = None
    learned: LearnedStyle | None = None
    notes: tuple[Note, ...] = ()


class _Limit:
    """Set when somebody stops the run or, once ``late`` is, when its time is over."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop, self.late = stop, False

    def is_set(self) -> bool:
        return self.late or self.stop.is_set()


def follow(
    job: Job,
    *,
    stop: threading.Event,
    seconds: float | None = None,
    executor: Executor | None = None,
    clock: Clock = time.monotonic,
    pace: Pace | None = None,
) -> Generator[Update]:
    """Fetch, run and finish a job.

    Args:
        job: what to do.
        stop: when set, the run finishes at the next step with the picture so far.
        seconds: as if ``stop`` was set so long after the weights were there.
        executor: where the job runs; here, if left out.
        clock: seconds.
        pace: what earlier runs took here; it learns from this one.

    Yields:
        Updates, several a second; the last has the phase "done" or "stopped". Closing the generator
        stops the work at the next step.

    Raises:
        StylizeError: from the job.
    """
    limit = _Limit(stop)
    view = _View(job, limit, seconds, clock, pace or Pace())
    updated = float("-inf")
    with closing(execute(job, stop=limit, executor=executor or OneByOne())) as events:
        for event in events:
            if isinstance(event, Fetching):
                if time.monotonic() - updated >= EVERY:
                    updated = time.monotonic()
                    yield Update("fetching", transfer=event.transfer)
            elif isinstance(event, Fetched):
                yield view.begin(tuple(note for each in event.found for note in each.notes))
            elif isinstance(event, Step):
                if (update := view.step(event.progress)) is not None:
                    yield update
            elif isinstance(event, Done):
                if not isinstance(job, LearnJob):
                    yield view.state("finishing")
                result = event.result.picture
                yield replace(view.state("done" if event.result.complete else "stopped"), result=result)
                return
    if not stop.is_set():
        raise SettingsError("The time limit was over before there was a picture: ask for less work.")
    yield replace(view.now, phase="stopped", left=None)


class _View:
    """The state of a run, and whether an update of it is due."""

    def __init__(self, job: Job, limit: _Limit, seconds: float | None, clock: Clock, pace: Pace) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._eta, self._show = Eta(job, pace), job.previewer()
        self._fresh: Tensor | None = None  # a picture that was not shown yet
        self._start = self._updated = self._shown = 0.0
        self.now = Update("running")

    def begin(self, notes: tuple[Note, ...]) -> Update:
        """The weights are there."""
        self._start = self._updated = self._clock()
        self._shown = float("-inf")
        self.now = Update("running", notes=notes)
        return self.now

    def step(self, progress: Progress) -> Update | None:
        """Takes note of a step. What there is to show, or None if it is too early or the run is to stop."""
        if progress.picture is not None:
            self._fresh = progress.picture
        elapsed = self._clock() - self._start
        self.now = now = _advance(self.now, progress, self._eta, elapsed)
        finished = progress.step >= progress.total
        if not finished and self._seconds is not None and elapsed > self._seconds:
            self._limit.late = True
            if not self._limit.stop.is_set():
                self.now = replace(now, notes=(*now.notes, _too_long(self._seconds)))
        if not finished and self._limit.is_set():
            return None
        updated = self._clock()
        first = self._fresh is not None and self._shown < self._start
        if updated - self._updated < EVERY and not first:
            return None
        self._updated = updated
        if self._fresh is None or finished or updated - self._shown < PREVIEW_EVERY:
            return now
        preview, self._fresh, self._shown = self._show(self._fresh), None, updated
        return replace(now, preview=preview)

    def state(self, phase: str) -> Update:
        """The state at the end."""
        left = self._eta.finish or None if phase == "finishing" else None
        return replace(self.now, phase=phase, left=left, elapsed=self._clock() - self._start)


def _too_long(seconds: float) -> Note:
    return note("Stopped after {seconds:.0f} seconds, the limit of this page.", seconds=seconds)


def _advance(now: Update, progress: Progress, eta: Eta, elapsed: float) -> Update:
    return replace(
        now,
        step=progress.step,
        total=progress.total,
        losses=progress.losses or now.losses,
        elapsed=elapsed,
        left=eta.left(progress.step, progress.total, elapsed),
        whole=eta.whole,
        notes=now.notes if progress.note is None else (*now.notes, progress.note),
        learned=progress.learned or now.learned,
    )
