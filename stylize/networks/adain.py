"""Adaptive instance normalisation and its decoder (Huang and Belongie, ICCV 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .vgg import FULL

# The mirror of VGG-19 from conv4_1 down to conv1_1; "up" doubles the size with the nearest pixel.
PLAN = ("4_1", "up", "3_4", "3_3", "3_2", "3_1", "up", "2_2", "2_1", "up", "1_2", "1_1")
DECONVS = tuple(step for step in PLAN if step != "up")


class AdaINDecoder(nn.Module):
    """From features at relu4_1 back to a picture.

    Args:
        channels: width of VGG-19's five blocks, as in the encoder it belongs to.
        padding: ``reflect`` or ``zeros``.
    """

    deconv4_1: nn.Conv2d

    def __init__(self, channels: Sequence[int] = FULL, padding: str = "reflect") -> None:
        super().__init__()
        if padding not in ("reflect", "zeros"):
            raise ValueError(f"unknown padding {padding!r}")
        self.channels, self.padding = tuple(channels), padding
        wide = self.channels[3]
        for step in DECONVS:
            out = self._width_after(step)
            self.add_module("deconv" + step, nn.Conv2d(wide, out, 3))
            wide = out

    def _width_after(self, step: str) -> int:
        if step == "1_1":
            return 3
        block = int(step[0])
        return self.channels[block - 2] if step[2] == "1" else self.channels[block - 1]

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) at relu4_1, both sides at least 2, to (B, 3, 8H, 8W) RGB, not clamped."""
        x = features.to(self.deconv4_1.weight.dtype)
        for step in PLAN:
            if step == "up":
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
                continue
            conv: nn.Conv2d = getattr(self, "deconv" + step)
            if self.padding == "reflect":
                x = conv(F.pad(x, (1, 1, 1, 1), mode="reflect"))
            else:
                x = F.conv2d(x, conv.weight, conv.bias, padding=1)
            if step != DECONVS[-1]:
                x = F.relu(x, inplace=not x.requires_grad)
        return x


def mean_and_deviation(features: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Per-channel mean and standard deviation over the positions, in float32.

    Args:
        features: (B, C, H, W).
        eps: added to the biased variance inside the root, so that a constant map has no zero.

    Returns:
        Two tensors of (B, C, 1, 1).
    """
    features = features.float()
    mean = features.mean((2, 3), keepdim=True)
    variance = features.var((2, 3), keepdim=True, unbiased=False)
    return mean, (variance + eps).sqrt()
