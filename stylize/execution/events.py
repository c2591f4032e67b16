"""What happens while jobs run, and who runs them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..errors import StylizeError
from ..progress import Progress

if TYPE_CHECKING:
    from ..weights import Found, Transfer
    from .job import Job
    from .result import Result


@dataclass(frozen=True)
class Fetching:
    """Weight files are being downloaded: how far, or None where nothing has come yet."""

    transfer: Transfer | None


@dataclass(frozen=True)
class Fetched:
    """The weight files of the first job are here; now it runs."""

    found: tuple[Found, ...]


@dataclass(frozen=True)
class Step:
    """A step of a job, with a picture at the working size or none. ``seconds`` of work were spent on the job
    so far; of several at once, its share."""

    job: Job
    progress: Progress
    seconds: float = 0.0


@dataclass(frozen=True)
class Ended:
    """An executor has done all of a job."""

    job: Job


@dataclass(frozen=True)
class Failed:
    """A job came to nothing, for a reason that the user can mend."""

    job: Job
    error: StylizeError


@dataclass(frozen=True)
class Done:
    """A job's picture is there: whole, or as far as it came when it was stopped."""

    result: Result


Event = Fetching | Fetched | Step | Failed | Done
Work = Step | Ended | Failed


class Stop(Protocol):
    """Something that asks running jobs to stop, such as a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether to stop at the next step, with the pictures so far."""


class Executor(Protocol):
    """Where jobs run."""

    def run(self, jobs: Iterable[Job], stop: Stop) -> Generator[Work]:
        """The steps of jobs, in whatever order, and an end of each.

        Jobs are taken as they are needed. The last step of a job that has a picture has its picture, which is
        at the working size and not finished. Closing the generator stops the work at the next step;
        ``stop`` tells beforehand that this will happen, where nothing is yielded for long.

        Yields:
            For each job steps, then ``Ended`` or ``Failed``.
        """
