"""A convolutional network applied to a large picture tile by tile, with the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import torch
from torch import Tensor


def spans(length: int, core: int) -> list[tuple[int, int]]:
    """Start and end of each piece of ``length``: ``core`` long, the last from 1/2 to 3/2 of that."""
    starts = list(range(0, length, core))
    if len(starts) > 1 and length - starts[-1] < core // 2:
        starts.pop()  # a remainder of less than half a tile belongs to the tile before it
    return list(zip(starts, [*starts[1:], length], strict=True))


def run_tiled(
    function: Callable[[Tensor], Tensor], x: Tensor, *, core: int, halo: int, scale: Fraction
) -> Iterator[Tensor | None]:
    """Apply ``function`` tile by tile.

    Args:
        function: (B, C, h, w) to (B, D, h * scale, w * scale), of a bounded receptive field.
        x: (B, C, H, W); H and W multiples of 1 / scale where that is above 1.
        core: side of a tile, a multiple of 1 / scale.
        halo: how many pixels the function needs beyond its tile, rounded up to a multiple of 1 / scale. With
            that much around each tile the result is that of the whole; at the picture's own borders
            the function pads as it always does.
        scale: output pixels per input pixel.

    Yields:
        None after each tile, then the whole result, (B, D, H * scale, W * scale).
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
            # In the piece's memory format: each layer that follows would convert any other.
            form = memory_format_of(piece)
            result = torch.empty(shape, dtype=piece.dtype, device=piece.device, memory_format=form)
        inside = piece[
            :,
            :,
            int((top - outer_top) * scale) : int((bottom - outer_top) * scale),
            int((left - outer_left) * scale) : int((right - outer_left) * scale),
        ]
        result[:, :, int(top * scale) : int(bottom * scale), int(left * scale) : int(right * scale)] = inside
        yield None
    yield result


def memory_format_of(x: Tensor) -> torch.memory_format:
    """``channels_last`` or ``contiguous_format``, whichever (B, C, H, W) has."""
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


def count_tiles(height: int, width: int, core: int) -> int:
    """How many tiles :func:`run_tiled` makes of a (B, C, height, width) map."""
    return len(spans(height, core)) * len(spans(width, core))
