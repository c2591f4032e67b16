"""A feature map as bands of rows of fewer than 2^31 elements each.

For more than that, CUDA's kernels have slower forms or none. The result is the same as for the whole map.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor

from .tiles import spans

Bands = list[Tensor]  # (B, C, h, W) each, from top to bottom
INT32_MAX = 2**31 - 1  # elements that a 32-bit index counts
MAX_ELEMENTS = 1 << 29  # in a band, with room for what an operation adds to it
MIN_ROWS = 16  # in a band: the last may have half of that, of which two are left after two strides of 2


def band_rows(count: int, channels: int, width: int) -> int:
    """Rows of a band of (count, channels, rows, width) maps, a multiple of 4, at least ``MIN_ROWS``."""
    return max(MIN_ROWS, MAX_ELEMENTS // (count * channels * width) // 4 * 4)


def split(x: Tensor, rows: int) -> Bands:
    """(B, C, H, W) as bands of about ``rows`` rows, views of it."""
    return [x[:, :, top:bottom] for top, bottom in spans(x.shape[2], rows)]


def apply(
    bands: Bands, function: Callable[[Tensor], Tensor], halo: int, scale: Fraction = Fraction(1)
) -> Bands:
    """Apply a function of a bounded receptive field to each band with rows of its neighbors around it.

    Args:
        bands: of (B, C, H, W).
        function: (B, C, h, W) to (B, D, h * scale, W * scale).
        halo: how many rows it needs beyond its own, rounded up to a multiple of 1 / scale.
        scale: output pixels per input pixel.

    Returns:
        Bands of (B, D, H * scale, W * scale).
    """
    results = []
    for n, band in enumerate(bands):
        above = bands[n - 1][:, :, -halo:] if n else band[:, :, :0]
        below = bands[n + 1][:, :, :halo] if n + 1 < len(bands) else band[:, :, :0]
        top, rows = int(above.shape[2] * scale), int(band.shape[2] * scale)
        results.append(function(torch.cat([above, band, below], 2))[:, :, top : top + rows])
    return results


def instance_norm(bands: Bands, eps: float = 1e-5) -> Bands:
    """Instance normalization without affine parameters (Ulyanov et al. 2016), in place."""
    total = sum(band.shape[2] * band.shape[3] for band in bands)
    mean = _sum([band.sum((2, 3), keepdim=True, dtype=torch.float32) for band in bands]) / total
    variance = _sum([(band - mean).square_().sum((2, 3), keepdim=True) for band in bands]) / total
    scale = (variance + eps).rsqrt()
    return [band.sub_(mean).mul_(scale) for band in bands]


def _sum(parts: list[Tensor]) -> Tensor:
    return torch.stack(parts).sum(0)
