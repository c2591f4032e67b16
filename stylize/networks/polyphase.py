"""Convolutions at twice the size of a map, done at the size of the map itself (polyphase form).

A map of twice the size is kept as four times the channels, in the order of torch's ``pixel_shuffle``:
channel 4 d + 2 i + j has the pixels of channel d in rows 2 y + i and columns 2 x + j. A 3x3 convolution of
such a map is a 3x3 convolution with other kernels, and so is one of a map that is enlarged bilinearly
first. For the CPU: fewer passes over large maps, and as many channels as its matrix units want. Sums are
the same as at full size, up to their rounding, but for the outermost pixels, where the padding may be
another.
"""

from __future__ import annotations

import torch
from torch import Tensor


def bilinear_kernel(weight: Tensor) -> Tensor:
    """A 3x3 convolution after bilinear enlargement by 2 (``align_corners=False``).

    Args:
        weight: (D, C, 3, 3).

    Returns:
        (4 D, C, 3, 3) float32, for the map before it is enlarged, padding 1.
    """
    steps = _bilinear_steps(weight.device)
    return _merged(weight, torch.einsum("dcuv,iau,jbv->dijcab", weight.float(), steps, steps))


def shuffled_kernel(weight: Tensor) -> Tensor:
    """A 3x3 convolution of a map kept as four times the channels.

    Args:
        weight: (D, C, 3, 3).

    Returns:
        (4 D, 4 C, 3, 3) float32, padding 1.
    """
    steps = _shuffled_steps(weight.device)
    return _merged(weight, torch.einsum("dcuv,ipau,jqbv->dijcpqab", weight.float(), steps, steps))


def pointwise_kernel(weight: Tensor) -> Tensor:
    """A 1x1 convolution of such a map: (D, C, 1, 1) to (4 D, 4 C, 1, 1) float32."""
    same = torch.eye(4, device=weight.device)
    return _merged(weight, torch.einsum("dcuv,pq->dpcquv", weight.float(), same))


def _merged(weight: Tensor, kernel: Tensor) -> Tensor:
    return kernel.reshape(4 * len(weight), -1, *kernel.shape[-2:])


def _bilinear_steps(device: torch.device) -> Tensor:
    """(2, 3, 3): how much the pixel at offset a - 1 counts in tap u of the output's row 2 y + i."""
    steps = torch.zeros(2, 3, 3, device=device)
    for i in (0, 1):
        for u in (0, 1, 2):
            base, phase = divmod(i + u - 1, 2)
            steps[i, 1 + base, u] += 0.75
            steps[i, 1 + base + (1 if phase else -1), u] += 0.25
    return steps


def _shuffled_steps(device: torch.device) -> Tensor:
    """(2, 2, 3, 3): whether row 2 (y + a - 1) + p is tap u of the output's row 2 y + i."""
    steps = torch.zeros(2, 2, 3, 3, device=device)
    for i in (0, 1):
        for u in (0, 1, 2):
            base, phase = divmod(i + u - 1, 2)
            steps[i, phase, 1 + base, u] = 1
    return steps
