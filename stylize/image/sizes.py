"""Resampling pictures to another size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def resize(tensor: Tensor, size: Sequence[int]) -> Tensor:
    """(B, C, H, W) in [0, 1] at ``size`` = (height, width): bicubic, antialiased where it shrinks.

    The tensor itself if it has that size already.
    """
    size = tuple(size)
    if tuple(tensor.shape[2:]) == size:
        return tensor
    from torch.nn import functional as F

    # Not every torch can antialias on MPS.
    near = tensor.cpu() if tensor.device.type == "mps" else tensor
    resized = F.interpolate(near.float(), size=size, mode="bicubic", antialias=True).clamp_(0, 1)
    return resized.to(tensor.device)


def fit(tensor: Tensor, side: int, *, enlarge: bool = False) -> Tensor:
    """(B, C, H, W) with a longer side of ``side`` pixels at most, or exactly if ``enlarge``.

    The aspect ratio is kept as far as whole pixels allow, and no side falls below 1. A ``side`` of 0
    leaves the picture as it is.
    """
    height, width = tensor.shape[2:]
    width, height = fitting((width, height), side, enlarge=enlarge)
    return resize(tensor, (height, width))


def fitting(size: tuple[int, int], side: int, *, enlarge: bool = False) -> tuple[int, int]:
    """The width and height that :func:`fit` gives a picture of ``size`` = (width, height)."""
    scale = side / max(size)
    if side == 0 or (scale > 1 and not enlarge):
        return size
    width, height = (max(1, round(n * scale)) for n in size)
    return width, height
