"""One pass that paints: conditional instance normalization at a quarter and an eighth of the side.

Style transfer in one pass after Dumoulin, Shlens and Kudlur, "A Learned Representation for Artistic Style"
(2017): every normalization takes its gains and biases from the style. They follow linearly from a style code,
which is learned for a named style or predicted from the statistics of a style picture (Ghiasi et al.,
"Exploring the structure of a real-time, arbitrary neural artistic stylization network", 2017). How freely the
picture may leave the photo is a second input of the code, drawn anew for each crop in training (Babaeizadeh
and Ghiasi, "Adjustable Real-time Style Transfer", 2019).

Departures from these papers: the trunk never works at full size. Space-to-depth makes 48 channels of 4x4
pixels, the middle blocks work at an eighth of the side, and depth-to-space brings the picture back; so a
block sees strokes of a hundred pixels and more, and costs a sixteenth or less.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..statistics import mean_std

EPS = 1e-4  # added to variances; smaller values make blobs in even areas
FACTOR = 8  # both sides of an input are multiples of this
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")  # whose statistics make a code
LATER = 0.25  # the initial gain of a block's second normalization


class ConditionalInstanceNorm(nn.Module):
    """Instance normalization with a given gain and bias: ``bias + gain * (x - mean) / deviation``."""

    def __init__(self, channels: int, gain: float = 1.0) -> None:
        super().__init__()
        self.channels, self.gain = channels, gain

    def forward(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        """x (B, C, H, W) of any floating type, gain and bias (B, C) in float32; statistics are float32."""
        mean = x.mean((2, 3), keepdim=True, dtype=torch.float32)
        centered = x - mean.to(x.dtype)
        variance = centered.square().mean((2, 3), keepdim=True, dtype=torch.float32)
        scale = (gain[:, :, None, None] * (variance + EPS).rsqrt()).to(x.dtype)
        return torch.addcmul(bias[:, :, None, None].to(x.dtype), centered, scale)


class ConditionalResidualBlock(nn.Module):
    """A residual block of two 3x3 convolutions, each with a conditioned normalization."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = ConditionalInstanceNorm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = ConditionalInstanceNorm(channels, LATER)

    def forward(self, x: Tensor, film: Film) -> Tensor:
        """(B, C, H, W) to the same shape."""
        y = F.relu(film.apply(self.norm1, self.conv1(x)))
        return x + film.apply(self.norm2, self.conv2(y))


class Film:
    """Gains and biases of all normalizations of a :class:`Painter` for one batch, taken in order.

    Args:
        values: (B, 2 N), N the channels of all normalizations: deviations from the initial gains, then
            biases.
        norms: the normalizations in the order in which they are used.
    """

    def __init__(self, values: Tensor, norms: Sequence[ConditionalInstanceNorm]) -> None:
        gains, biases = values.float().chunk(2, 1)
        sizes = [norm.channels for norm in norms]
        self._parts = {
            norm: (norm.gain * (1 + gain), bias)
            for norm, gain, bias in zip(norms, gains.split(sizes, 1), biases.split(sizes, 1), strict=True)
        }

    def apply(self, norm: ConditionalInstanceNorm, x: Tensor) -> Tensor:
        """A normalization of x with what belongs to it."""
        gain, bias = self._parts[norm]
        result: Tensor = norm(x, gain, bias)
        return result


