"""One pass that paints: conditional instance normalization at a quarter and an eighth of the side.

Style transfer in one pass after Dumoulin, Shlens and Kudlur, "A Learned Representation for Artistic Style"
(2017): every normalization takes its gains and biases from the style. They follow linearly from a style code,
which is learned for a named style or predicted from the statistics of a style picture (Ghiasi et al.,
"Exploring the structure of a real-time, arbitrary neural artistic stylization network", 2017). How freely the
picture may leave the photo is a second input of the code, drawn anew for each crop in training (Babaeizadeh
and Ghiasi, "Adjustable Real-time Style Transfer", 2019).

Departures from these papers: the trunk never works at full size. Space-to-depth makes 48 channels of 4x4
pixels, and the middle blocks work at an eighth of the side; so a block sees strokes of a hundred pixels and
more, and costs a sixteenth or less. The way back is bilinear, twice, with a small network at full size that
sees the photo again. Noise joins the maps at each of the four sizes (Ulyanov et al., "Texture Networks",
2016; Karras et al., "A Style-Based Generator", 2019): in an even area nothing else tells one position from
the next, and a network that must make texture there would make a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..statistics import MeanStd, mean_std
from .cpu_kernels import is_cpu_inference
from .polyphase import bilinear_kernel, pointwise_kernel, shuffled_kernel

EPS = 1e-4  # added to variances; smaller values make blobs in even areas
FACTOR = 8  # both sides of an input are multiples of this
RIM = 32  # pixels at the border of a picture that are not to be used
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")  # whose statistics make a code
NOISE = (4, 8)  # channels of noise at a quarter and at an eighth of the side
GRAIN = (2, 1)  # at half of the side and at full size
LATER = 0.25  # the initial gain of a block's second normalization


class ConditionalInstanceNorm(nn.Module):
    """Instance normalization with a given gain and bias: ``bias + gain * (x - mean) / deviation``."""

    def __init__(self, channels: int, gain: float = 1.0) -> None:
        super().__init__()
        self.channels, self.gain = channels, gain

    def forward(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        """x (B, C, H, W) of any floating type, gain and bias (B or 1, C) in float32, as statistics are."""
        return normalized(x, gain, bias)


def normalized(x: Tensor, gain: Tensor, bias: Tensor, group: int = 1) -> Tensor:
    """``bias + gain * (x - mean) / deviation``, the same for any number of threads.

    torch's group normalization is faster on the CPU, but its sums depend on how many threads there are.

    Args:
        x: (B, C, H, W) of any floating type.
        gain, bias: (B or 1, C) float32.
        group: how many neighboring channels share a mean and a deviation.
    """
    mean = _shared(x.mean((2, 3), dtype=torch.float32), group)
    centered = x - mean[:, :, None, None].to(x.dtype)
    variance = _shared(centered.square().mean((2, 3), dtype=torch.float32), group)
    scale = (gain * (variance + EPS).rsqrt())[:, :, None, None].to(x.dtype)
    return torch.addcmul(bias[:, :, None, None].to(x.dtype), centered, scale)


def _shared(values: Tensor, group: int) -> Tensor:
    """(B, C) means over each group of channels, in the place of each of them."""
    if group == 1:
        return values
    means: Tensor = values.unflatten(1, (-1, group)).mean(2)
    return means.repeat_interleave(group, 1)


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

    def __init__(self, values: Tensor, norms: Sequence[ConditionalInstanceNorm | Scale]) -> None:
        gains, biases = values.float().chunk(2, 1)
        sizes = [norm.channels for norm in norms]
        self._parts = {
            norm: (norm.gain * (1 + gain), bias)
            for norm, gain, bias in zip(norms, gains.split(sizes, 1), biases.split(sizes, 1), strict=True)
        }

    def of(self, norm: ConditionalInstanceNorm | Scale) -> tuple[Tensor, Tensor]:
        """Gain and bias (B, C) of a normalization."""
        return self._parts[norm]

    def apply(self, norm: ConditionalInstanceNorm | Scale, x: Tensor) -> Tensor:
        """A normalization of x with what belongs to it."""
        gain, bias = self.of(norm)
        result: Tensor = norm(x, gain, bias)
        return result


class Scale(nn.Module):
    """A gain and a bias for each channel, without normalization."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels, self.gain = channels, 1.0

    def forward(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        """x (B, C, H, W) of any floating type, gain and bias (B, C) in float32."""
        return torch.addcmul(bias[:, :, None, None].to(x.dtype), x, gain[:, :, None, None].to(x.dtype))


@dataclass(frozen=True)
class StyleTable:
    """Style codes that were learned with a network.

    Args:
        codes: (code,) float32 by name.
        pictures: names by the sha256 of the picture file that a code belongs to.
    """

    codes: Mapping[str, Tensor]
    pictures: Mapping[str, str]

    def find(self, key: str) -> Tensor | None:
        """The code of a name or of a picture's sha256, or None."""
        return self.codes.get(self.pictures.get(key, key))


@dataclass(frozen=True)
class Noise:
    """What tells positions apart: uniform numbers of mean 0 and variance 1.

    Args:
        quarter: (B or 1, ``NOISE[0]``, H / 4, W / 4).
        eighth: (B or 1, ``NOISE[1]``, H / 8, W / 8).
        half, full: (B or 1, ``GRAIN[0]``, H / 2, W / 2) and (B or 1, ``GRAIN[1]``, H, W), or None for a
            network that has no use for them.
    """

    quarter: Tensor
    eighth: Tensor
    half: Tensor | None = None
    full: Tensor | None = None

    def map(self, change: Callable[[Tensor], Tensor]) -> Noise:
        """All of it changed."""
        half = None if self.half is None else change(self.half)
        full = None if self.full is None else change(self.full)
        return Noise(change(self.quarter), change(self.eighth), half, full)


class PainterTrunk(nn.Module):
    """The convolutions and normalizations of a :class:`Painter`, without what conditions them.

    Args:
        widths: channels at a quarter and at an eighth of the side.
        blocks: residual blocks before, at, and after an eighth of the side.
        late: channels at half and at full size.
    """

    def __init__(
        self,
        widths: tuple[int, int] = (64, 128),
        blocks: tuple[int, int, int] = (2, 4, 2),
        late: tuple[int, int] = (32, 16),
        grain: bool = True,
    ) -> None:
        super().__init__()
        self.sizes, self.grain = (widths, blocks, late, grain), grain
        quarter, eighth = widths
        self.stem = nn.Conv2d(48 + NOISE[0], quarter, 3, padding=1, bias=False)
        self.stem_norm = ConditionalInstanceNorm(quarter)
        self.before = nn.ModuleList(ConditionalResidualBlock(quarter) for _ in range(blocks[0]))
        self.down = nn.Conv2d(4 * quarter + NOISE[1], eighth, 1, bias=False)
        self.down_norm = ConditionalInstanceNorm(eighth)
        self.deep = nn.ModuleList(ConditionalResidualBlock(eighth) for _ in range(blocks[1]))
        self.up = nn.Conv2d(eighth, quarter, 1, bias=False)
        self.up_norm = ConditionalInstanceNorm(quarter, LATER)
        self.after = nn.ModuleList(ConditionalResidualBlock(quarter) for _ in range(blocks[2]))
        self.narrow = nn.Conv2d(quarter, late[0], 3, padding=1, bias=False)
        self.middle = nn.Conv2d(late[0], late[0], 3, padding=1, padding_mode="replicate", bias=False)
        self.half_grain = nn.Conv2d(GRAIN[0], late[0], 3, padding=1, bias=False) if grain else None
        self.half_norm = ConditionalInstanceNorm(late[0])
        self.narrower = nn.Conv2d(late[0], late[1], 1, bias=False)
        self.full = nn.Conv2d(late[1] + 3, late[1], 3, padding=1, bias=False)
        self.full_grain = nn.Conv2d(GRAIN[1], late[1], 3, padding=1, bias=False) if grain else None
        self.full_scale = Scale(late[1])
        self.out = nn.Conv2d(late[1], 3, 3, padding=1)
        self.norms = [each for each in self.modules() if isinstance(each, ConditionalInstanceNorm | Scale)]

    def _initialize_trunk(self) -> None:
        for conv in (each for each in self.modules() if isinstance(each, nn.Conv2d)):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        nn.init.normal_(self.out.weight, std=0.02)
        for grain in (self.half_grain, self.full_grain):
            if grain is not None:
                nn.init.normal_(grain.weight, std=0.02)
        assert self.out.bias is not None
        nn.init.zeros_(self.out.bias)

    def noise_at(self, seed: int, height: int, width: int, top: int = 0, left: int = 0) -> Noise:
        """As :func:`noise_at`, without what this network has no use for."""
        return noise_at(seed, height, width, top, left, grain=self.grain)

    def paint(self, x: Tensor, condition: Tensor, noise: Noise) -> Tensor:
        """Paints.

        Args:
            x: (B, 3, H, W), RGB in [0, 1]; both sides multiples of ``FACTOR``.
            condition: (B, 2 N), deviations of all gains from their initial values, then biases.
            noise: as :func:`noise_at` makes it, or any other of that distribution.

        Returns:
            (B, 3, H, W) in float32, RGB in [0, 1]. Within ``RIM`` pixels of the border it is not to be used.
        """
        film = Film(condition, self.norms)
        dtype = self.stem.weight.dtype
        photo = _last(x.to(dtype) * 2 - 1)
        x = torch.cat([F.pixel_unshuffle(photo, 4), noise.quarter.to(dtype).expand(len(x), -1, -1, -1)], 1)
        x = F.relu(film.apply(self.stem_norm, self.stem(_last(x))))
        for block in self.before:
            x = block(x, film)
        y = torch.cat([F.pixel_unshuffle(x, 2), noise.eighth.to(x.dtype).expand(len(x), -1, -1, -1)], 1)
        y = F.relu(film.apply(self.down_norm, self.down(_last(y))))
        for block in self.deep:
            y = block(y, film)
        x = F.relu(x + film.apply(self.up_norm, _twice(self.up(y))))
        for block in self.after:
            x = block(x, film)
        x = self.narrow(F.relu(x))
        if is_cpu_inference(x, condition) and len(condition) == 1:
            return torch.sigmoid(self._end_for_cpu(x, photo, film, noise).float())
        x = self.middle(_twice(x))
        if self.half_grain is not None:
            assert noise.half is not None
            x = x + self.half_grain(noise.half.to(x.dtype))
        x = _twice(self.narrower(F.relu(film.apply(self.half_norm, x))))
        x = self.full(torch.cat([x, photo.to(x.dtype)], 1))
        if self.full_grain is not None:
            assert noise.full is not None
            x = x + self.full_grain(noise.full.to(x.dtype))
        x = F.relu(film.apply(self.full_scale, x))
        return torch.sigmoid(self.out(x).float())

    def _end_for_cpu(self, x: Tensor, photo: Tensor, film: Film, noise: Noise) -> Tensor:
        """The way from a quarter of the side to the picture before its sigmoid, in polyphase form: two thirds
        of it at a quarter of the side, the rest at half."""
        gain, bias = film.of(self.half_norm)
        maps, kernels = [F.pad(x, (1,) * 4, mode="replicate")], [bilinear_kernel(self.middle.weight)]
        if self.half_grain is not None:
            assert noise.half is not None
            maps.append(F.pad(_four(noise.half, x), (1,) * 4))
            kernels.append(shuffled_kernel(self.half_grain.weight))
        x = _conv(torch.cat(maps, 1), torch.cat(kernels, 1))
        x = normalized(x, gain.repeat_interleave(4, 1), bias.repeat_interleave(4, 1), 4)
        x = F.pixel_shuffle(_conv(x.relu_(), pointwise_kernel(self.narrower.weight)), 2)
        gain, bias = film.of(self.full_scale)
        weight = self.full.weight.float()
        maps = [x, _four(photo, x)]
        kernels = [bilinear_kernel(weight[:, : x.shape[1]]), shuffled_kernel(weight[:, x.shape[1] :])]
        if self.full_grain is not None:
            assert noise.full is not None
            maps.append(_four(noise.full, x))
            kernels.append(shuffled_kernel(self.full_grain.weight))
        kernel = torch.cat(kernels, 1) * gain[0].repeat_interleave(4)[:, None, None, None]
        x = _conv(torch.cat(maps, 1), kernel, bias[0].repeat_interleave(4), padding=1).relu_()
        assert self.out.bias is not None
        x = _conv(x, shuffled_kernel(self.out.weight), self.out.bias.float().repeat_interleave(4), padding=1)
        return F.pixel_shuffle(x, 2)


class Painter(PainterTrunk):
    """A photo and a style code to a painting.

    Args:
        widths, blocks, late, grain: of the trunk.
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
        late: tuple[int, int] = (32, 16),
        grain: bool = True,
    ) -> None:
        super().__init__(widths, blocks, late, grain)
        self.table = StyleTable({}, {})
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
        self._initialize_trunk()
        nn.init.normal_(self.film.weight, std=0.02)
        nn.init.zeros_(self.freedom.weight)
        for layer in (self.film, self.freedom):
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

    def forward(self, x: Tensor, condition: Tensor, noise: Noise) -> Tensor:
        """:meth:`paint` with gains and biases of :meth:`condition`."""
        return self.paint(x, condition, noise)


class PainterGenerator(PainterTrunk):
    """A photo to a picture of one domain: a painter whose gains and biases are parameters of its own.

    Args:
        widths, blocks, late, grain: of the trunk.
    """

    FACTOR, LEAST, MARGIN, SIDE = FACTOR, 2 * FACTOR, RIM, 512  # as a ResNetGenerator has them

    def __init__(
        self,
        widths: tuple[int, int] = (64, 128),
        blocks: tuple[int, int, int] = (2, 4, 2),
        late: tuple[int, int] = (32, 16),
        grain: bool = True,
    ) -> None:
        super().__init__(widths, blocks, late, grain)
        channels = sum(norm.channels for norm in self.norms)
        self.gain, self.bias = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))
        self._initialize_trunk()

    @torch.no_grad()
    def start_from(self, painter: Painter, code: Tensor, freedom: float) -> None:
        """Takes a painter's trunk, of the same widths, and its gains and biases for a style code (code,).

        Raises RuntimeError for other widths.
        """
        condition = painter.condition(code[None].float(), torch.tensor([freedom], device=code.device))
        gain, bias = condition[0].chunk(2)
        trunk = {key: painter.state_dict()[key] for key in self.state_dict() if key not in ("gain", "bias")}
        self.load_state_dict({**trunk, "gain": gain, "bias": bias})

    def forward(self, x: Tensor, noise: Noise | None = None) -> Tensor:
        """:meth:`paint`, with the noise of ``self.noise_at(0, H, W)`` where none is given."""
        if noise is None:
            noise = self.noise_at(0, *x.shape[2:]).map(lambda each: each.to(x.device))
        condition = torch.cat([self.gain, self.bias])[None].expand(len(x), -1)
        return self.paint(x, condition, noise)


def _last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _four(plane: Tensor, like: Tensor) -> Tensor:
    """(1 or B, C, 2 H, 2 W) as (B, 4 C, H, W) of the batch and type of a map."""
    four = F.pixel_unshuffle(plane.to(like.dtype), 2)
    return four.expand(len(like), -1, -1, -1)


def _conv(x: Tensor, kernel: Tensor, bias: Tensor | None = None, padding: int = 0) -> Tensor:
    """A convolution with a kernel (and a bias) of float32."""
    bias = None if bias is None else bias.to(x.dtype)
    return F.conv2d(_last(x), _last(kernel.to(x.dtype)), bias, padding=padding)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def noise_at(seed: int, height: int, width: int, top: int = 0, left: int = 0, *, grain: bool = True) -> Noise:
    """Noise of a rectangle of an endless plane: a function of the seed and the position alone.

    Args:
        seed: any integer; each gives a plane of its own.
        height, width: of the rectangle, pixels, multiples of ``FACTOR``.
        top, left: where it begins, pixels, multiples of ``FACTOR``; may be negative.
        grain: whether there is some at half and at full size, which is four fifths of all.

    Returns:
        Noise with a batch of one, float32, on the CPU.
    """

    def plane(channels: int, step: int) -> Tensor:
        ys = torch.arange(top // step, (top + height) // step)[None, :, None]
        xs = torch.arange(left // step, (left + width) // step)[None, None, :]
        cs = torch.arange(channels)[:, None, None] + step * 100
        return (_hashed(_hashed(_hashed(cs + seed * 1009) + ys) + xs) / 2**32 - 0.5)[None] * 12**0.5

    coarse = plane(NOISE[0], 4), plane(NOISE[1], 8)
    return Noise(*coarse, plane(GRAIN[0], 2), plane(GRAIN[1], 1)) if grain else Noise(*coarse)


def _hashed(x: Tensor) -> Tensor:
    """Integers to integers in [0, 2^32) that look random (the mixing of MurmurHash3, Appleby 2011)."""
    mask = 0xFFFFFFFF
    x = x & mask
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & mask
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & mask
    return x ^ (x >> 16)


def style_vector(features: dict[str, Tensor]) -> Tensor:
    """Means and standard deviations of a style's features, as one vector a picture.

    Args:
        features: (B, C, H, W) of each layer of ``LAYERS``, by ``vgg19-half``.

    Returns:
        (B, 2 sum C) in float32: log(1 + mean) and log(1 + deviation), layer by layer.
    """
    return vector_of({layer: mean_std(features[layer], eps=0.0) for layer in LAYERS})


def vector_of(statistics: Mapping[str, MeanStd]) -> Tensor:
    """The same from what is known already: mean and deviation, (B, C, 1, 1) each, of each layer."""
    parts = [part.flatten(1) for layer in LAYERS for part in statistics[layer]]
    return torch.cat(parts, 1).clamp_min(0).log1p()
