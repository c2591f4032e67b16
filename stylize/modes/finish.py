"""From the size at which a mode works to the size that the user gets, and back."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ..colour import keep_luminance, luminance
from ..image import fit, resize
from .options import PictureSettings


def working_picture(content: Tensor, side: int) -> Tensor:
    """The content at the working size: longer side ``side``, never enlarged; 0 keeps it."""
    return fit(content, side) if side else content


def pad_to_multiple(picture: Tensor, multiple: int, least: int) -> Tensor:
    """(B, C, H, W) grown at the bottom and the right with its border pixels until both sides are
    multiples of ``multiple`` and at least ``least``."""
    height, width = picture.shape[2:]
    high, wide = (max(least, -(-n // multiple) * multiple) for n in (height, width))
    return F.pad(picture, (0, wide - width, 0, high - height), mode="replicate")


def to_full_size(picture: Tensor, content: Tensor, settings: PictureSettings) -> Tensor:
    """The result at the content's exact size if the settings ask for it.

    The enlarged picture lacks what the smaller one could not hold; ``settings.detail`` of the
    content's own fine structure, in luminance, takes its place.
    """
    size = content.shape[2:]
    if not settings.full_size or picture.shape[2:] == size:
        return picture
    large = resize(picture, size)
    if settings.detail:
        lost = content - resize(resize(content, picture.shape[2:]), size)
        large = large + settings.detail * luminance(lost)
    return large.clamp_(0, 1)


def finished(picture: Tensor, content: Tensor, settings: PictureSettings) -> Tensor:
    """Any picture that a mode yielded, at the size and with the colours that the settings ask for.

    What an early stop leaves may be small, from a coarse scale.
    """
    if not settings.full_size:
        small = working_picture(content, settings.content_side)
        return resize(picture, tuple(small.shape[2:]))
    picture = to_full_size(picture, content, settings)
    return keep_colours(picture, content, getattr(settings, "colour", "style"))


def keep_colours(picture: Tensor, content: Tensor, colour: str) -> Tensor:
    """The picture with the content's chroma where the ``luminance`` setting asks for it."""
    if colour != "luminance":
        return picture
    return keep_luminance(picture, resize(content, picture.shape[2:]))