class Painter(nn.Module):
    """A photo and a style code to a painting.

    Args:
        widths: channels at a quarter and at an eighth of the side.
        blocks: residual blocks before, at, and after an eighth of the side.
        code: the length of a style code.
        statistics: the length of a vector of style statistics, see :func:`style_vector`.
        hidden: the width of the predictor.
    """

    def __init__(
        self,
        widths: tuple[int, int] = (64, 128),
        blocks: tuple[int, int, int] = (2, 4, 2),
        code: int = 128,
        statistics: int = 1472,
        hidden: int = 320,
    ) -> None:
        super().__init__()
        quarter, eighth = widths
        self.stem = nn.Conv2d(48, quarter, 3, padding=1, bias=False)
        self.stem_norm = ConditionalInstanceNorm(quarter)
        self.before = nn.ModuleList(ConditionalResidualBlock(quarter) for _ in range(blocks[0]))
        self.down = nn.Conv2d(4 * quarter, eighth, 1, bias=False)
        self.down_norm = ConditionalInstanceNorm(eighth)
        self.deep = nn.ModuleList(ConditionalResidualBlock(eighth) for _ in range(blocks[1]))
        self.up = nn.Conv2d(eighth, 4 * quarter, 1, bias=False)
        self.up_norm = ConditionalInstanceNorm(quarter, LATER)
        self.after = nn.ModuleList(ConditionalResidualBlock(quarter) for _ in range(blocks[2]))
        self.half_size = nn.Conv2d(quarter, 4 * 32, 3, padding=1, bias=False)
        self.half_size_norm = ConditionalInstanceNorm(32)
        self.full_size = nn.Conv2d(32, 4 * 16, 3, padding=1)
        self.out = nn.Conv2d(16, 3, 3, padding=1)
        self.norms = [each for each in self.modules() if isinstance(each, ConditionalInstanceNorm)]
        channels = sum(norm.channels for norm in self.norms)
        self.freedom = nn.Linear(code, code)
        self.film = nn.Linear(code, 2 * channels)
        self.photo = nn.Parameter(torch.zeros(code))  # the code that gives the photo back
        self.register_buffer("center", torch.zeros(statistics))
        self.register_buffer("scale", torch.ones(statistics))
        self.predictor = nn.Sequential(
            nn.Linear(statistics, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Linear(hidden, code),
        )
        self._initialize()

    center: Tensor
    scale: Tensor

    def _initialize(self) -> None:
        for conv in (each for each in self.modules() if isinstance(each, nn.Conv2d)):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        for conv in (
            self.up,
            self.half_size,
            self.full_size,
        ):  # all sub-pixels alike, or a grid shows (Aitken et al. 2017)
            conv.weight.data = conv.weight.data[::4].repeat_interleave(4, 0)
        nn.init.normal_(self.out.weight, std=0.02)
        nn.init.normal_(self.film.weight, std=0.02)
        nn.init.zeros_(self.freedom.weight)
        for layer in (self.out, self.film, self.freedom):
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def predict(self, statistics: Tensor) -> Tensor:
        """Style codes (B, code) from vectors of :func:`style_vector` (B, statistics)."""
        result: Tensor = self.predictor((statistics - self.center) / self.scale)
        return result

    def condition(self, codes: Tensor, freedom: Tensor) -> Tensor:
        """Gains and biases (B, 2 N) for style codes (B, code) and freedoms (B,).

        A freedom of -1 keeps most of the photo, 1 paints most freely, 0 is the default. The walk from
        ``condition(photo, 0)`` to the style's, linear, is the strength.
        """
        result: Tensor = self.film(codes + freedom[:, None] * self.freedom(codes))
        return result

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Paints.

        Args:
            x: (B, 3, H, W), RGB in [0, 1]; both sides multiples of ``FACTOR``.
            condition: (B, 2 N) of :meth:`condition`.

        Returns:
            (B, 3, H, W) in float32, RGB in [0, 1]. Within some 32 pixels of the rim it is not to be used.
        """
        film = Film(condition, self.norms)
        x = F.pixel_unshuffle((x * 2 - 1).to(self.stem.weight.dtype), 4)
        x = F.relu(film.apply(self.stem_norm, self.stem(x.contiguous(memory_format=torch.channels_last))))
        for block in self.before:
            x = block(x, film)
        y = self.down(F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last))
        y = F.relu(film.apply(self.down_norm, y))
        for block in self.deep:
            y = block(y, film)
        y = F.pixel_shuffle(self.up(y), 2).contiguous(memory_format=torch.channels_last)
        x = F.relu(x + film.apply(self.up_norm, y))
        for block in self.after:
            x = block(x, film)
        x = F.pixel_shuffle(self.half_size(F.relu(x)), 2).contiguous(memory_format=torch.channels_last)
        x = F.relu(film.apply(self.half_size_norm, x))
        x = F.pixel_shuffle(self.full_size(x), 2).contiguous(memory_format=torch.channels_last)
        return torch.sigmoid(self.out(F.relu(x)).float())


def style_vector(features: dict[str, Tensor]) -> Tensor:
    """Means and standard deviations of a style's features, as one vector a picture.

    Args:
        features: (B, C, H, W) of each layer of ``LAYERS``, by ``vgg19-half``.

    Returns:
        (B, 2 sum C) in float32: log(1 + mean) and log(1 + deviation), layer by layer.
    """
    parts = [part.flatten(1) for layer in LAYERS for part in mean_std(features[layer], eps=0.0)]
    return torch.cat(parts, 1).clamp_min(0).log1p()
