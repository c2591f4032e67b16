"""A map as bands of rows, none of which has 2^31 numbers: for more CUDA's kernels have slower forms, or none.

What is computed is the same as of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor

from .tiles import spans

Bands = list[Tensor]  # (B, C, h, W) each, from top to bottom
LARGEST = 2**31 - 1  # numbers that a 32-bit index counts
MOST = 1 << 29  # numbers in a band, with room for what an operation adds to it
LEAST = 16  # rows in a band: the last may have half of that, of which two are left after two steps down


def rows_for(count: int, channels: int, width: int) -> int:
    """Rows of a band of ``count`` maps, a multiple of 4."""
    return max(LEAST, MOST // (count * channels * width) // 4 * 4)


def cut(x: Tensor, rows: int) -> Bands:
    """(B, C, H, W) as bands of about ``rows`` rows, without a copy."""
    return [x[:, :, top:bottom] for top, bottom in spans(x.shape[2], rows)]


def through(
    bands: Bands, function: Callable[[Tensor], Tensor], reach: int, scale: Fraction = Fraction(1)
) -> Bands:
    """Apply a function of bounded reach.

    Args:
        bands: of (B, C, H, W).
        function: (B, C, h, W) to (B, D, h * scale, W * scale).
        reach: how many rows it sees beyond its own, rounded up to a multiple of 1 / scale.
        scale: output pixels per input pixel.
    """
    made = []
    for n, band in enumerate(bands):
        above = bands[n - 1][:, :, -reach:] if n else band[:, :, :0]
        below = bands[n + 1][:, :, :reach] if n + 1 < len(bands) else band[:, :, :0]
        top, rows = int(above.shape[2] * scale), int(band.shape[2] * scale)
        made.append(function(torch.cat([above, band, below], 2))[:, :, top : top + rows])
    return made


def normalise(bands: Bands, eps: float = 1e-5) -> Bands:
    """Instance normalisation without affine parameters, in place."""
    total = sum(band.shape[2] * band.shape[3] for band in bands)
    mean = _sum([band.sum((2, 3), keepdim=True, dtype=torch.float32) for band in bands]) / total
    spread = _sum([(band - mean).square_().sum((2, 3), keepdim=True) for band in bands]) / total
    scale = (spread + eps).rsqrt()
    return [band.sub_(mean).mul_(scale) for band in bands]


def _sum(parts: list[Tensor]) -> Tensor:
    return torch.stack(parts).sum(0)
