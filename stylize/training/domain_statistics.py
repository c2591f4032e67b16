"""Statistics of a domain of pictures, and losses of translations into it. Beyond the CycleGAN paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import VGG19
from ..statistics import mean_std


class DomainStatistics(nn.Module):
    """How the feature statistics of a domain's crops are distributed: mean and standard deviation.

    The statistics of a crop are mean and standard deviation of each channel of some layers, 2 C numbers each.

    Args:
        network: whose features they are.
        layers: names such as ``"relu4_1"``.
    """

    def __init__(self, network: VGG19, layers: Sequence[str]) -> None:
        super().__init__()
        self.layers = tuple(layers)
        for layer in self.layers:
            self.register_buffer("middle_" + layer, torch.zeros(2 * network.layer_channels(layer)))
            self.register_buffer("spread_" + layer, torch.ones(2 * network.layer_channels(layer)))

    @torch.no_grad()
    def measure(self, batches: Iterable[dict[str, Tensor]]) -> None:
        """From batches of features by layer, (B, C, H, W) each."""
        collected: dict[str, list[Tensor]] = {layer: [] for layer in self.layers}
        for features in batches:
            for layer in self.layers:
                collected[layer].append(_statistics(features[layer]))
        for layer, parts in collected.items():
            every = torch.cat(parts)
            std = every.std(0, unbiased=False)
            getattr(self, "middle_" + layer).copy_(every.mean(0))
            # Nearly dead channels hardly vary: no deviation counts as less than 1/10 of the average one.
            getattr(self, "spread_" + layer).copy_(std.clamp(min=0.1 * float(std.mean()) + 1e-6))

    def distance(self, features: dict[str, Tensor]) -> Tensor:
        """How far the statistics of crops are from the domain's mean, in standard deviations: a scalar.

        Huber's loss, quadratic up to one deviation; mean over channels and samples, then over the layers.

        Args:
            features: (B, C, H, W) by layer.
        """
        losses = []
        for layer in self.layers:
            mean, std = getattr(self, "middle_" + layer), getattr(self, "spread_" + layer)
            scores = (_statistics(features[layer]) - mean) / std
            losses.append(F.smooth_l1_loss(scores, torch.zeros_like(scores)))
        return torch.stack(losses).mean()


def _statistics(features: Tensor) -> Tensor:
    """(B, C, H, W) to (B, 2 C) float32."""
    return torch.cat(mean_std(features), 1).flatten(1)


def normalized_content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two (B, C, H, W) feature maps after instance normalization: from 0 to 4.

    Without mean and deviation of the channels it compares what is where and leaves the style free.
    """
    one, other = (F.instance_norm(each.float()) for each in (features, target))
    return F.mse_loss(one, other)
