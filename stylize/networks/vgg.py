"""VGG-19 (Simonyan and Zisserman 2015) as a feature extractor with named taps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import quick
from .padding import reflect

FULL = (64, 128, 256, 512, 512)
HALF = (32, 64, 128, 256, 256)
QUARTER = (16, 32, 64, 128, 128)
DEPTHS = (2, 2, 4, 4, 4)  # convolutions in each block
LAYERS = tuple(f"{block}_{n}" for block, depth in enumerate(DEPTHS, 1) for n in range(1, depth + 1))
PADDINGS = ("reflect", "zeros", "replicate-first")
# Average and L2 pooling weaken the activations; these factors bring them back to max pooling's size.
POOLINGS = {"max": 1.0, "average": 2.0, "l2": 0.78}


@dataclass(frozen=True)
class Normalisation:
    """What a network expects of its input, as an affine map of RGB in [0, 1]: ``matrix @ rgb + bias``."""

    matrix: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float]


def _diagonal(scale: Sequence[float]) -> tuple[tuple[float, float, float], ...]:
    return ((scale[0], 0.0, 0.0), (0.0, scale[1], 0.0), (0.0, 0.0, scale[2]))


_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALISATIONS: dict[str, Normalisation | None] = {
    "none": None,
    "imagenet": Normalisation(
        _diagonal([1 / s for s in _STD]),
        tuple(-m / s for m, s in zip(_MEAN, _STD, strict=True)),  # type: ignore[arg-type]
    ),
    # Caffe's: BGR in 0..255 minus the mean.
    "caffe": Normalisation(
        ((0.0, 0.0, 255.0), (0.0, 255.0, 0.0), (255.0, 0.0, 0.0)), (-103.939, -116.779, -123.68)
    ),
}


class Metric(nn.Module):
    """An affine map R x + c of features x, after which distances are those of a larger network's.

    Where W x + b comes closest to the larger network's features, R is the triangular factor of W = Q R
    and c = Qᵀ b: differences have the same length under R as under W, in as many channels as x has.

    Args:
        channels: of the features.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.eye(channels)[:, :, None, None])
        self.register_buffer("bias", torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same in float32."""
        return F.conv2d(features.float(), self.weight, self.bias)


def metric_of(weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """The state of a :class:`Metric` from W (C', C, 1, 1) and b (C',)."""
    wide = weight.shape[1]
    q, r = torch.linalg.qr(weight.flatten(1).cpu().double())
    matrix, offset = torch.zeros(wide, wide), torch.zeros(wide)
    matrix[: len(r)], offset[: len(r)] = r.float(), (q.mT @ bias.cpu().double()).float()
    return {"weight": matrix[:, :, None, None], "bias": offset}


class Reflecting(nn.Conv2d):
    """A convolution that reflects at the borders and keeps the size, in the quickest form there is."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, D, H, W), both sides larger than half the kernel."""
        if quick.suits(x, self.weight):
            return quick.convolve(x, self.weight, self.bias, quick.REFLECT)
        return self._conv_forward(reflect(x, 1), self.weight, self.bias)


class VGG19(nn.Module):
    """The convolutions of VGG-19 from conv1_1 up to ``last``, without the classifier.

    Args:
        channels: width of each of the five blocks.
        last: the deepest layer there is, such as ``"4_1"``.
        padding: ``reflect`` at each convolution (as AdaIN's encoder), ``zeros`` (as trained), or
            ``replicate-first``: replicate before the first convolution and zeros elsewhere.
        pooling: ``max``, ``average`` or ``l2`` between the blocks.
        normalisation: what the first convolution expects; None if it takes RGB in [0, 1] itself.
        metrics: taps of which it knows how a larger network sees them, see :class:`Metric`.
    """

    conv1_1: nn.Conv2d
    colour_matrix: Tensor
    colour_bias: Tensor

    def __init__(
        self,
        channels: Sequence[int] = FULL,
        last: str = "5_4",
        padding: str = "zeros",
        pooling: str = "max",
        normalisation: Normalisation | None = None,
        metrics: Iterable[str] = (),
    ) -> None:
        super().__init__()
        if padding not in PADDINGS or pooling not in POOLINGS or last not in LAYERS:
            raise ValueError(f"unknown padding {padding!r}, pooling {pooling!r} or layer {last!r}")
        self.channels, self.last = tuple(channels), last
        self.padding, self.pooling = padding, pooling
        self.normalised = normalisation is not None
        normalisation = normalisation or Normalisation(_diagonal((1.0, 1.0, 1.0)), (0.0, 0.0, 0.0))
        matrix = torch.tensor(normalisation.matrix, dtype=torch.float32)[:, :, None, None]
        self.register_buffer("colour_matrix", matrix, persistent=False)
        bias = torch.tensor(normalisation.bias, dtype=torch.float32)
        self.register_buffer("colour_bias", bias, persistent=False)
        wide, kind = 3, Reflecting if padding == "reflect" else nn.Conv2d
        for layer in LAYERS[: LAYERS.index(last) + 1]:
            out = self.channels[int(layer[0]) - 1]
            self.add_module("conv" + layer, kind(wide, out, 3))
            wide = out
        for tap in metrics:
            self.add_module("metric" + tap[4:], Metric(self.width(tap)))

    @property
    def taps(self) -> tuple[str, ...]:
        """The names of the features that this network has, shallow to deep."""
        return tuple("relu" + layer for layer in LAYERS[: LAYERS.index(self.last) + 1])

    def width(self, tap: str) -> int:
        """Channels of the features at a tap."""
        return self.channels[int(tap[4]) - 1]

    def metric(self, tap: str) -> Metric | None:
        """How a larger network sees the features at a tap, if this network knows it."""
        return getattr(self, "metric" + tap[4:], None)

    def forward(self, x: Tensor, taps: Iterable[str]) -> dict[str, Tensor]:
        """Features by name.

        Args:
            x: (B, 3, H, W) RGB in [0, 1], any range beyond it tolerated. H and W at least 2 at the
                deepest tap wanted, so 16 for relu4_1 with reflection padding.
            taps: names such as ``"relu4_1"``; nothing deeper than the deepest is computed.

        Returns:
            ``{tap: (B, C, H / 2^(block - 1), W / 2^(block - 1))}``, odd sides rounded down.

        Raises:
            KeyError: for a tap that this network does not have.
        """
        return self._through(self._normalise(x), LAYERS, taps)

    def deeper(self, x: Tensor, after: str, taps: Iterable[str]) -> dict[str, Tensor]:
        """The same from the features at the tap ``after``, for taps that lie deeper."""
        return self._through(x, LAYERS[LAYERS.index(after[4:]) + 1 :], taps)

    def _through(self, x: Tensor, layers: Sequence[str], taps: Iterable[str]) -> dict[str, Tensor]:
        wanted = set(taps)
        for tap in wanted - set(self.taps):
            raise KeyError(f"this encoder ends at relu{self.last} and has no {tap}")
        features: dict[str, Tensor] = {}
        for layer in layers:
            if not wanted - set(features):
                break
            if layer.endswith("_1") and layer != "1_1":
                x = self._pool(x)
            x = self._convolve(x, layer).relu_()
            if "relu" + layer in wanted:
                features["relu" + layer] = x
        return features

    def _normalise(self, x: Tensor) -> Tensor:
        # In float32: bfloat16 would lose the difference to a mean of 104.
        if self.normalised:
            x = F.conv2d(x.float(), self.colour_matrix, self.colour_bias)
        return x.to(self.conv1_1.weight.dtype).contiguous(memory_format=torch.channels_last)

    def _convolve(self, x: Tensor, layer: str) -> Tensor:
        conv: nn.Conv2d = getattr(self, "conv" + layer)
        if self.padding == "reflect":
            return conv(x)
        if self.padding == "replicate-first" and layer == "1_1":
            return conv(F.pad(x, (1, 1, 1, 1), mode="replicate"))
        return F.conv2d(x, conv.weight, conv.bias, padding=1)

    def _pool(self, x: Tensor) -> Tensor:
        if self.pooling == "max":
            return quick.max_pool(x) if quick.suits(x, x) else F.max_pool2d(x, 2)
        if self.pooling == "average":
            return F.avg_pool2d(x, 2) * POOLINGS["average"]
        return F.lp_pool2d(x, 2.0, 2) * POOLINGS["l2"]

    def extra_repr(self) -> str:
        """What ``print`` shows beside the layers."""
        return f"last=relu{self.last}, padding={self.padding}, pooling={self.pooling}"
