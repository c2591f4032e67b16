"""Losses of AdaIN's training, as functions of features and their statistics. All are float32 scalars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ..statistics import MeanStd
from .adain_statistics import LayerStatistics


def style_loss(current: MeanStd, target: MeanStd) -> Tensor:
    """(|μ − μ*|² + |σ − σ*|²) / C of one layer (Huang and Belongie 2017, eq. 13), mean over the samples.

    Departure from the paper: squared and averaged over the channels, not the norm itself.

    Args:
        current: μ and σ, (B, C, 1, 1) each.
        target: μ* and σ*, (B, C, 1, 1) each.
    """
    return torch.stack([F.mse_loss(*each) for each in zip(current, target, strict=True)]).sum()


def relative_gram_loss(
    current: Mapping[str, LayerStatistics], target: Mapping[str, LayerStatistics], layers: Iterable[str]
) -> Tensor:
    """|G − A|² / |A|² of Gram matrices, mean over layers and samples. Beyond the paper."""
    errors = []
    for layer in layers:
        own, its = current[layer].gram, target[layer].gram
        assert own is not None
        assert its is not None
        errors.append((own - its).square().sum((1, 2)) / its.square().sum((1, 2)))
    return torch.stack(errors).mean()


def relative_content_loss(features: Tensor, target: Tensor) -> Tensor:
    """|F − P|² / |P − mean P|² of (B, C, H, W) feature maps, mean over the samples. Beyond the paper."""
    variation = (target - target.mean((2, 3), keepdim=True)).square().sum((1, 2, 3))
    return ((features - target).square().sum((1, 2, 3)) / variation.clamp(min=1e-8)).mean()
