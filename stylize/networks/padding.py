"""Reflection at the borders that leaves a map in its own order in memory and has no limit on its size.

On CUDA torch's own (2.8 to 2.11) makes a copy with the channels outermost, another for the convolution that
follows, and refuses 2^31 numbers; its gradient adds up in no fixed order. On the CPU it has none of that.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .tiles import order


def reflect(x: Tensor, rim: int) -> Tensor:
    """(B, C, H, W) with ``rim`` more on each side, mirrored; both sides must be larger than that."""
    if x.device.type == "cpu":
        return F.pad(x, (rim,) * 4, mode="reflect")
    return reflect_in_order(x, rim)


def reflect_in_order(x: Tensor, rim: int) -> Tensor:
    """:func:`reflect` by copies alone, on any device."""
    if min(x.shape[2:]) <= rim:
        raise ValueError(f"a map of {tuple(x.shape[2:])} has nothing to reflect {rim} wide")
    padded: Tensor = _Reflect.apply(x, rim)
    return padded


class Reflection(nn.Module):
    """:func:`reflect` as a layer."""

    def __init__(self, rim: int) -> None:
        super().__init__()
        self.rim = rim

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H + 2 rim, W + 2 rim)."""
        return reflect(x, self.rim)


class _Reflect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, rim: int) -> Tensor:
        count, channels, height, width = x.shape
        ctx.rim, ctx.order = rim, order(x)
        shape = (count, channels, height + 2 * rim, width + 2 * rim)
        made = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=ctx.order)
        made[:, :, rim:-rim, rim:-rim] = x
        for axis in (3, 2):  # rows last: they take the corners with them
            for to, come in _mirrored(x.shape[axis], rim):
                made.select(axis, to).copy_(made.select(axis, come))
        return made

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        grad, rim = grads[0], ctx.rim
        found = grad[:, :, rim:-rim, rim:-rim].clone(memory_format=ctx.order)
        height, width = found.shape[2:]
        for row, come in _mirrored(height, rim):
            line = grad[:, :, row]
            found[:, :, come - rim].add_(line[..., rim:-rim])
            for to, where in _mirrored(width, rim):
                found[:, :, come - rim, where - rim].add_(line[..., to])
        for to, come in _mirrored(width, rim):
            found[..., come - rim].add_(grad[:, :, rim:-rim, to])
        return found, None


def _mirrored(side: int, rim: int) -> list[tuple[int, int]]:
    """The places beyond the borders of a padded side, each with the place inside that it mirrors."""
    before = [(rim - n, rim + n) for n in range(1, rim + 1)]
    last = rim + side - 1
    return [*before, *((last + n, last - n) for n in range(1, rim + 1))]
