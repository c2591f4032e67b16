"""How jobs cross to another process and pictures come back: as plain values and 16-bit integers.

What crosses is no larger than what the mode computes with, and rounded as the mode rounds it
(:func:`stylize.image.quantize`), so that the picture is the same as here. The receiver finishes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import modes
from ..errors import StylizeError
from ..image import Picture, pack, unpack
from ..inputs import Inputs, StyleInput, carried
from ..library import NamedStyle
from ..progress import Progress
from .job import Job

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray
    from torch import Tensor

PICTURE_EVERY = 0.5  # seconds between two pictures that cross


@dataclass(frozen=True)
class Parcel:
    """What crosses at a step: the progress without its picture, the picture as (1, 3, h, w) uint16 at the
    working size or below; or an error in place of both."""

    progress: Progress | None = None
    picture: NDArray[numpy.uint16] | None = None
    error: StylizeError | None = None

    def opened(self) -> Progress:
        """The progress with its picture. Raises the error."""
        if self.error is not None:
            raise self.error
        assert self.progress is not None
        return self.progress if self.picture is None else replace(self.progress, picture=unpack(self.picture))


def packed_job(job: Job) -> Job:
    """The job with arrays of 16-bit integers for tensors, no larger than the mode computes with.

    Pictures among the properties of styles keep their size: only the mode knows what it does with them.
    """
    from ..modes.finish import photo_of, working_picture
    from ..modes.named import parts, reduced

    side = modes.spec(job.mode).style_side(job.settings, job.working_size)

    def bare(picture: Picture, tensor: Tensor, alpha: Tensor | None) -> Picture:
        given: dict[str, Any] = {"tensor": pack(tensor), "alpha": None if alpha is None else pack(alpha)}
        return replace(picture, **given, filled=True)

    content = None
    if job.content is not None:
        small = working_picture(photo_of(job.inputs, job.settings), job.settings.content_side)
        content = bare(job.content, small, None)
    return _with(
        job,
        content,
        lambda each: bare(each, *parts(reduced(each.as_style, side))),
        lambda each: bare(each, each.tensor, each.alpha),
    )


def unpacked_job(job: Job) -> Job:
    """The job that :func:`packed_job` was given, as far as its mode can tell."""

    def tensors(picture: Picture) -> Picture:
        array: Any = picture.tensor
        alpha: Any = picture.alpha
        return replace(picture, tensor=unpack(array), alpha=None if alpha is None else unpack(alpha))

    return _with(job, None if job.content is None else tensors(job.content), tensors, tensors)


def parcels(steps: Iterator[Progress], last: Callable[[Progress], Progress | None]) -> Iterator[Parcel]:
    """Progress as it crosses: a picture now and then, but always the last.

    Args:
        steps: of a job, closed at the end.
        last: called with each step; what it returns takes the step's place and is the last.
    """
    kept: Tensor | None = None
    due = float("-inf")
    try:
        for progress in steps:
            kept = progress.picture if progress.picture is not None else kept
            end = last(progress)
            now = time.monotonic()
            ends = end is not None or progress.step >= progress.total
            picture = None
            if kept is not None and (ends or now >= due):
                picture, kept, due = pack(kept), None, now + PICTURE_EVERY
            yield Parcel(replace(end or progress, picture=None), picture)
            if end is not None:
                return
    except StylizeError as error:
        yield Parcel(error=error)
    finally:
        close = getattr(steps, "close", None)
        if close:
            close()


def _with(
    job: Job,
    content: Picture | None,
    change: Callable[[Picture], Picture],
    change_property: Callable[[Picture], Picture],
) -> Job:
    """The job with another content and other style pictures, and with others in the styles' properties."""

    def changed(style: StyleInput[Picture | NamedStyle]) -> StyleInput[Picture | NamedStyle]:
        source = change(style.source) if isinstance(style.source, Picture) else style.source
        return StyleInput(source, **carried(style, change_property))

    return replace(job, inputs=Inputs(content, tuple(map(changed, job.styles))))
