"""Adaptive instance normalisation and its decoder (Huang and Belongie, ICCV 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..statistics import MeanStd
from . import quick
from .vgg import FULL

# The mirror of VGG-19 from conv4_1 down to conv1_1; "up" doubles the size with the nearest pixel.
PLAN = ("4_1", "up", "3_4", "3_3", "3_2", "3_1", "up", "2_2", "2_1", "up", "1_2", "1_1")
DECONVS = tuple(step for step in PLAN if step != "up")


# Beyond the paper, for an enriched decoder: whose features join in after the first step up, whose
# statistics it is told, and after which convolutions these set gain and bias of each channel.
SHALLOW = "relu3_1"
TOLD = ("relu1_1", "relu2_1", "relu3_1")
MODULATED = ("3_1", "2_2", "2_1", "1_2")
TOLD_SCALE = 1 / 16  # brings some hundred statistics to a length at which one rate of learning serves all


class AdaINDecoder(nn.Module):
    """From features at relu4_1 back to a picture.

    An enriched decoder goes beyond the paper in two ways. Features at relu3_1, to which AdaIN was
    applied as well, join in where the map has their size: edges stay where they were. And the wanted
    statistics of the shallow taps set gain and bias of its channels, as in conditional instance
    normalisation (Dumoulin et al. 2017; Ghiasi et al. 2017): colours and fine texture need not be guessed
    from relu4_1.

    Args:
        channels: width of VGG-19's five blocks, as in the encoder it belongs to.
        padding: ``reflect`` or ``zeros``.
        enriched: whether it takes ``shallow`` and ``told``. New parts start at nought, so that it begins
            as the plain decoder whose weights it is given.
    """

    deconv4_1: nn.Conv2d

    def __init__(
        self, channels: Sequence[int] = FULL, padding: str = "reflect", enriched: bool = False
    ) -> None:
        super().__init__()
        if padding not in ("reflect", "zeros"):
            raise ValueError(f"unknown padding {padding!r}")
        self.channels, self.padding, self.enriched = tuple(channels), padding, enriched
        wide = self.channels[3]
        for step in DECONVS:
            out = self._width_after(step)
            self.add_module("deconv" + step, nn.Conv2d(wide, out, 3))
            wide = out
        if enriched:
            self._enrich()

    def _enrich(self) -> None:
        self.skip3_1 = nn.Conv2d(self.channels[2], self.channels[2], 3)
        told = 2 * sum(self.channels[int(tap[4]) - 1] for tap in TOLD)
        for step in MODULATED:
            self.add_module("tone" + step, nn.Conv2d(told, 2 * self._width_after(step), 1))
        for name, each in self.named_parameters():
            if name.startswith(("skip", "tone")):
                nn.init.zeros_(each)

    def _width_after(self, step: str) -> int:
        if step == "1_1":
            return 3
        block = int(step[0])
        return self.channels[block - 2] if step[2] == "1" else self.channels[block - 1]

    def forward(self, features: Tensor, shallow: Tensor | None = None, told: Tensor | None = None) -> Tensor:
        """Decode.

        Args:
            features: (B, C4, H, W) at relu4_1, both sides at least 2.
            shallow: (B, C3, 2H, 2W) at relu3_1; for an enriched decoder only.
            told: (B, 2 (C1 + C2 + C3), 1, 1), what :func:`tell` makes; for an enriched decoder only.

        Returns:
            (B, 3, 8H, 8W) RGB, not clamped.
        """
        dtype = self.deconv4_1.weight.dtype
        x = features.to(dtype)
        if quick.suits(x, self.deconv4_1.weight) and (told is None or len(told) == 1):
            return self._quickly(x, shallow, told)
        for step in PLAN:
            if step == "up":
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
                continue
            if step == "3_4" and self.enriched:
                assert shallow is not None
                x = x + self._convolve(shallow.to(dtype), self.skip3_1)
            x = self._convolve(x, getattr(self, "deconv" + step))
            if step in MODULATED and self.enriched:
                assert told is not None
                gain, bias = getattr(self, "tone" + step)((told * TOLD_SCALE).to(dtype)).chunk(2, 1)
                x = torch.addcmul(x + bias, x, gain)
            if step != DECONVS[-1]:
                x = F.relu(x, inplace=not x.requires_grad)
        return x

    def _quickly(self, x: Tensor, shallow: Tensor | None, told: Tensor | None) -> Tensor:
        """The same, in the forms of ``quick``."""
        for before, step in pairwise(("", *PLAN)):
            if step == "up":
                continue
            convolve, (weight, bias) = quick.convolve, self._toned(step, told)
            if step == DECONVS[-1]:
                convolve = quick.convolve_to_few
            elif step == "3_4" and self.enriched:
                assert shallow is not None
                x = F.interpolate(x, scale_factor=2.0, mode="nearest")
                x += self._convolve(shallow.to(x.dtype), self.skip3_1)
            elif before == "up":
                convolve = quick.convolve_doubled
            x = convolve(x, weight, bias, self.padding)
            if step != DECONVS[-1]:
                x.relu_()
        return x

    def _toned(self, step: str, told: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of a convolution, with the gain and the bias that come after it."""
        conv: nn.Conv2d = getattr(self, "deconv" + step)
        if step not in MODULATED or not self.enriched:
            return conv.weight, conv.bias
        assert told is not None
        assert conv.bias is not None
        weight, dtype = conv.weight, conv.weight.dtype
        gain, bias = getattr(self, "tone" + step)((told * TOLD_SCALE).to(dtype)).float().chunk(2, 1)
        gain = 1 + gain.flatten()
        bias = bias.flatten() + conv.bias.float() * gain
        return (weight.float() * gain[:, None, None, None]).to(dtype), bias.to(dtype)

    def _convolve(self, x: Tensor, conv: nn.Conv2d) -> Tensor:
        return quick.convolve(x, conv.weight, conv.bias, self.padding)


def tell(moments: Mapping[str, MeanStd]) -> Tensor:
    """Means and deviations of the shallow taps as one (B, D, 1, 1) map, for an enriched decoder."""
    return torch.cat([torch.cat(moments[tap], 1) for tap in TOLD], 1)
