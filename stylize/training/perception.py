"""What a domain of pictures typically looks like to an encoder: statistics of its features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import VGG19
from ..statistics import mean_std


class Typical(nn.Module):
    """The statistics of a domain's crops: in the middle, and how far they spread.

    The statistics of a crop are mean and deviation of each channel at some taps.
    """

    def __init__(self, network: VGG19, taps: Sequence[str]) -> None:
        super().__init__()
        self.taps = tuple(taps)
        for tap in self.taps:
            self.register_buffer("middle_" + tap, torch.zeros(2 * network.layer_channels(tap)))
            self.register_buffer("spread_" + tap, torch.ones(2 * network.layer_channels(tap)))

    @torch.no_grad()
    def measure(self, batches: Iterable[dict[str, Tensor]]) -> None:
        """From features by tap, batch by batch."""
        kept: dict[str, list[Tensor]] = {tap: [] for tap in self.taps}
        for features in batches:
            for tap in self.taps:
                kept[tap].append(_statistics(features[tap]))
        for tap, found in kept.items():
            every = torch.cat(found)
            spread = every.std(0, unbiased=False)
            getattr(self, "middle_" + tap).copy_(every.mean(0))
            # A channel that hardly ever answers has hardly any spread: none counts as tighter than a tenth.
            getattr(self, "spread_" + tap).copy_(spread.clamp(min=0.1 * float(spread.mean()) + 1e-6))

    def apart(self, features: dict[str, Tensor]) -> Tensor:
        """How far the statistics of crops are from the middle, in units of the spread: a scalar.

        Huber's loss, quadratic within one unit, mean over channels and samples, then over the taps.
        """
        found = []
        for tap in self.taps:
            middle, spread = getattr(self, "middle_" + tap), getattr(self, "spread_" + tap)
            units = (_statistics(features[tap]) - middle) / spread
            found.append(F.smooth_l1_loss(units, torch.zeros_like(units)))
        return torch.stack(found).mean()


def _statistics(features: Tensor) -> Tensor:
    """(B, C, H, W) to (B, 2 C) float32."""
    return torch.cat(mean_std(features), 1).flatten(1)


def content_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Squared difference of features, mean and deviation of each channel taken out: from 0 to 4, a scalar.

    Without them it asks for the same things in the same places and leaves the style free.
    """
    one, other = (F.instance_norm(each.float()) for each in (found, wanted))
    return F.mse_loss(one, other)
