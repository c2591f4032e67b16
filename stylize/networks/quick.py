"""The costly steps of a network rearranged for the CPU: the same sums, written so that there are fewer.

For running a network only: training keeps the plain form, whose gradients are known to be right. On an
accelerator the plain form is quick already, as long as it leaves maps in their order in memory.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .padding import reflect

REFLECT, ZEROS = "reflect", "zeros"
LARGE = 1 << 22  # numbers in a map from which on its rim made apart is quicker than a padded copy


def suits(x: Tensor, weight: Tensor) -> bool:
    """Whether the forms of this file may take the place of the plain ones."""
    return x.device.type == "cpu" and not is_learning(x, weight)


def is_learning(x: Tensor, weight: Tensor) -> bool:
    """Whether gradients of what comes next will be wanted."""
    return torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """A convolution with an odd kernel, (B, C, H, W) to (B, D, H, W)."""
    rim = weight.shape[2] // 2
    if padding != REFLECT:
        return F.conv2d(x, weight, bias, padding=rim)
    if rim == 1 and x.numel() >= LARGE and min(x.shape[2:]) >= 2 and suits(x, weight):
        return _convolve_large(x, weight, bias)
    return F.conv2d(reflect(x, rim), weight, bias)


def _convolve_large(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A 3x3 convolution that reflects at the borders, without a padded copy of the whole map: its first and
    last row and column are made again, from the three rows or columns that each of them sees."""
    made = F.conv2d(x, weight, bias, padding=1)
    rows = torch.cat([x[:, :, 1:2], x[:, :, :2], x[:, :, -2:], x[:, :, -2:-1]], 2)
    rows = F.conv2d(F.pad(rows, (1, 1, 0, 0), mode=REFLECT), weight, bias, stride=(3, 1))
    made[:, :, 0], made[:, :, -1] = rows[:, :, 0], rows[:, :, 1]
    columns = torch.cat([x[..., 1:2], x[..., :2], x[..., -2:], x[..., -2:-1]], 3)
    columns = F.conv2d(F.pad(columns, (0, 0, 1, 1), mode=REFLECT), weight, bias, stride=(1, 3))
    made[..., 0], made[..., -1] = columns[..., 0], columns[..., 1]
    return made


def convolve_doubled(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """A 3x3 convolution of the map doubled with the nearest pixel, (B, C, H, W) to (B, D, 2H, 2W).

    Of the nine pixels that meet in a new one, only four differ. So it is a transposed convolution with a
    4x4 kernel and stride 2, which has 4/9 of the products and needs no doubled map. Reflected at a border,
    a doubled map repeats its last pixel.
    """
    wide = _meet(_meet(weight.float(), 2), 3).transpose(0, 1)
    wide = wide.to(x.dtype).contiguous(memory_format=torch.channels_last)
    if padding == REFLECT:
        return F.conv_transpose2d(F.pad(x, (1,) * 4, mode="replicate"), wide, bias, stride=2, padding=3)
    return F.conv_transpose2d(x, wide, bias, stride=2, padding=1)


def _meet(weight: Tensor, axis: int) -> Tensor:
    """A kernel for the map before it was doubled."""
    before, middle, after = weight.split(1, axis)
    return torch.cat([after, middle + after, before + middle, before], axis)


def convolve_to_few(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """A convolution to few channels, (B, C, H, W) to (B, D, H, W); H and W even, the kernel odd.

    Vector units have room for 16 channels and would be used for three. Here four neighbouring pixels are
    made at once, as channels of a convolution with stride 2.
    """
    phases = [F.pad(weight, (j, 1 - j, i, 1 - i)) for i in (0, 1) for j in (0, 1)]
    four = torch.stack(phases, 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    bias = None if bias is None else bias.repeat_interleave(4)
    rim = weight.shape[2] // 2
    if padding == REFLECT:
        return F.pixel_shuffle(F.conv2d(reflect(x, rim), four, bias, stride=2), 2)
    return F.pixel_shuffle(F.conv2d(x, four, bias, stride=2, padding=rim), 2)


def max_pool(x: Tensor) -> Tensor:
    """2x2 max pooling, (B, C, H, W) to (B, C, H // 2, W // 2), without the places that gradients need."""
    height, width = (side // 2 * 2 for side in x.shape[2:])
    rows = torch.maximum(x[:, :, :height:2, :width], x[:, :, 1:height:2, :width])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


def instance_norm(x: Tensor) -> Tensor:
    """Instance normalisation without affine parameters; keeps channels_last, which torch's own does not.

    On the CPU it is group normalisation with a group for each channel, which puts maps into another order
    elsewhere; there it is batch normalisation of each picture by itself, for which CUDA has kernels that keep
    the order below 2^31 numbers, and others above.
    """
    if x.device.type == "cpu":
        return F.group_norm(x, x.shape[1])
    normal = [F.batch_norm(each, None, None, training=True) for each in x.split(1)]
    return normal[0] if len(normal) == 1 else torch.cat(normal)
