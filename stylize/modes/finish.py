"""From the photo to the picture that a mode works on, and from what it yields to the result.

A mode yields pictures at the working size and does nothing of this to them. They are finished once, by
:func:`finished`, on whichever way they come: :meth:`stylize.execution.job.Job.finish` is its one caller.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ..color import keep_luminance, luminance, match_linear
from ..errors import PictureError
from ..image import fit, quantize, resize
from ..inputs import Inputs
from .options import PictureSettings


def photo_of(inputs: Inputs, settings: PictureSettings) -> Tensor:
    """The content as modes see it, (1, 3, H, W) RGB in [0, 1]: its transparent parts on white, or, if the
    alpha is to be kept, with the colors at their edges. Raises PictureError where there is none."""
    if inputs.content is None:
        raise PictureError("Choose a photo first.")
    return inputs.content.opaque if settings.keep_alpha else inputs.content.tensor


def working_picture(content: Tensor, side: int, smaller: int = 0) -> Tensor:
    """The content at the working size: longer side ``side``, never enlarged; 0 keeps it.

    In steps of 16 bits, so that a photo that is brought to this size elsewhere and crosses as such
    integers is the very same. ``smaller`` is a second, lower limit, where memory does not suffice for
    the first: a photo that crossed has only the working size, so that is what is made smaller.
    """
    working = quantize(fit(content, side))
    return fit(working, smaller)


def pad_to_multiple(picture: Tensor, multiple: int, least: int) -> Tensor:
    """(B, C, H, W) grown at the bottom and the right with its border pixels until both sides are
    multiples of ``multiple`` and at least ``least``."""
    height, width = picture.shape[2:]
    padded_height, padded_width = (max(least, -(-n // multiple) * multiple) for n in (height, width))
    return F.pad(picture, (0, padded_width - width, 0, padded_height - height), mode="replicate")


def with_margin(picture: Tensor, margin: int, shift: tuple[int, int] = (0, 0)) -> Tensor:
    """The picture with a margin, at the top and the left wider by so many pixels."""
    top, left = shift
    pads = (margin + left, margin, margin + top, margin)
    large = min(picture.shape[2:]) > margin + max(top, left)
    return F.pad(picture, pads, mode="reflect" if large else "replicate")


def finished(
    picture: Tensor, content: Tensor | None, settings: PictureSettings, *, named: bool = False
) -> Tensor:
    """The result of any picture that a mode yielded: its size and colors as the settings say.

    Not to be applied to its own result: keeping luminance clamps, so a second time is not the same.

    The picture counts in steps of 16 bits, which is how it may have crossed from another process; what
    is written has 8. Then, in this order:

    1. Where ``linear`` is asked for and a style has only statistics (``named``), the picture is brought to
       the mean and covariance of the photo's colors. Both at the working size, before the fine structure
       comes back, as the mode does with a style picture before it is looked at.
    2. The picture is brought to the result's size: the photo's, with ``detail`` of its fine structure, or
       the working size. What an early stop leaves may be small, from a coarse scale.
    3. Where ``luminance`` is asked for, the photo's chroma takes the place of the picture's. After the
       enlargement, because the photo has its chroma in full resolution: taken at the working size, its
       colored edges would be as blurred as the enlarged picture is.

    Args:
        picture: (1, 3, h, w) in [0, 1], of any size; it is left as it is.
        content: (1, 3, H, W), the whole photo; None where there is none.
        settings: the mode's settings.
        named: whether a style is known by its statistics alone.
    """
    if content is None:
        return quantize(picture)
    picture = match_result(quantize(picture), content, settings, named=named)
    if settings.full_size:
        picture = to_full_size(picture, content, settings.detail)
    else:
        content = fit(content, settings.content_side)
        picture = resize(picture, tuple(content.shape[2:]))
    return keep_chroma(picture, content, settings)


def preview(picture: Tensor, working: Tensor, settings: PictureSettings, *, named: bool = False) -> Tensor:
    """A picture that a mode yielded as it will look, at its own size: colors kept, nothing enlarged.

    ``working`` is the photo at the working size; else as for :func:`finished`.
    """
    return keep_chroma(match_result(picture, working, settings, named=named), working, settings)


def match_result(picture: Tensor, content: Tensor, settings: PictureSettings, *, named: bool) -> Tensor:
    """The picture recolored to the content's colors at the working size where ``linear`` asks for it and a
    style has only statistics, in which there is nothing to recolor."""
    if not named or color_of(settings) != "linear":
        return picture
    return match_linear(picture, fit(content, settings.content_side))


def to_full_size(picture: Tensor, content: Tensor, detail: float) -> Tensor:
    """The picture at the content's exact size.

    The enlarged picture lacks what the smaller one could not hold; ``detail`` of the content's own fine
    structure, in luminance, takes its place.
    """
    size = content.shape[2:]
    if picture.shape[2:] == size:
        return picture
    large = resize(picture, size)
    if detail:
        lost = content - resize(resize(content, picture.shape[2:]), size)
        large = large + detail * luminance(lost)
    return large.clamp_(0, 1)


def keep_chroma(picture: Tensor, content: Tensor, settings: PictureSettings) -> Tensor:
    """The picture with the content's chroma where the ``luminance`` setting asks for it."""
    if color_of(settings) != "luminance":
        return picture
    return keep_luminance(picture, resize(content, picture.shape[2:]))


def color_of(settings: PictureSettings) -> str:
    """What a mode's settings say of colors; of a mode without such a setting, ``style``."""
    return str(getattr(settings, "color", "style"))
