"""VGG-19 (Simonyan and Zisserman 2015) as a feature extractor with named layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .cpu_kernels import REFLECT, conv2d, max_pool2d

FULL = (64, 128, 256, 512, 512)
HALF = (32, 64, 128, 256, 256)
QUARTER = (16, 32, 64, 128, 128)
DEPTHS = (2, 2, 4, 4, 4)  # convolutions in each block
_BLOCKS = {f"{block}_{n}": block for block, depth in enumerate(DEPTHS, 1) for n in range(1, depth + 1)}
CONVOLUTIONS = tuple(_BLOCKS)  # "1_1" to "5_4", shallow to deep
# Features are taken after a convolution's ReLU and named for it: "relu4_1" is what follows convolution "4_1".
CONVOLUTION_OF = {"relu" + name: name for name in CONVOLUTIONS}
BLOCK_OF = {"relu" + name: block for name, block in _BLOCKS.items()}
_POOLED = tuple(f"{block}_1" for block in range(2, len(DEPTHS) + 1))  # convolutions after a pooling
PADDINGS = ("reflect", "zeros", "replicate-first")
# Average and L2 pooling weaken the activations; these factors bring them back to max pooling's size.
POOLINGS = {"max": 1.0, "average": 2.0, "l2": 0.78}


@dataclass(frozen=True)
class Normalization:
    """What a network expects of its input, as an affine map of RGB in [0, 1]: ``matrix @ rgb + bias``."""

    matrix: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float]


def _diagonal(scale: Sequence[float]) -> tuple[tuple[float, float, float], ...]:
    return ((scale[0], 0.0, 0.0), (0.0, scale[1], 0.0), (0.0, 0.0, scale[2]))


_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALIZATIONS: dict[str, Normalization | None] = {
    "none": None,
    "imagenet": Normalization(
        _diagonal([1 / s for s in _STD]),
        tuple(-m / s for m, s in zip(_MEAN, _STD, strict=True)),  # type: ignore[arg-type]
    ),
    # Caffe's: BGR in 0..255 minus the mean.
    "caffe": Normalization(
        ((0.0, 0.0, 255.0), (0.0, 255.0, 0.0), (255.0, 0.0, 0.0)), (-103.939, -116.779, -123.68)
    ),
}


class Metric(nn.Module):
    """An affine map R x + c of features x, after which distances are those of a larger network's features.

    Where W x + b approximates the larger network's features, R is the triangular factor of W = Q R and
    c = Qᵀ b: differences have the same length under R as under W, in as many channels as x has.

    Args:
        channels: C of the features.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.eye(channels)[:, :, None, None])
        self.register_buffer("bias", torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape in float32."""
        return F.conv2d(features.float(), self.weight, self.bias)


def metric_of(weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """The state dict of a :class:`Metric`.

    Args:
        weight: W, (C', C, 1, 1).
        bias: b, (C',).

    Returns:
        ``weight`` (C, C, 1, 1) and ``bias`` (C,), float32 on the CPU; rows of zeros if C' < C.
    """
    channels = weight.shape[1]
    q, r = torch.linalg.qr(weight.flatten(1).cpu().double())
    matrix, offset = torch.zeros(channels, channels), torch.zeros(channels)
    matrix[: len(r)], offset[: len(r)] = r.float(), (q.mT @ bias.cpu().double()).float()
    return {"weight": matrix[:, :, None, None], "bias": offset}


class ReflectConv2d(nn.Conv2d):
    """A 3x3 convolution with reflection padding."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, D, H, W), both sides at least 2."""
        return conv2d(x, self.weight, self.bias, REFLECT)


class VGG19(nn.Module):
    """The convolutions of VGG-19 from conv1_1 up to ``last``, without the classifier.

    Args:
        channels: C of each of the five blocks.
        last: the deepest convolution, such as ``"4_1"``.
        padding: ``reflect`` at each convolution (as AdaIN's encoder), ``zeros`` (as trained), or
            ``replicate-first``: replicate before the first convolution and zeros elsewhere.
        pooling: ``max``, ``average`` or ``l2`` between the blocks.
        normalization: what the first convolution expects; None if it takes RGB in [0, 1] itself.
        metrics: layers for which it has a :class:`Metric`.

    Raises:
        ValueError: for another convolution, padding or pooling.
    """

    conv1_1: nn.Conv2d
    color_matrix: Tensor
    color_bias: Tensor

    def __init__(
        self,
        channels: Sequence[int] = FULL,
        last: str = "5_4",
        padding: str = "zeros",
        pooling: str = "max",
        normalization: Normalization | None = None,
        metrics: Iterable[str] = (),
    ) -> None:
        super().__init__()
        if padding not in PADDINGS or pooling not in POOLINGS or last not in CONVOLUTIONS:
            raise ValueError(f"unknown padding {padding!r}, pooling {pooling!r} or layer {last!r}")
        self.channels, self.last = tuple(channels), last
        self.padding, self.pooling = padding, pooling
        self.is_normalizing = normalization is not None
        normalization = normalization or Normalization(_diagonal((1.0, 1.0, 1.0)), (0.0, 0.0, 0.0))
        matrix = torch.tensor(normalization.matrix, dtype=torch.float32)[:, :, None, None]
        self.register_buffer("color_matrix", matrix, persistent=False)
        bias = torch.tensor(normalization.bias, dtype=torch.float32)
        self.register_buffer("color_bias", bias, persistent=False)
        in_channels, kind = 3, ReflectConv2d if padding == "reflect" else nn.Conv2d
        for layer in self.layers:
            out_channels = self.layer_channels(layer)
            self.add_module("conv" + CONVOLUTION_OF[layer], kind(in_channels, out_channels, 3))
            in_channels = out_channels
        for layer in metrics:
            self.add_module("metric" + CONVOLUTION_OF[layer], Metric(self.layer_channels(layer)))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the features that this network has, ``"relu1_1"`` and so on, shallow to deep."""
        return tuple(CONVOLUTION_OF)[: CONVOLUTIONS.index(self.last) + 1]

    def layer_channels(self, layer: str) -> int:
        """C of the features of a layer. Raises KeyError for a name that VGG-19 does not have."""
        return self.channels[BLOCK_OF[layer] - 1]

    def metric(self, layer: str) -> Metric | None:
        """The metric of a layer's features, where this network has one. Raises KeyError."""
        return getattr(self, "metric" + CONVOLUTION_OF[layer], None)

    def forward(self, x: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features by layer.

        Args:
            x: (B, 3, H, W) RGB in [0, 1]; values beyond that are tolerated. H and W at least 2 at the
                deepest layer wanted, so 16 for relu4_1 with reflection padding.
            layers: names such as ``"relu4_1"``; nothing below the deepest of them is computed.

        Returns:
            ``{layer: (B, C, H / 2^(block - 1), W / 2^(block - 1))}``, odd sides rounded down.

        Raises:
            KeyError: for a layer that this network does not have.
        """
        return self._through(self._normalize(x), CONVOLUTIONS, layers)

    def forward_from(self, x: Tensor, start: str, layers: Iterable[str]) -> dict[str, Tensor]:
        """The same from the features x of the layer ``start``, for layers that lie deeper."""
        first = CONVOLUTIONS.index(CONVOLUTION_OF[start]) + 1
        return self._through(x, CONVOLUTIONS[first:], layers)

    def _through(self, x: Tensor, convolutions: Sequence[str], layers: Iterable[str]) -> dict[str, Tensor]:
        wanted = set(layers)
        for layer in wanted - set(self.layers):
            raise KeyError(f"this encoder ends at relu{self.last} and has no {layer}")
        features: dict[str, Tensor] = {}
        for name in convolutions:
            if not wanted - set(features):
                break
            if name in _POOLED:
                x = self._pool(x)
            x = self._convolve(x, name).relu_()
            if "relu" + name in wanted:
                features["relu" + name] = x
        return features

    def _normalize(self, x: Tensor) -> Tensor:
        # In float32: bfloat16 would lose the difference to a mean of 104.
        if self.is_normalizing:
            x = F.conv2d(x.float(), self.color_matrix, self.color_bias)
        return x.to(self.conv1_1.weight.dtype).contiguous(memory_format=torch.channels_last)

    def _convolve(self, x: Tensor, name: str) -> Tensor:
        conv: nn.Conv2d = getattr(self, "conv" + name)
        if self.padding != "reflect" and (self.padding != "replicate-first" or name != "1_1"):
            return F.conv2d(x, conv.weight, conv.bias, padding=1)
        if self.padding == "replicate-first":
            x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        result: Tensor = conv(x)
        return result

    def _pool(self, x: Tensor) -> Tensor:
        if self.pooling == "max":
            return max_pool2d(x)
        if self.pooling == "average":
            return F.avg_pool2d(x, 2) * POOLINGS["average"]
        return F.lp_pool2d(x, 2.0, 2) * POOLINGS["l2"]

    def extra_repr(self) -> str:
        """What ``print`` shows beside the layers."""
        return f"last=relu{self.last}, padding={self.padding}, pooling={self.pooling}"
