"""Convolutions, pooling and normalization of the networks, each in the form that is fastest where it runs.

Every function chooses by itself: for inference on the CPU a form with fewer multiplications or less memory
traffic that gives the same sums, for training and on accelerators torch's plain operators. Maps are
(B, C, H, W) and keep their memory format.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .padding import reflect_pad

REFLECT, ZEROS = "reflect", "zeros"
LARGE = 1 << 22  # elements of a map from which on separate borders are faster than a padded copy


def is_cpu_inference(x: Tensor, weight: Tensor) -> bool:
    """Whether the CPU's forms may be used: on the CPU, and nothing needs a gradient."""
    return x.device.type == "cpu" and not needs_gradient(x, weight)


def needs_gradient(x: Tensor, weight: Tensor) -> bool:
    """Whether autograd records what is computed from these two."""
    return torch.is_grad_enabled() and (x.requires_grad or weight.requires_grad)


# --------------------------------------------------------------------------------------- convolutions


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """A convolution that keeps the size.

    Args:
        x: (B, C, H, W); with reflection both sides larger than k // 2.
        weight: (D, C, k, k), k odd.
        bias: (D,) or None.
        padding: ``reflect`` or ``zeros``.

    Returns:
        (B, D, H, W).
    """
    pad = weight.shape[2] // 2
    if padding != REFLECT:
        return F.conv2d(x, weight, bias, padding=pad)
    if pad == 1 and x.numel() >= LARGE and min(x.shape[2:]) >= 2 and is_cpu_inference(x, weight):
        return _conv2d_separate_borders(x, weight, bias)
    return F.conv2d(reflect_pad(x, pad), weight, bias)


def _conv2d_separate_borders(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A 3x3 convolution with reflection without a padded copy of the whole map: with zeros first, then the
    first and last row and column again from the three rows or columns that each of them depends on."""
    result = F.conv2d(x, weight, bias, padding=1)
    rows = torch.cat([x[:, :, 1:2], x[:, :, :2], x[:, :, -2:], x[:, :, -2:-1]], 2)
    rows = F.conv2d(F.pad(rows, (1, 1, 0, 0), mode=REFLECT), weight, bias, stride=(3, 1))
    result[:, :, 0], result[:, :, -1] = rows[:, :, 0], rows[:, :, 1]
    columns = torch.cat([x[..., 1:2], x[..., :2], x[..., -2:], x[..., -2:-1]], 3)
    columns = F.conv2d(F.pad(columns, (0, 0, 1, 1), mode=REFLECT), weight, bias, stride=(1, 3))
    result[..., 0], result[..., -1] = columns[..., 0], columns[..., 1]
    return result


def upsample_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """Nearest-neighbor upsampling by 2 and a 3x3 convolution: (B, C, H, W) to (B, D, 2H, 2W).

    Args are those of :func:`conv2d`, with k = 3.
    """
    if is_cpu_inference(x, weight):
        return transposed_upsample_conv2d(x, weight, bias, padding)
    return conv2d(upsample(x), weight, bias, padding)


def upsample(x: Tensor) -> Tensor:
    """Nearest-neighbor upsampling by 2: (B, C, H, W) to (B, C, 2H, 2W)."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def transposed_upsample_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """:func:`upsample_conv2d` as a transposed convolution with a 4x4 kernel and stride 2, on any device.

    Of the nine upsampled pixels under the kernel only four differ, so 4/9 of the products suffice, and there
    is no upsampled map. Reflected at a border, an upsampled map repeats its last pixel.
    """
    kernel = _merge_kernel(_merge_kernel(weight.float(), 2), 3).transpose(0, 1)
    kernel = kernel.to(x.dtype).contiguous(memory_format=torch.channels_last)
    if padding == REFLECT:
        return F.conv_transpose2d(F.pad(x, (1,) * 4, mode="replicate"), kernel, bias, stride=2, padding=3)
    return F.conv_transpose2d(x, kernel, bias, stride=2, padding=1)


def _merge_kernel(weight: Tensor, axis: int) -> Tensor:
    """A kernel of length 3 along ``axis`` as one of length 4 for the map before it was upsampled."""
    before, middle, after = weight.split(1, axis)
    return torch.cat([after, middle + after, before + middle, before], axis)


def few_channel_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None, padding: str) -> Tensor:
    """:func:`conv2d` to so few channels (3, for RGB) that the CPU's vector units would be mostly idle.

    Args are those of :func:`conv2d`; H and W even. On the CPU four neighboring pixels are computed at once,
    as channels of a convolution with stride 2.
    """
    if not is_cpu_inference(x, weight):
        return conv2d(x, weight, bias, padding)
    phases = [F.pad(weight, (j, 1 - j, i, 1 - i)) for i in (0, 1) for j in (0, 1)]
    kernel = torch.stack(phases, 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    bias = None if bias is None else bias.repeat_interleave(4)
    pad = weight.shape[2] // 2
    if padding == REFLECT:
        return F.pixel_shuffle(F.conv2d(reflect_pad(x, pad), kernel, bias, stride=2), 2)
    return F.pixel_shuffle(F.conv2d(x, kernel, bias, stride=2, padding=pad), 2)


def can_fold(x: Tensor, weight: Tensor, scale: Tensor) -> bool:
    """Whether :func:`fold_film` may replace :func:`film`: one scale for the batch, inference on the CPU."""
    return len(scale) == 1 and is_cpu_inference(x, weight)


def fold_film(weight: Tensor, bias: Tensor, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that includes the :func:`film` after it.

    Args:
        weight: (D, C, k, k).
        bias: (D,).
        scale: γ, (1, D, 1, 1).
        shift: β, (1, D, 1, 1).
    """
    gain = 1 + scale.float().flatten()
    folded = shift.float().flatten() + bias.float() * gain
    return (weight.float() * gain[:, None, None, None]).to(weight.dtype), folded.to(weight.dtype)


def film(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Feature-wise linear modulation (1 + γ) x + β (Perez et al. 2018); γ and β are (B or 1, C, 1, 1)."""
    return torch.addcmul(x + shift, x, scale)


# ------------------------------------------------------------------------- pooling and normalization


def max_pool2d(x: Tensor) -> Tensor:
    """2x2 max pooling: (B, C, H, W) to (B, C, H // 2, W // 2)."""
    if not is_cpu_inference(x, x):
        return F.max_pool2d(x, 2)
    # Without the indices that torch's own keeps for gradients.
    height, width = (side // 2 * 2 for side in x.shape[2:])
    rows = torch.maximum(x[:, :, :height:2, :width], x[:, :, 1:height:2, :width])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


def instance_norm(x: Tensor) -> Tensor:
    """Instance normalization without affine parameters (Ulyanov et al. 2016), (B, C, H, W) to the same.

    For inference it keeps channels_last, which torch's own does not: on the CPU as group normalization with a
    group per channel, which puts maps into another memory format elsewhere; there as batch normalization of
    each picture alone, for which CUDA has kernels that keep the format up to 2^31 elements.
    """
    if x.requires_grad:
        return F.instance_norm(x)
    if x.device.type == "cpu":
        return F.group_norm(x, x.shape[1])
    single = [F.batch_norm(each, None, None, training=True) for each in x.split(1)]
    return single[0] if len(single) == 1 else torch.cat(single)
