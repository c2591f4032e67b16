"""What a job came to."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from .events import Step
from .job import Job

if TYPE_CHECKING:
    from torch import Tensor


class Result:
    """The picture of a job, from the last of its steps that had one.

    It is finished when it is first asked for, once, in the thread that asks.
    """

    def __init__(self, last: Step) -> None:
        self._last = last

    @functools.cached_property
    def picture(self) -> Tensor:
        """(1, 3, H, W) float32 RGB in [0, 1], finished by :meth:`stylize.execution.job.Job.finish`. Raises
        MemoryLimitError."""
        picture = self._last.progress.picture
        assert picture is not None
        return self.job.finish(picture)

    @property
    def job(self) -> Job:
        """The job whose result this is."""
        return self._last.job

    @property
    def step(self) -> int:
        """After which step, 1 to ``total``."""
        return self._last.progress.step

    @property
    def total(self) -> int:
        """Steps of the whole run."""
        return self._last.progress.total

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.step >= self.total

    @property
    def seconds(self) -> float:
        """Of work, without fetching and finishing."""
        return self._last.seconds
