"""AdaIN: any style in one forward pass (Huang and Belongie, ICCV 2017).

``AdaIN.encode_style`` and ``AdaIN.encode_content`` once, ``AdaIN.render`` as often as a slider moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import zoo
from ..colour import match_linear
from ..device import Compute, choose
from ..errors import SettingsError
from ..image import fit
from ..networks import VGG19, AdaINDecoder, mean_and_deviation
from ..progress import Progress
from ..tiles import count_tiles, run_tiled
from .finish import keep_colours, pad_to_multiple, to_full_size, working_picture
from .memory import within_memory
from .options import AdaINSettings

Settings = AdaINSettings

TAP = "relu4_1"
STRIDE = 8  # pixels per feature at relu4_1
LEAST = 16  # two features a side, which reflection padding needs
# Encoder and decoder see 30 pixels beyond a tile: 2 + 2*2 + 4*4 + 8.
HALO = 32
CORE = 1024
# Rendering at several offsets of the feature grid and averaging ("cycle spinning", Coifman and Donoho
# 1995) takes away the pattern that a decoder leaves at the grid's own period.
SHIFTS = ((0, 0), (STRIDE // 2, STRIDE // 2), (0, STRIDE // 2), (STRIDE // 2, 0))


@dataclass(frozen=True)
class Style:
    """What AdaIN knows of a style: mean and standard deviation at relu4_1, each (1, C, 1, 1) float32."""

    mean: Tensor
    deviation: Tensor


@dataclass(frozen=True)
class Content:
    """A content's features at relu4_1, (1, C, h, w), their statistics, the picture's size in pixels, and
    how far the picture was moved down and right before it was encoded."""

    features: Tensor
    own: Style
    height: int
    width: int
    shift: tuple[int, int] = (0, 0)


def mix(styles: Sequence[tuple[Style, float]]) -> Style:
    """The weighted mean of several styles (section 7.3); the weights are divided by their sum.

    The paper averages the AdaIN targets; these are linear in the statistics, so this is the same.
    """
    total = sum(weight for _, weight in styles)
    if not styles or total <= 0 or any(weight < 0 for _, weight in styles):
        raise SettingsError("Style weights must not be negative, and at least one must be above zero.")
    return Style(
        sum((style.mean * (weight / total) for style, weight in styles), torch.zeros(())),
        sum((style.deviation * (weight / total) for style, weight in styles), torch.zeros(())),
    )


class AdaIN:
    """Encoder and decoder with the three steps between them."""

    def __init__(self, encoder: VGG19, decoder: AdaINDecoder, device: torch.device) -> None:
        self.encoder, self.decoder, self.device = encoder, decoder, device

    @torch.no_grad()
    def encode_style(self, style: Tensor) -> Style:
        """The statistics of a style picture, (1, 3, H, W) RGB in [0, 1], any size from 1x1."""
        height, width = style.shape[2:]
        if min(height, width) < LEAST:
            style = pad_to_multiple(style, 1, LEAST)
        mean, deviation = mean_and_deviation(self._encode(style))
        return Style(mean.cpu(), deviation.cpu())

    @torch.no_grad()
    def encode_content(self, content: Tensor, shift: tuple[int, int] = (0, 0)) -> Iterator[Content | None]:
        """Features of a (1, 3, H, W) picture, RGB in [0, 1]; None after each tile, then the result."""
        height, width = content.shape[2:]
        moved = F.pad(content, (shift[1], 0, shift[0], 0), mode="replicate")
        padded = pad_to_multiple(moved, STRIDE, LEAST)
        for features in run_tiled(self._encode, padded, core=CORE, halo=HALO, scale=Fraction(1, STRIDE)):
            yield (
                None
                if features is None
                else Content(features, Style(*mean_and_deviation(features)), height, width, shift)
            )

    @torch.no_grad()
    def render(self, content: Content, style: Style, strength: float = 1.0) -> Iterator[Tensor | None]:
        """The picture; None after each tile, then (1, 3, H, W) float32 in [0, 1] on the CPU.

        AdaIN (eq. 8): σ(s) (f − μ(f)) / σ(f) + μ(s), then towards the content by ``1 - strength``
        (eq. 14). Both are one affine map a channel.
        """
        gain = style.deviation.to(self.device) / content.own.deviation
        scale = strength * gain + (1 - strength)
        shift = strength * (style.mean.to(self.device) - gain * content.own.mean)

        def decode(features: Tensor) -> Tensor:
            return self.decoder(features.float() * scale + shift).float().clamp_(0, 1).cpu()

        top, left = content.shift
        core, halo = CORE // STRIDE, HALO // STRIDE
        for picture in run_tiled(decode, content.features, core=core, halo=halo, scale=Fraction(STRIDE)):
            yield (
                None
                if picture is None
                else picture[:, :, top : top + content.height, left : left + content.width]
            )

    def _encode(self, picture: Tensor) -> Tensor:
        return self.encoder(picture.to(self.device), (TAP,))[TAP]


def load(settings: AdaINSettings, compute: Compute | None = None) -> AdaIN:
    """The networks that the settings name, on the device. Raises WeightsError."""
    compute = compute or choose()
    encoder, decoder = zoo.adain(settings.network, compute)
    return AdaIN(encoder.network, decoder.network, compute.device)


def needs(settings: AdaINSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load. Raises WeightsError."""
    return zoo.pair(settings.network)


