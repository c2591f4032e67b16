"""Batch norm folded into the convolution before it.

With running mean m and variance v, ``scale * (W x + b - m) / sqrt(v + EPSILON) + shift`` is a convolution
again: weights ``W s`` and bias ``(b - m) s + shift``, where ``s = scale / sqrt(v + EPSILON)``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from . import layouts
from .files import StrPath
from .fitting import check_shape, need

EPSILON = 1e-5  # of batch norm: torch's default; files do not store it


def folded(tensors: dict[str, Tensor], path: StrPath) -> dict[str, Tensor]:
    """The convolutions of ``tensors``, each with the batch norm after it, if there is one, in its weights.

    Args:
        tensors: ``X.weight``, ``X.bias`` where there is one, and of a batch norm ``X.norm.weight``, ``bias``,
            ``running_mean`` and ``running_var``, (C,) each.
        path: of the file, for messages.

    Raises:
        CheckpointError: a part of a batch norm is missing or has not as many channels as its convolution.
    """
    found: dict[str, Tensor] = {}
    for name in (each.removesuffix(".weight") for each in tensors if each.endswith(".weight")):
        if name.endswith(layouts.NORM[:-1]):
            continue
        weight, bias = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
        if f"{name}.norm.weight" in tensors:
            weight, bias = _fold(name, weight, bias, tensors, path)
        found[f"{name}.weight"] = weight
        if bias is not None:
            found[f"{name}.bias"] = bias
    return found


def _fold(
    name: str, weight: Tensor, bias: Tensor | None, tensors: dict[str, Tensor], path: StrPath
) -> tuple[Tensor, Tensor]:
    axis = 1 if name.startswith("up") and weight.dim() == 4 else 0  # transposed: inputs come first
    channels = weight.shape[axis] if weight.dim() == 4 else 0
    parts = []
    for kind in ("weight", "bias", "running_mean", "running_var"):
        parts.append(need(tensors, f"{name}.norm.{kind}", path))
        check_shape(f"{name}.norm.{kind}", parts[-1], (channels,), path)
    scale, shift, mean, variance = parts
    scale = scale / (variance.clamp(min=0) + EPSILON).sqrt()
    bias = torch.zeros(channels) if bias is None else bias
    shape = [1] * weight.dim()
    shape[axis] = channels
    return weight * scale.view(shape), (bias - mean) * scale + shift
