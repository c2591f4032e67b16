"""Adaptive instance normalization and its decoder (Huang and Belongie, ICCV 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..statistics import MeanStd, mean_std
from . import cpu_kernels as kernels
from .vgg import BLOCK_OF, FULL


@dataclass(frozen=True)
class _Layer:
    """A convolution of the decoder, the mirror of VGG-19's of the same name.

    ``out_block`` is the VGG block whose number of channels it has, 0 for RGB. ``upsampled`` layers come after
    nearest-neighbor upsampling by 2; ``film`` ones are modulated by the style code.
    """

    name: str
    out_block: int
    upsampled: bool = False
    film: bool = False


_LAYERS = (
    _Layer("4_1", 3),
    _Layer("3_4", 3, upsampled=True),
    _Layer("3_3", 3),
    _Layer("3_2", 3),
    _Layer("3_1", 2, film=True),
    _Layer("2_2", 2, upsampled=True, film=True),
    _Layer("2_1", 1, film=True),
    _Layer("1_2", 1, upsampled=True, film=True),
    _Layer("1_1", 0),
)
DECODER_CONVOLUTIONS = tuple(layer.name for layer in _LAYERS)  # first to last
SKIP_LAYER = "relu3_1"  # of the encoder, whose features an enriched decoder takes before "3_4"
STYLE_CODE_LAYERS = ("relu1_1", "relu2_1", "relu3_1")  # of the encoder
STYLE_CODE_SCALE = 1 / 16  # brings some hundred statistics to a size for which one learning rate suits all
_FILM = "tone"  # how weight files name the layers that make γ and β


class AdaINDecoder(nn.Module):
    """From features at relu4_1 back to a picture.

    Departures from the paper, for an enriched decoder: features at relu3_1, AdaIN applied to them as well,
    are added where the map has their size, which keeps edges in place; and the style code, the statistics of
    the shallow layers, sets scale and shift of its channels (FiLM), as in conditional instance normalization
    (Dumoulin et al. 2017; Ghiasi et al. 2017), so colors and fine texture need not be guessed from relu4_1.

    Args:
        channels: C of VGG-19's five blocks, as in the encoder that belongs to it.
        padding: ``reflect`` or ``zeros``.
        enriched: whether it takes ``skip`` and ``style_code``. Their layers start as zeros, so that it
            begins as the plain decoder whose weights it is given.

    Raises:
        ValueError: for another padding.
    """

    deconv4_1: nn.Conv2d

    def __init__(
        self, channels: Sequence[int] = FULL, padding: str = "reflect", enriched: bool = False
    ) -> None:
        super().__init__()
        if padding not in ("reflect", "zeros"):
            raise ValueError(f"unknown padding {padding!r}")
        self.channels, self.padding, self.enriched = tuple(channels), padding, enriched
        in_channels = self._block_channels(4)
        for layer in _LAYERS:
            out_channels = self._block_channels(layer.out_block)
            self.add_module("deconv" + layer.name, nn.Conv2d(in_channels, out_channels, 3))
            in_channels = out_channels
        if enriched:
            self._enrich()

    def _block_channels(self, block: int) -> int:
        return self.channels[block - 1] if block else 3

    def _enrich(self) -> None:
        skip = self._block_channels(3)
        self.skip3_1 = nn.Conv2d(skip, skip, 3)
        length = 2 * sum(self._block_channels(BLOCK_OF[layer]) for layer in STYLE_CODE_LAYERS)
        for layer in _LAYERS:
            if layer.film:
                out_channels = 2 * self._block_channels(layer.out_block)
                self.add_module(_FILM + layer.name, nn.Conv2d(length, out_channels, 1))
        for name, each in self.named_parameters():
            if name.startswith(("skip", _FILM)):
                nn.init.zeros_(each)

    def forward(
        self, features: Tensor, skip: Tensor | None = None, style_code: Tensor | None = None
    ) -> Tensor:
        """Decode.

        Args:
            features: (B, C4, H, W) at relu4_1, both sides at least 2.
            skip: (B, C3, 2H, 2W) at relu3_1; for an enriched decoder only.
            style_code: (B or 1, 2 (C1 + C2 + C3), 1, 1), what the function of that name gives; for an
                enriched decoder only.

        Returns:
            (B, 3, 8H, 8W) RGB, not clamped to [0, 1].
        """
        x = features.to(self.deconv4_1.weight.dtype)
        for layer in _LAYERS:
            x = self._apply_layer(layer, x, skip, style_code)
            if layer is not _LAYERS[-1]:
                x = F.relu(x, inplace=not x.requires_grad)
        return x

    def _apply_layer(self, layer: _Layer, x: Tensor, skip: Tensor | None, code: Tensor | None) -> Tensor:
        weight, bias = self._weights("deconv" + layer.name)
        film = self._film(layer, code)
        folded = film is not None and kernels.can_fold(x, weight, film[0])
        if film is not None and folded:
            weight, bias = kernels.fold_film(weight, bias, *film)
        if layer.name == "3_4" and self.enriched:
            x = kernels.conv2d(self._add_skip(kernels.upsample(x), skip), weight, bias, self.padding)
        elif layer.upsampled:
            x = kernels.upsample_conv2d(x, weight, bias, self.padding)
        elif layer.out_block == 0:
            x = kernels.few_channel_conv2d(x, weight, bias, self.padding)
        else:
            x = kernels.conv2d(x, weight, bias, self.padding)
        return x if film is None or folded else kernels.film(x, *film)

    def _add_skip(self, x: Tensor, skip: Tensor | None) -> Tensor:
        assert skip is not None
        weight, bias = self._weights("skip3_1")
        return x.add_(kernels.conv2d(skip.to(weight.dtype), weight, bias, self.padding))

    def _film(self, layer: _Layer, code: Tensor | None) -> tuple[Tensor, Tensor] | None:
        """γ and β, (B or 1, C, 1, 1), of a layer that is modulated."""
        if not layer.film or not self.enriched:
            return None
        assert code is not None
        weight, bias = self._weights(_FILM + layer.name)
        scale, shift = F.conv2d((code * STYLE_CODE_SCALE).to(weight.dtype), weight, bias).chunk(2, 1)
        return scale, shift

    def _weights(self, name: str) -> tuple[Tensor, Tensor]:
        conv = self.get_submodule(name)
        assert isinstance(conv, nn.Conv2d)
        assert conv.bias is not None
        return conv.weight, conv.bias


def style_code(statistics: Mapping[str, MeanStd]) -> Tensor:
    """What an enriched decoder is conditioned on: means and standard deviations of the shallow layers.

    Args:
        statistics: (B, C, 1, 1) each, at least for ``STYLE_CODE_LAYERS``.

    Returns:
        (B, 2 (C1 + C2 + C3), 1, 1) float32.
    """
    return torch.cat([torch.cat(statistics[layer], 1) for layer in STYLE_CODE_LAYERS], 1)


def adaptive_instance_norm(content: Tensor, style: MeanStd) -> Tensor:
    """AdaIN(x, y) = σ(y) (x − μ(x)) / σ(x) + μ(y) (eq. 8).

    Args:
        content: x, (B, C, H, W).
        style: μ(y) and σ(y), (B or 1, C, 1, 1) each.

    Returns:
        (B, C, H, W) float32.
    """
    mean, std = mean_std(content)
    return (content - mean) / std * style[1] + style[0]
