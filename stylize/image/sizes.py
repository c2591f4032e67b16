"""Larger and smaller."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F


def resize(tensor: Tensor, size: Sequence[int]) -> Tensor:
    """(B, C, H, W) in [0, 1] at ``size`` = (height, width): bicubic, antialiased where it shrinks.

    The tensor itself if it has that size already.
    """
    size = tuple(size)
    if tuple(tensor.shape[2:]) == size:
        return tensor
    return F.interpolate(tensor.float(), size=size, mode="bicubic", antialias=True).clamp_(0, 1)


def fit(tensor: Tensor, side: int, *, enlarge: bool = False) -> Tensor:
    """(B, C, H, W) with a longer side of ``side`` pixels at most, or exactly if ``enlarge``.

    The aspect ratio is kept as far as whole pixels allow, and no side falls below 1. A ``side`` of 0
    leaves the picture as it is.
    """
    height, width = tensor.shape[2:]
    scale = side / max(height, width)
    if side == 0 or (scale > 1 and not enlarge):
        return tensor
    return resize(tensor, [max(1, round(n * scale)) for n in (height, width)])
