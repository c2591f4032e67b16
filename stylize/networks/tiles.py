"""Running a convolutional network over a large picture piece by piece, with the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import torch
from torch import Tensor


def spans(length: int, core: int) -> list[tuple[int, int]]:
    """``length`` cut into equal pieces of at most ``core`` or a little more, on multiples of ``core``."""
    starts = list(range(0, length, core))
    if len(starts) > 1 and length - starts[-1] < core // 2:
        starts.pop()  # a sliver joins its neighbour
    return list(zip(starts, [*starts[1:], length], strict=True))


def run_tiled(
    function: Callable[[Tensor], Tensor], x: Tensor, *, core: int, halo: int, scale: Fraction
) -> Iterator[Tensor | None]:
    """Apply ``function`` tile by tile; yields None after each tile and at last the whole result.

    Args:
        function: (B, C, h, w) to (B, D, h * scale, w * scale), of bounded reach.
        x: (B, C, H, W); H and W multiples of 1 / scale where that is above 1.
        core: side of a tile, a multiple of 1 / scale.
        halo: how far the function sees beyond its tile, rounded up to a multiple of 1 / scale. With
            that much around each tile the result is that of the whole; at the picture's own borders
            the function pads as it always does.
        scale: output pixels per input pixel.
    """
    height, width = x.shape[2:]
    tiles = list(product(spans(height, core), spans(width, core)))
    result: Tensor | None = None
    for (top, bottom), (left, right) in tiles:
        outer_top, outer_left = max(0, top - halo), max(0, left - halo)
        piece = function(x[:, :, outer_top : bottom + halo, outer_left : right + halo])
        if len(tiles) == 1:
            result = piece
            yield None
            break
        if result is None:
            shape = (piece.shape[0], piece.shape[1], int(height * scale), int(width * scale))
            # In the piece's own order in memory: any other would be put right at each layer that follows.
            result = torch.empty(shape, dtype=piece.dtype, device=piece.device, memory_format=order(piece))
        inside = piece[
            :, :,
            int((top - outer_top) * scale) : int((bottom - outer_top) * scale),
            int((left - outer_left) * scale) : int((right - outer_left) * scale),
        ]  # fmt: skip
        result[:, :, int(top * scale) : int(bottom * scale), int(left * scale) : int(right * scale)] = inside
        yield None
    yield result


def order(x: Tensor) -> torch.memory_format:
    """How a map lies in memory: with its channels innermost, or outermost."""
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


def count_tiles(height: int, width: int, core: int) -> int:
    """How many tiles :func:`run_tiled` will make of a map of that size."""
    return len(spans(height, core)) * len(spans(width, core))
