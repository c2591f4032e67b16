"""How far a painted picture is from a style and from its photo, for learning a style.

The distances are those of the full VGG-19, as the bundled encoder gives them through its metric
(:class:`stylize.networks.vgg.Metric`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks import VGG19
from ..networks.painter import LAYERS
from .painter_losses import (
    CONTENT_LAYER,
    LEAST_RAW,
    compared_moments,
    content_error,
    content_weight,
    style_errors,
)

SMOOTH = 0.01  # weight of the total variation
MOST_CONTENT, BEYOND = 1.1, 0.5  # a content loss beyond the first counts by this weight more


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
            self.target = compared_moments(encoder, encoder(style, LAYERS))
            raw = self._errors(encoder(photos, LAYERS)).mean(0)  # (layers, 3)
        self.raw = raw[:, 2].sum().clamp_min(LEAST_RAW)
        self.capped = raw.clamp(max=1).sum(0).clamp_min(LEAST_RAW)

    def _errors(self, features: dict[str, Tensor]) -> Tensor:
        """(B, layers, 3) of the features of a batch."""
        return style_errors(compared_moments(self.encoder, features), self.target)

    def __call__(self, painted: Tensor, photos: Tensor) -> Losses:
        """Of painted crops and their photos, (B, 3, H, W) each; with gradients for the first."""
        with torch.no_grad():
            own = self.encoder(photos, (CONTENT_LAYER,))[CONTENT_LAYER]
        found = self.encoder(painted, (*LAYERS, CONTENT_LAYER))
        errors = self._errors(found)
        style, left = (errors.sum(1) / self.capped).mean(1), errors[:, :, 2].sum(1) / self.raw
        return Losses(style, content_error(found[CONTENT_LAYER], own), left)


def content_cost(content: Tensor, freedom: Tensor) -> Tensor:
    """(B,) what content losses add to the loss."""
    return content_weight(freedom) * content + BEYOND * (content - MOST_CONTENT).clamp_min(0)
