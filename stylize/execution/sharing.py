"""In this process, one job after the other, where jobs differ in little: a sweep's, or those of a slider."""

from __future__ import annotations

from collections.abc import Iterator

from .. import modes
from ..progress import Progress
from .job import Job
from .local import OneByOne


class Sharing(OneByOne):
    """An executor that computes once what its jobs have in common, where their mode has a ``SessionCache``.

    What is kept is bounded by the modes, and kept as long as the executor. Not thread-safe.
    """

    def __init__(self) -> None:
        super().__init__(self._run)
        self.sessions: dict[str, object] = {}

    def _run(self, job: Job) -> Iterator[Progress]:
        make = getattr(modes.load(job.mode), "SessionCache", None)
        if make is None:
            return job.run()
        if job.mode not in self.sessions:
            self.sessions[job.mode] = make()
        return job.run(sessions=self.sessions[job.mode])
