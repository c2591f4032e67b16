"""Transparent pictures as opaque ones: colors go on beyond the edges, in place of white.

A network looks at neighborhoods and a resampling mixes neighbors, so what lies beside an edge gets into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

TRUST = 8.0  # from an alpha of 1/8 on, a color stands; below, it is partly taken from around


@dataclass(frozen=True, eq=False)
class Cutout:
    """A style picture of which only some counts.

    ``tensor`` is (1, 3, H, W) RGB in [0, 1], its transparent parts filled by :func:`bleed`; ``alpha`` is
    (1, 1, H, W) in [0, 1], how much each pixel counts, somewhere above 0. ``name`` is what messages call it.
    """

    tensor: Tensor
    alpha: Tensor
    name: str = ""


def bleed(picture: Tensor, alpha: Tensor) -> Tensor:
    """Fill the transparent parts of a picture with the colors at their edges, farther away blurred.

    By pull and push (Gortler et al. 1996): the picture is halved again and again, each pixel the mean of what
    counts of four, and then holes are filled from the next smaller one. The time is linear in the pixels.

    Args:
        picture: (1, 3, H, W) in [0, 1], its transparent parts laid on white.
        alpha: (1, 1, H, W) in [0, 1].

    Returns:
        (1, 3, H, W) in [0, 1]; what was not transparent is as it was, and nothing but white stays white.
    """
    import torch
    import torch.nn.functional as F

    levels = [(picture - (1 - alpha), alpha, (alpha * TRUST).clamp_(max=1))]  # colors times alpha
    while max(alpha.shape[2:]) > 1:
        weighed, alpha, known = (F.avg_pool2d(each, 2, ceil_mode=True) for each in levels[-1])
        levels.append((weighed, alpha, known.mul_(4).clamp_(max=1)))  # one of four suffices
    filled = torch.where(alpha > 0, _colors(*levels[-1][:2]), 1)
    for weighed, alpha, known in reversed(levels):
        around = F.interpolate(filled, tuple(alpha.shape[2:]), mode="bilinear", align_corners=False)
        filled = around.lerp_(_colors(weighed, alpha), known)
    return filled


def straight(picture: Tensor, alpha: Tensor) -> Tensor:
    """The colors of a picture that was laid on white, before that; black where alpha is 0.

    ``picture`` and what is returned are (1, 3, H, W), ``alpha`` is (1, 1, H, W), all in [0, 1].
    """
    return _colors(picture - (1 - alpha), alpha)


def _colors(weighed: Tensor, alpha: Tensor) -> Tensor:
    return (weighed / alpha.clamp(min=1e-30)).clamp_(0, 1)


def cutout(picture: Tensor, alpha: Tensor, name: str = "") -> Cutout:
    """A picture that is laid on white, and its alpha, without the rows and columns around that are wholly
    transparent. In steps of 16 bits, as pictures cross to other processes. Raises ValueError if all is."""
    from .depth import quantize

    rows, columns = (alpha[0, 0].amax(axis).nonzero().flatten().tolist() for axis in (1, 0))
    if not rows:
        raise ValueError("nothing but transparency")
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    picture, alpha = (each[:, :, top:bottom, left:right] for each in (picture, alpha))
    return Cutout(quantize(bleed(picture, alpha)), quantize(alpha), name)
