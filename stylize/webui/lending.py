"""The work where an accelerator is lent for each run, as on ZeroGPU: in a forked process, and not for long.

Only plain data crosses: pictures as arrays of 16-bit integers at the working size, and what a user can mend
as a value, for the lender hands on no error but its own. This process finishes the pictures, so that no
accelerator waits for that. It runs no network and asks for no accelerator, so that a fork finds no thread of
torch's gone that it would wait for; the lender runs what is forked in a thread of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from .. import modes
from ..errors import StylizeError, note
from ..execution.job import Job
from ..image import Picture, pack, unpack
from ..inputs import Inputs
from ..library import NamedStyle
from ..progress import Progress
from .runner import Work

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

MOST = 110  # seconds for one run: beyond 120 nobody gets an accelerator
LOADING = 20  # seconds for the networks
SPARE = 10.0  # seconds of those for the way there and back
PICTURE_EVERY = 0.5  # seconds between two pictures that cross
_PLAINLY = {"GPU task aborted": "it was taken back", "No GPU was available": "all are taken"}


@dataclass(frozen=True)
class Parcel:
    """What crosses at a step: the progress without its picture, the picture as (1, 3, h, w) uint16 at the
    working size or below; or an error in place of both."""

    progress: Progress | None = None
    picture: NDArray[Any] | None = None
    error: StylizeError | None = None


def is_lent() -> bool:
    """Whether this is a Space whose accelerator is there for one run at a time."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def lent_for(job: Job) -> int:
    """Seconds of an accelerator to ask for, loading included: the fewer, the sooner it is lent."""
    cost = modes.spec(job.mode).cost(job.settings, job.working_size)
    return min(MOST, LOADING + int(cost))


def lent(gpu: Callable[..., Any]) -> Work:
    """The work with an accelerator that ``gpu``, which is ``spaces.GPU``, lends."""
    there = gpu(duration=lambda job, seconds: seconds)(_there)

    def work(job: Job) -> Iterator[Progress]:
        now: Progress | None = None
        painted = False
        parcels = there(_flat(job), lent_for(job))
        try:
            for parcel in parcels:
                now = _unpacked(parcel)
                painted = painted or now.picture is not None
                yield now
        except gr.Error as error:
            if now is None or not painted:
                raise _refusal(error) from error
            yield _cut_short(now, error)
        finally:
            parcels.close()

    return work


# The lender looks whether this is a generator function.
def _there(job: Job, seconds: int) -> Iterator[Parcel]:
    """A job's progress until ``seconds`` are nearly over."""
    pictures = _Pictures()
    end = time.monotonic() + seconds - SPARE
    try:
        for progress in _whole(job).run():
            late = time.monotonic() > end and progress.step < progress.total
            picture = pictures.due(progress, late)
            if late:
                progress = replace(progress, note=_over(seconds))
            yield Parcel(replace(progress, picture=None), picture)
            if late:
                return
    except StylizeError as error:
        yield Parcel(error=error)


class _Pictures:
    """Lets a picture pass only so often, but always the last."""

    def __init__(self) -> None:
        self._kept: Any = None
        self._next = float("-inf")

    def due(self, progress: Progress, last: bool) -> NDArray[Any] | None:
        if progress.picture is not None:
            self._kept = progress.picture
        now = time.monotonic()
        last = last or progress.step >= progress.total
        if self._kept is None or (now < self._next and not last):
            return None
        found, self._kept, self._next = pack(self._kept), None, now + PICTURE_EVERY
        return found


def _unpacked(parcel: Parcel) -> Progress:
    if parcel.error is not None:
        raise parcel.error
    assert parcel.progress is not None
    if parcel.picture is None:
        return parcel.progress
    return replace(parcel.progress, picture=unpack(parcel.picture))


def _flat(job: Job) -> Job:
    """The job with arrays of 16-bit integers for tensors, no larger than the mode looks at them."""
    from ..modes.finish import photo_of, working_picture
    from ..modes.named import looked_at, parts

    side = modes.spec(job.mode).style_side(job.settings, job.working_size)

    def bare(picture: Picture, tensor: Tensor, alpha: Tensor | None) -> Picture:
        given: dict[str, Any] = {"tensor": pack(tensor), "alpha": None if alpha is None else pack(alpha)}
        return replace(picture, **given, filled=True)

    content = None
    if job.content is not None:
        small = working_picture(photo_of(job.inputs, job.settings), job.settings.content_side)
        content = bare(job.content, small, None)
    return _with(job, content, lambda each: bare(each, *parts(looked_at(each.as_style, side))))


def _whole(job: Job) -> Job:
    def tensors(picture: Picture) -> Picture:
        array: Any = picture.tensor
        alpha: Any = picture.alpha
        return replace(picture, tensor=unpack(array), alpha=None if alpha is None else unpack(alpha))

    return _with(job, None if job.content is None else tensors(job.content), tensors)


def _with(job: Job, content: Picture | None, change: Callable[[Picture], Picture]) -> Job:
    """The job with another content and other style pictures."""

    def changed(source: Picture | NamedStyle) -> Picture | NamedStyle:
        return change(source) if isinstance(source, Picture) else source

    styles = tuple(style.with_source(changed(style.source)) for style in job.styles)
    return replace(job, inputs=Inputs(content, styles))


def _over(seconds: int) -> Any:
    return note(
        "Stopped with the picture so far: the accelerator was lent for {seconds} seconds.", seconds=seconds
    )


def _refusal(error: gr.Error) -> Exception:
    reason = str(error.message).strip()
    if reason.isidentifier():  # the name of an exception, which the lender has logged
        return RuntimeError(reason)
    return StylizeError("No accelerator was lent for this: {reason}", reason=_PLAINLY.get(reason, reason))


def _cut_short(now: Progress, error: gr.Error) -> Progress:
    refusal = _refusal(error)
    if not isinstance(refusal, StylizeError):
        raise refusal from error
    reason = refusal.note.values["reason"]
    return replace(now, picture=None, note=note("Stopped with the picture so far: {reason}", reason=reason))
