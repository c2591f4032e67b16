"""How long a run will still take: from the pixels of its steps, and from what steps took on this machine.

A step takes a + b·x seconds, where x are its megapixels. Both are fitted to the steps of earlier runs and of
this one; before there are any, a is what :data:`FIXED` pixels cost.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from itertools import accumulate
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from .. import modes
from ..execution.job import Job

if TYPE_CHECKING:
    from .runner import Update

EARLY = 1.0  # seconds of a first run in which a guess would be worth nothing
FIXED = 0.031  # megapixels that cost as much as what a step of an optimization costs beside them, on a CPU
FINISH = "finish"  # the key of what comes after the last step: size, detail, colors, the file
_KEEP = 0.995  # the weight of a step after the next one
_SPREAD = 0.2  # variance to squared mean of x from which on a and b are told apart
_PRIOR = 0.1  # of a run, as which earlier runs count against what was measured in this one
_LONGEST = 100  # keys


@dataclass
class _Fit:
    """Weighted sums of a linear fit of seconds y to megapixels x."""

    n: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def add(self, x: float, y: float) -> None:
        old = [_KEEP * each for each in astuple(self)]
        self.n, self.x, self.y, self.xx, self.xy = (
            each + new for each, new in zip(old, (1.0, x, y, x * x, x * y), strict=True)
        )

    def line(self) -> tuple[float, float]:
        """(a, b), neither below zero."""
        x, y = self.x / self.n, self.y / self.n
        variance = self.xx / self.n - x * x
        if variance <= _SPREAD * x * x:
            b = y / (x + FIXED)
        else:
            b = min(max((self.xy / self.n - x * y) / variance, 0.0), y / x)
        return y - b * x, b


class Pace:
    """What steps take on this machine, by a key for each kind of work.

    Args:
        path: of a file in which it is kept from start to start; None keeps it in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._fits: dict[str, _Fit] = {}
        if path is not None:
            with suppress(OSError, ValueError, TypeError, AttributeError):
                values = json.loads(path.read_text("utf-8"))
                self._fits = {key: _Fit(*map(float, sums)) for key, sums in values.items()}

    def learn(self, key: str, megapixels: float, seconds: float) -> None:
        """A step of so many megapixels took so long."""
        if megapixels > 0 and seconds >= 0:
            if key not in self._fits and len(self._fits) >= _LONGEST:
                self._fits.pop(next(iter(self._fits)))
            self._fits.setdefault(key, _Fit()).add(megapixels, seconds)

    def line(self, key: str) -> tuple[float, float] | None:
        """a and b in seconds; None where nothing is known."""
        found = self._fits.get(key)
        return found.line() if found is not None and found.n > 0 else None

    def seconds(self, key: str, megapixels: float) -> float:
        """What is expected of one step; 0 where nothing is known."""
        a, b = self.line(key) or (0.0, 0.0)
        return a + b * megapixels

    def save(self) -> None:
        """Writes the file, if that is possible."""
        if self._path is None:
            return
        temporary = self._path.with_name(f".{secrets.token_hex(8)}.tmp")
        with suppress(OSError):
            temporary.write_text(json.dumps({key: astuple(fit) for key, fit in self._fits.items()}), "utf-8")
            os.replace(temporary, self._path)


def key_of(job: Job) -> str:
    """What kind of work its steps are: a mode's, with a network."""
    network = getattr(job.settings, modes.spec(job.mode).network_field or "", "")
    return f"{job.mode} {PurePath(str(network)).name}".strip()


def steps_of(job: Job) -> list[float] | None:
    """The megapixels of each step; None if all are the same."""
    costs = modes.spec(job.mode).step_costs(job.settings, job.working_size)
    return None if costs is None else [cost / 1e6 for cost in costs]


def megapixels(size: tuple[int, int]) -> float:
    """Of a width and a height."""
    return size[0] * size[1] / 1e6


def _work(job: Job) -> float:
    """What a job costs in relation to others of its mode."""
    steps = steps_of(job)
    return megapixels(job.working_size) if steps is None else sum(steps) + FIXED * len(steps)


class Eta:
    """Seconds left of a job. The first step counts for nothing: networks are loaded in it."""

    def __init__(self, job: Job, pace: Pace) -> None:
        self._pace, self._key, self._steps = pace, key_of(job), steps_of(job)
        self._whole_megapixels = megapixels(job.working_size)
        self._finish = pace.seconds(FINISH, megapixels(job.result_size))
        self._known = pace.line(self._key)  # by earlier runs
        self._first = self._last = (0, 0.0)  # step, seconds
        self.whole: float | None = None  # seconds of the job without loading, as it looks by now

    @property
    def finish(self) -> float:
        """Seconds that are expected after the last step."""
        return self._finish

    def left(self, step: int, total: int, elapsed: float) -> float | None:
        """A guess after a step, from 1, and the seconds gone; None where there is none yet."""
        if not 0 < step <= total:
            return None
        sums = self._sums(total)
        last, before = self._last
        if last and step == last + 1:
            self._pace.learn(self._key, sums[step] - sums[last], elapsed - before)
        if not last:
            self._first = (step, elapsed)
        self._last = (step, elapsed)
        return self._guess(sums, step, elapsed)

    def _guess(self, sums: Sequence[float], step: int, elapsed: float) -> float | None:
        first, start = self._first
        total, gone = len(sums) - 1, elapsed - start
        a, b = self._known or self._pace.line(self._key) or (FIXED, 1.0)

        def expected(begin: int, end: int) -> float:
            return a * (end - begin) + b * (sums[end] - sums[begin])

        prior = _PRIOR * expected(0, total) if self._known else 0.0
        if not self._known and gone < EARLY and step < total:
            return None
        done = expected(first, step)
        factor = (prior + gone) / (prior + done) if prior + done else 1.0
        self.whole = factor * expected(0, total) + self._finish
        return factor * expected(step, total) + self._finish

    def _sums(self, total: int) -> list[float]:
        """The megapixels of the first n steps, n from 0 to ``total``."""
        steps = self._steps
        if steps is None or len(steps) != total:
            steps = [self._whole_megapixels / total] * total
        return [0.0, *accumulate(steps)]


class CellTime:
    """The time of a cell's run, of whose jobs a sweep has several: reading, loading, finishing and writing
    count, downloads do not.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._start = clock, clock()
        self._works: list[float] = []
        self._lap = 0.0
        self._fetching: float | None = None

    def plan(self, jobs: Sequence[Job]) -> None:
        """The jobs, once they are known."""
        self._works = list(map(_work, jobs))

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return (self._fetching or self._clock()) - self._start

    def lap(self) -> float:
        """Mutates: the seconds since this was last asked, or since the start."""
        before, self._lap = self._lap, self.elapsed
        return self._lap - before

    def of(self, update: Update, part: int) -> Update:
        """A job's update with the times of the whole run. ``part``: which job, from 1."""
        now = self._clock()
        if update.phase == "fetching":
            self._fetching = self._fetching or now
        elif self._fetching is not None:
            self._start, self._fetching = self._start + now - self._fetching, None
        left = update.left
        if left is not None and update.whole is not None:
            left += update.whole * sum(self._works[part:]) / (self._works[part - 1] or 1.0)
        return replace(update, elapsed=self.elapsed, left=left)
