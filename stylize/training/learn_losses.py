"""How far a painted picture is from a style and from its photo, for learning a style.

The distances are those of the full VGG-19, as the bundled encoder gives them through its metric
(:class:`stylize.networks.vgg.Metric`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks import VGG19
from ..networks.painter import LAYERS
from ..statistics import mean_and_covariance
from .painter_losses import CONTENT_LAYER, content_error, content_weight

LEAST_SIZE = 1e-12  # of what an error is relative to
SMOOTH = 0.01  # weight of the total variation
LEAST_RAW = 0.1  # of what errors are divided by
MOST_CONTENT, BEYOND = 1.1, 0.5  # a content loss beyond the first counts by this weight more

Moments = tuple[Tensor, Tensor]  # mean (C,) and covariance (C, C), float32


@dataclass(frozen=True)
class Losses:
    """Of a batch, (B,) each.

    Args:
        style: 1 and less for photos as they are.
        content: 0 for them, 1 for pictures that have nothing to do with them.
        left: the share of the raw photos' style loss that is left, by the Gram matrices alone.
    """

    style: Tensor
    content: Tensor
    left: Tensor


class StyleObjective:
    """Style and content losses of painted crops.

    Style: relative squared errors of means, covariances and Gram matrices at relu1_1 to relu5_1, their sum
    over the layers divided by what raw photos have to the style. There a layer counts for 1 at most: photos
    of other colors can be ten times as far from a style at relu1_1 as nothing at all would be, and the deep
    layers, where strokes are, would be lost beside it.
    Content: squared error at relu4_2, relative to the photo's own variation.

    Args:
        encoder: with its metric.
        style: (1, 3, H, W) RGB in [0, 1], both sides at least 32.
        photos: (B, 3, H, W), raw photos to compare with.
    """

    def __init__(self, encoder: VGG19, style: Tensor, photos: Tensor) -> None:
        self.encoder = encoder
        with torch.no_grad():
            features = encoder(style, LAYERS)
            self.target = {layer: self._moments(layer, features[layer]) for layer in LAYERS}
            raw = self._errors(encoder(photos, LAYERS)).mean(0)  # (layers, 3)
        self.raw, self.capped = (
            raw[:, 2].sum().clamp_min(LEAST_RAW),
            raw.clamp(max=1).sum(0).clamp_min(LEAST_RAW),
        )

    def _moments(self, layer: str, features: Tensor) -> Moments:
        """Of the features of one picture, through the metric."""
        metric = self.encoder.metric(layer)
        affine = None if metric is None else (metric.weight[:, :, 0, 0], metric.bias)
        return mean_and_covariance(features, eps=0.0, affine=affine)

    def _errors(self, found: Mapping[str, Tensor]) -> Tensor:
        """(B, layers, 3) of the features of a batch."""

        def of(layer: str) -> Tensor:
            each = [self._moments(layer, features) for features in found[layer].split(1)]
            return torch.stack([relative_errors(moments, self.target[layer]) for moments in each])

        return torch.stack([of(layer) for layer in LAYERS], 1)

    def __call__(self, painted: Tensor, photos: Tensor) -> Losses:
        """Of painted crops and their photos, (B, 3, H, W) each; with gradients for the first."""
        with torch.no_grad():
            own = self.encoder(photos, (CONTENT_LAYER,))[CONTENT_LAYER]
        found = self.encoder(painted, (*LAYERS, CONTENT_LAYER))
        errors = self._errors(found)
        style, left = (errors.sum(1) / self.capped).mean(1), errors[:, :, 2].sum(1) / self.raw
        return Losses(style, content_error(found[CONTENT_LAYER], own), left)


def relative_errors(found: Moments, wanted: Moments) -> Tensor:
    """Relative squared errors (3,) of mean, covariance and Gram matrix."""
    (mean, spread), (aim, aim_spread) = found, wanted
    gram, aim_gram = spread + torch.outer(mean, mean), aim_spread + torch.outer(aim, aim)
    pairs = ((mean, aim), (spread, aim_spread), (gram, aim_gram))
    sizes = [its.square().sum().clamp_min(LEAST_SIZE) for _, its in pairs]
    errors = [(own - its).square().sum() for own, its in pairs]
    return torch.stack(errors) / torch.stack(sizes)


def content_cost(content: Tensor, freedom: Tensor) -> Tensor:
    """(B,) what content losses add to the loss."""
    return content_weight(freedom) * content + BEYOND * (content - MOST_CONTENT).clamp_min(0)
