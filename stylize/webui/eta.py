"""How long a run will still take."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from .. import modes
from ..execution.job import Job

EARLY = 1.0  # seconds in which a guess would be worth nothing


def efforts(job: Job) -> Sequence[float] | None:
    """What each step costs in relation to the others, or None if they cost the same."""
    return modes.spec(job.mode).step_costs(job.settings, job.working_size)


class Eta:
    """Seconds left, from the seconds gone and the share of the work that they did."""

    def __init__(self, costs: Sequence[float] | None) -> None:
        self._sums = list(accumulate(costs)) if costs else None

    def left(self, step: int, total: int, elapsed: float) -> float | None:
        """A guess, or None where there is none yet."""
        if elapsed < EARLY or not 0 < step <= total:
            return None
        done = self._share(step, total)
        return elapsed * (1 - done) / done if done else None

    def _share(self, step: int, total: int) -> float:
        if self._sums is None or len(self._sums) != total:
            return step / total
        return self._sums[step - 1] / self._sums[-1]
