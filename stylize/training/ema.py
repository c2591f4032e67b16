"""An exponential moving average of the weights of networks."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import nn


class ExponentialMovingAverage:
    """Copies of networks whose weights are averages over the steps.

    Args:
        networks: by name; they are copied.
        decay: at step n the weight of the average is min(decay, (1 + n) / (10 + n)), so that early weights
            are forgotten faster; 0 takes the last weights.
    """

    def __init__(self, networks: Mapping[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self.networks = {name: deepcopy(each).requires_grad_(False) for name, each in networks.items()}

    @torch.no_grad()
    def update(self, networks: Mapping[str, nn.Module], step: int) -> None:
        """Includes the weights after ``step``; buffers are copied."""
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        for name, each in networks.items():
            for kept, new in zip(self.networks[name].parameters(), each.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
            for own, buffer in zip(self.networks[name].buffers(), each.buffers(), strict=True):
                own.copy_(buffer)
