"""Reflection padding that keeps a map's memory format and has no limit on its size.

On CUDA torch's own (2.8 to 2.11) makes a copy with the channels outermost, another for the convolution that
follows, and refuses 2^31 elements; its gradient is summed in no fixed order. On the CPU it has none of that.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .tiles import memory_format_of


def reflect_pad(x: Tensor, pad: int) -> Tensor:
    """Pad by reflection.

    Args:
        x: (B, C, H, W), H and W larger than ``pad``.
        pad: pixels on each side, at least 1.

    Returns:
        (B, C, H + 2 pad, W + 2 pad), with gradients.
    """
    if x.device.type == "cpu":
        return F.pad(x, (pad,) * 4, mode="reflect")
    return reflect_pad_by_copies(x, pad)


def reflect_pad_by_copies(x: Tensor, pad: int) -> Tensor:
    """:func:`reflect_pad` by copies alone, on any device. Raises ValueError for a map that is too small."""
    if min(x.shape[2:]) <= pad:
        raise ValueError(f"a map of {tuple(x.shape[2:])} is too small for a reflection padding of {pad}")
    padded: Tensor = _ReflectPad.apply(x, pad)
    return padded


class ReflectionPad(nn.Module):
    """:func:`reflect_pad` as a layer."""

    def __init__(self, pad: int) -> None:
        super().__init__()
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H + 2 pad, W + 2 pad)."""
        return reflect_pad(x, self.pad)


class _ReflectPad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, pad: int) -> Tensor:
        count, channels, height, width = x.shape
        ctx.pad, ctx.memory_format = pad, memory_format_of(x)
        shape = (count, channels, height + 2 * pad, width + 2 * pad)
        padded = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=ctx.memory_format)
        padded[:, :, pad:-pad, pad:-pad] = x
        for axis in (3, 2):  # rows last: they include the corners
            for target, source in _mirrored(x.shape[axis], pad):
                padded.select(axis, target).copy_(padded.select(axis, source))
        return padded

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        grad, pad = grads[0], ctx.pad
        result = grad[:, :, pad:-pad, pad:-pad].clone(memory_format=ctx.memory_format)
        height, width = result.shape[2:]
        for row, source in _mirrored(height, pad):
            line = grad[:, :, row]
            result[:, :, source - pad].add_(line[..., pad:-pad])
            for column, mirrored in _mirrored(width, pad):
                result[:, :, source - pad, mirrored - pad].add_(line[..., column])
        for column, source in _mirrored(width, pad):
            result[..., source - pad].add_(grad[:, :, pad:-pad, column])
        return result, None


def _mirrored(side: int, pad: int) -> list[tuple[int, int]]:
    """Indices in the padding of a padded side, each with the index inside that it mirrors."""
    before = [(pad - n, pad + n) for n in range(1, pad + 1)]
    last = pad + side - 1
    return [*before, *((last + n, last - n) for n in range(1, pad + 1))]