def run(
    content: Tensor,
    styles: Sequence[tuple[Tensor, float]],
    settings: AdaINSettings,
    compute: Compute | None = None,
) -> Iterator[Progress]:
    """Paint ``content`` in the mixed ``styles``.

    Args:
        content: (1, 3, H, W) RGB in [0, 1], any size.
        styles: pictures alike, each with its weight; at least one.

    Yields:
        A :class:`Progress` after each tile; the last has the picture, of the content's size or of the
        working size as the settings say.

    Raises:
        SettingsError, WeightsError, MemoryLimitError.
    """
    if not styles:
        raise SettingsError("AdaIN needs a style picture: choose at least one.")
    compute = compute or choose()
    longest = max(content.shape[2:])
    whole = min(settings.content_side or longest, longest)

    def attempt(side: int) -> Iterator[Progress]:
        style_side = max(LEAST, settings.style_side * side // whole)
        return _run(load(settings, compute), content, styles, settings, side, style_side)

    yield from within_memory(attempt, whole, LEAST, compute)


def _run(
    network: AdaIN,
    content: Tensor,
    styles: Sequence[tuple[Tensor, float]],
    settings: AdaINSettings,
    side: int,
    style_side: int,
) -> Iterator[Progress]:
    small = working_picture(content, side)
    tiles = count_tiles(small.shape[2], small.shape[3], CORE)
    shifts = SHIFTS[: settings.passes]
    total = len(styles) + 2 * tiles * len(shifts) + 1
    step = 0
    encoded = []
    for style, weight in ((style, weight) for style, weight in styles if weight):
        if settings.colour == "linear":
            style = match_linear(style, small)
        encoded.append((network.encode_style(fit(style, style_side)), weight))
        step += 1
        yield Progress(step, total)
    mixed, picture = mix(encoded), torch.zeros_like(small)
    for shift in shifts:
        for result in _one_pass(network, small, mixed, settings.strength, shift):
            if result is None:
                step += 1
                yield Progress(min(step, total - 1), total)
            else:
                picture += result / len(shifts)
    picture = keep_colours(to_full_size(picture, content, settings), content, settings.colour)
    yield Progress(total, total, picture)


def _one_pass(
    network: AdaIN, content: Tensor, style: Style, strength: float, shift: tuple[int, int]
) -> Iterator[Tensor | None]:
    """None after each tile of encoding and rendering, then the picture."""
    for features in network.encode_content(content, shift):
        if features is None:
            yield None
        else:
            yield from network.render(features, style, strength)
