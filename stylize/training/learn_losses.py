"""How far a painted picture is from a style and from its photo, for learning a style.

The distances are those of the full VGG-19, as the bundled encoder gives them through its metric
(:class:`stylize.networks.vgg.Metric`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..networks import VGG19
from ..networks.painter import LAYERS
from ..statistics import mean_and_covariance

CONTENT_LAYER = "relu4_2"
STRICT, DEFAULT, FREE = 0.8, 0.14, 0.03  # weights of the content at freedoms of -1, 0 and 1
SMOOTH = 0.01  # weight of the total variation
LEAST_RAW, LEAST_LAYER = 0.1, 0.02  # of what the errors of raw photos are divided by

Moments = dict[str, tuple[Tensor, Tensor]]  # mean (C,) and covariance (C, C), float32, by layer


@dataclass(frozen=True)
class Losses:
    """Of a batch, (B,) each: style is 1 for photos as they are, content 0."""

    style: Tensor
    content: Tensor


class StyleObjective:
    """Style and content losses of painted crops.

    Style: relative squared errors of means, covariances and Gram matrices at relu1_1 to relu5_1, divided by
    what raw photos have to the style; half of it is the ratio of the sums over the layers, half the mean of
    the layers' ratios. Content: squared error at relu4_2, relative to the photo's own variation.

    Args:
        encoder: with its metric.
        style: (1, 3, H, W) RGB in [0, 1], both sides at least 32.
        photos: (B, 3, H, W), raw photos to compare with.
    """

    def __init__(self, encoder: VGG19, style: Tensor, photos: Tensor) -> None:
        self.encoder = encoder
        with torch.no_grad():
            features = encoder(style, LAYERS)
            self.features = features  # of the style
            self.target = self.moments(features)[0]
            self.raw = self._errors(self.moments(encoder(photos, LAYERS))).mean(0)  # (layers, 3)

    def moments(self, features: Mapping[str, Tensor]) -> list[Moments]:
        """Statistics of each picture of a batch, through the metric."""
        count = len(next(iter(features.values())))
        return [{layer: self._moments(layer, features[layer][n : n + 1]) for layer in LAYERS}
                for n in range(count)]  # fmt: skip

    def _moments(self, layer: str, features: Tensor) -> tuple[Tensor, Tensor]:
        metric = self.encoder.metric(layer)
        affine = None if metric is None else (metric.weight[:, :, 0, 0], metric.bias)
        return mean_and_covariance(features, eps=0.0, affine=affine)

    def _errors(self, found: Sequence[Moments]) -> Tensor:
        """(B, layers, 3)."""
        return torch.stack(
            [torch.stack([relative_errors(each[layer], self.target[layer]) for layer in LAYERS])
             for each in found]
        )  # fmt: skip

    def __call__(self, painted: Tensor, photos: Tensor) -> Losses:
        """Of painted crops and their photos, (B, 3, H, W) each; with gradients for the first."""
        with torch.no_grad():
            own = self.encoder(photos, (CONTENT_LAYER,))[CONTENT_LAYER].float()
        found = self.encoder(painted, (*LAYERS, CONTENT_LAYER))
        errors = self._errors(self.moments(found))
        whole = errors.sum(1) / self.raw.sum(0).clamp_min(LEAST_RAW)
        each = (errors / self.raw.clamp_min(LEAST_LAYER)).mean(1)
        return Losses((0.5 * whole + 0.5 * each).mean(1), content_error(found[CONTENT_LAYER].float(), own))


def relative_errors(found: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """Relative squared errors (3,) of mean, covariance and Gram matrix."""
    (mean, spread), (aim, aim_spread) = found, wanted
    gram, aim_gram = spread + torch.outer(mean, mean), aim_spread + torch.outer(aim, aim)
    pairs = ((mean, aim), (spread, aim_spread), (gram, aim_gram))
    return torch.stack([(own - its).square().sum() / its.square().sum().clamp_min(1e-12) for own, its in pairs])


def content_error(found: Tensor, own: Tensor) -> Tensor:
    """(B,) squared error of features (B, C, H, W), relative to the photo's own variation."""
    spread = (own - own.mean((2, 3), keepdim=True)).square().sum((1, 2, 3))
    return (found - own).square().sum((1, 2, 3)) / spread.clamp_min(1e-3)


def content_weight(freedom: Tensor) -> Tensor:
    """The weight of the content loss at a freedom from -1 to 1."""
    strict, free = DEFAULT * (STRICT / DEFAULT) ** -freedom, DEFAULT * (FREE / DEFAULT) ** freedom
    return torch.where(freedom < 0, strict, free)


def roughness(x: Tensor) -> Tensor:
    """(B,) the mean squared difference of neighboring pixels."""
    across, down = x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]
    return across.square().mean((1, 2, 3)) + down.square().mean((1, 2, 3))
