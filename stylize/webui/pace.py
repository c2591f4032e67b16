"""How long a run will still take."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ..api import Job
from ..modes.gatys.spec import GatysSettings

EARLY = 1.0  # seconds in which a guess would be worth nothing


def efforts(job: Job) -> Sequence[float] | None:
    """What each step costs in relation to the others, or None if they cost the same.

    Gatys works from coarse to fine: a step's cost grows with the square of its scale's side.
    """
    if not isinstance(job.settings, GatysSettings):
        return None
    from ..modes.gatys.frame import Frame
    from ..modes.gatys.mode import LEAST, plan_steps

    width, height = job.working_size
    plan = plan_steps(Frame.of(height, width, LEAST), job.settings)
    return [side**2 for side, count in plan for _ in range(count)]


class Pace:
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
