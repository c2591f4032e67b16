"""Where an accelerator is lent for each run, as on ZeroGPU: in a forked process, and not for long.

The lender hands on no error but its own, so what a user can mend crosses as a value. This process finishes
the pictures, so that no accelerator waits for that. It runs no network and asks for no accelerator, so that a
fork finds no thread of torch's gone that it would wait for; the lender runs what is forked in a thread of its
own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

from ..errors import Note, StylizeError, note
from ..progress import Progress
from .crossing import Parcel, packed_job, parcels, unpacked_job
from .job import Job
from .local import OneByOne

MOST = 110  # seconds for one run: beyond 120 nobody gets an accelerator
LOADING = 20  # seconds for the networks
SPARE = 10.0  # seconds of those for the way there and back
_PLAINLY = {"GPU task aborted": "it was taken back", "No GPU was available": "all are taken"}


def is_lent() -> bool:
    """Whether this is a Space whose accelerator is there for one run at a time."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def lent_for(job: Job) -> int:
    """Seconds of an accelerator to ask for, loading included: the fewer, the sooner it is lent."""
    return min(MOST, LOADING + int(job.cost))


class ZeroGPU(OneByOne):
    """An executor on an accelerator that is lent for each job.

    Args:
        gpu: ``spaces.GPU``, which wraps what runs there.
        refusal: what it raises where it lends nothing, or takes back what it lent; its ``message`` says why.
    """

    def __init__(self, gpu: Callable[..., Any], refusal: type[Exception]) -> None:
        super().__init__(self._borrow)
        self._refusal = refusal
        self._there = gpu(duration=lambda job, seconds: seconds)(run_there)

    def _borrow(self, job: Job) -> Generator[Progress]:
        now: Progress | None = None
        painted = False
        arriving = self._there(packed_job(job), lent_for(job))
        try:
            for parcel in arriving:
                now = parcel.opened()
                painted = painted or now.picture is not None
                yield now
        except self._refusal as error:
            reason = _reason(error)
            if now is None or not painted:
                raise StylizeError("No accelerator was lent for this: {reason}", reason=reason) from error
            yield replace(now, picture=None, note=_taken_back(reason))
        finally:
            arriving.close()


# The lender looks whether this is a generator function.
def run_there(job: Job, seconds: int) -> Iterator[Parcel]:
    """A job's progress, in the process that has the accelerator, until ``seconds`` are nearly over."""
    end = time.monotonic() + seconds - SPARE

    def last(progress: Progress) -> Progress | None:
        late = time.monotonic() > end and progress.step < progress.total
        return replace(progress, note=_over(seconds)) if late else None

    yield from parcels(unpacked_job(job).run(), last)


def _over(seconds: int) -> Note:
    return note(
        "Stopped with the picture so far: the accelerator was lent for {seconds} seconds.", seconds=seconds
    )


def _taken_back(reason: str) -> Note:
    return note("Stopped with the picture so far: {reason}", reason=reason)


def _reason(error: Exception) -> str:
    """Why nothing is lent, in words. Raises RuntimeError for a fault of what ran there."""
    reason = str(getattr(error, "message", error)).strip()
    if reason.isidentifier():  # the name of an exception, which the lender has logged
        raise RuntimeError(reason) from error
    return _PLAINLY.get(reason, reason)
