"""AdaIN: any style in one forward pass (Huang and Belongie, ICCV 2017).

``AdaIN.encode_style`` and ``AdaIN.encode_content`` once, ``AdaIN.render`` as often as the strength or the mix
changes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from ...device import send
from ...errors import SettingsError
from ...image import LearnedStyle
from ...inputs import StyleInput
from ...networks import VGG19, AdaINDecoder, style_code
from ...networks.adain import SKIP_LAYER, STYLE_CODE_LAYERS
from ...networks.tiles import count_tiles, run_tiled
from ...statistics import MeanStd, mean_std, position_weights, std_of_moments
from ..finish import pad_to_multiple, with_margin
from ..named import Pictured, changed, parts
from .spec import LEAST

DEEP_LAYER = "relu4_1"
STRIDE = 8  # pixels per feature at relu4_1
# Encoder and decoder see 30 pixels beyond a tile: 2 + 2*2 + 4*4 + 8.
HALO = 32
CORE = 1024
# Near a border the result depends on the network's padding. So the picture gets a margin, mirrored, that is
# cut off again.
MARGIN = 24


@dataclass(frozen=True)
class StyleStatistics:
    """Statistics of a style's features: mean and standard deviation, each (1, C, 1, 1) float32, by layer.

    relu4_1 always; an enriched decoder wants the layers of ``STYLE_CODE_LAYERS`` as well.
    """

    by_layer: Mapping[str, MeanStd]


@dataclass(frozen=True)
class Content:
    """The features of a content, or of several of one size, their statistics, the size in pixels, and how
    far down and right a picture begins in what was encoded.

    ``features`` are (B, C, h, w) at relu4_1's size; for an enriched decoder those at relu3_1 follow in
    the channels, each 2x2 positions of them as one.
    """

    features: Tensor
    statistics: StyleStatistics
    height: int
    width: int
    shift: tuple[int, int] = (0, 0)


def shares(weights: Sequence[float]) -> list[float]:
    """Weights of styles, divided by their sum. Raises SettingsError."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise SettingsError("Style weights must not be negative, and at least one must be above zero.")
    return [weight / total for weight in weights]


def mix(styles: Sequence[StyleInput[StyleStatistics]]) -> StyleStatistics:
    """The weighted mean of several styles (section 7.3); the weights are divided by their sum.

    The paper averages the AdaIN targets; these are linear in the statistics, so this is the same.
    """
    its = shares([style.weight for style in styles])

    def mean(layer: str, which: int) -> Tensor:
        parts = (each.source.by_layer[layer][which] * share for each, share in zip(styles, its, strict=True))
        return sum(parts, torch.zeros(()))

    layers = set.intersection(*(set(style.source.by_layer) for style in styles))
    return StyleStatistics({layer: (mean(layer, 0), mean(layer, 1)) for layer in layers})


class AdaIN:
    """Encoder and decoder with the three steps between them.

    ``encoder_sha256`` is that of the encoder's file: the library's statistics belong to one encoder.
    """

    def __init__(
        self, encoder: VGG19, decoder: AdaINDecoder, device: torch.device, encoder_sha256: str = ""
    ) -> None:
        self.encoder, self.decoder, self.device = encoder, decoder, device
        self.encoder_sha256 = encoder_sha256
        self.layers: tuple[str, ...] = (*STYLE_CODE_LAYERS, DEEP_LAYER) if decoder.enriched else (DEEP_LAYER,)

    @torch.no_grad()
    def encode_style(self, style: Pictured) -> StyleStatistics:
        """The statistics of a style picture, (1, 3, H, W) RGB in [0, 1], any size from 1x1, or of what counts
        of it."""
        picture, alpha = parts(style)
        if min(picture.shape[2:]) < LEAST:
            picture, alpha = parts(changed(style, lambda each: pad_to_multiple(each, 1, LEAST)))
        features = self.encoder(send(picture, self.device), self.layers)
        found = {
            layer: mean_std(each, weight=position_weights(alpha, each)) for layer, each in features.items()
        }
        return StyleStatistics(
            {layer: (mean.cpu(), deviation.cpu()) for layer, (mean, deviation) in found.items()}
        )

    mix = staticmethod(mix)

    @property
    def style_key(self) -> Hashable:
        """The encoder's file."""
        return self.encoder_sha256

    def known(self, key: str) -> StyleStatistics | None:
        """None: no style is known to this network by its name or its picture's sha256."""
        return None

    def taught(self, style: LearnedStyle) -> StyleStatistics | None:
        """None: such a network is not taught single styles."""
        return None

    def of_statistics(self, statistics: Mapping[str, MeanStd]) -> StyleStatistics:
        """A style of which mean and standard deviation of the features are known."""
        return StyleStatistics(statistics)

    @staticmethod
    def tiles(height: int, width: int) -> int:
        """In how many tiles a content of this size is encoded, and then rendered."""
        return count_tiles(height + 2 * MARGIN, width + 2 * MARGIN, CORE)

    @torch.no_grad()
    def encode_content(self, content: Tensor, shift: tuple[int, int] = (0, 0)) -> Iterator[Content | None]:
        """Features of (B, 3, H, W) pictures, RGB in [0, 1]; None after each tile, then the result."""
        height, width = content.shape[2:]
        padded = pad_to_multiple(with_margin(content, MARGIN, shift), STRIDE, LEAST)
        for packed in run_tiled(self._encode, padded, core=CORE, halo=HALO, scale=Fraction(1, STRIDE)):
            if packed is None:
                yield None
            else:
                features, own = self._unpack(packed, height + shift[0], width + shift[1])
                yield Content(features, own, height, width, (MARGIN + shift[0], MARGIN + shift[1]))

    @torch.no_grad()
    def render(
        self, content: Content, style: StyleStatistics, strength: float = 1.0, freedom: float = 0.0
    ) -> Iterator[Tensor | None]:
        """The pictures; None after each tile, then (B, 3, H, W) float32 in [0, 1] on the CPU.

        AdaIN (eq. 8): σ(s) (f − μ(f)) / σ(f) + μ(s), then towards the content by ``1 - strength``
        (eq. 14). Both are one affine map a channel. There is no ``freedom`` in it.
        """
        wanted = {
            layer: self._interpolated(content.statistics, style, layer, strength) for layer in self.layers
        }
        deep = _affine(content.statistics.by_layer[DEEP_LAYER], wanted[DEEP_LAYER])
        code = style_code(wanted) if self.decoder.enriched else None
        deep_channels = self.decoder.channels[3]

        def decode(features: Tensor) -> Tensor:
            shallow = None
            if self.decoder.enriched:
                shallow = F.pixel_shuffle(features[:, deep_channels:].float(), 2)
                scale, shift = _affine(content.statistics.by_layer[SKIP_LAYER], wanted[SKIP_LAYER])
                shallow = shallow * scale + shift
            target = features[:, :deep_channels].float() * deep[0] + deep[1]
            result: Tensor = self.decoder(target, shallow, code).float().clamp_(0, 1).cpu()
            return result

        top, left = content.shift
        core, halo = CORE // STRIDE, HALO // STRIDE
        for picture in run_tiled(decode, content.features, core=core, halo=halo, scale=Fraction(STRIDE)):
            yield (
                None
                if picture is None
                else picture[:, :, top : top + content.height, left : left + content.width]
            )

    @staticmethod
    def nbytes(content: Content) -> int:
        """Of its features."""
        return content.features.nbytes

    def _interpolated(
        self, own: StyleStatistics, style: StyleStatistics, layer: str, strength: float
    ) -> MeanStd:
        """The statistics between the content's and the style's."""
        pairs = zip(own.by_layer[layer], style.by_layer[layer], strict=True)
        mean, deviation = (mine.lerp(its.to(self.device), strength) for mine, its in pairs)
        return mean, deviation

    def _encode(self, picture: Tensor) -> Tensor:
        """What :meth:`_unpack` takes, all at the size of relu4_1, so that tiles can be put together."""
        features = self.encoder(send(picture, self.device), self.layers)
        packed = [features[DEEP_LAYER]]
        if self.decoder.enriched:
            packed.append(F.pixel_unshuffle(features[SKIP_LAYER], 2))
            for layer in STYLE_CODE_LAYERS[:2]:
                large = features[layer]
                side = large.shape[2] // features[DEEP_LAYER].shape[2]
                # Means over 8x8 pixels: the whole picture's statistics are the means of these.
                packed += [F.avg_pool2d(each, side) for each in (large, large.square())]
        return torch.cat(packed, 1) if len(packed) > 1 else packed[0]

    def _unpack(self, packed: Tensor, height: int, width: int) -> tuple[Tensor, StyleStatistics]:
        """Features to decode, and the content's own statistics, without the margin's."""
        widths = self.decoder.channels
        first, bottom, right = (-(-n // STRIDE) for n in (MARGIN, MARGIN + height, MARGIN + width))
        inside = packed[:, :, first:bottom, first:right]
        deep, rest = inside[:, : widths[3]], inside[:, widths[3] :]
        found = {DEEP_LAYER: mean_std(deep)}
        if not self.decoder.enriched:
            return packed, StyleStatistics(found)
        shallow, *means = rest.split([4 * widths[2], widths[0], widths[0], widths[1], widths[1]], 1)
        found[SKIP_LAYER] = mean_std(F.pixel_shuffle(shallow, 2))
        for n, layer in enumerate(STYLE_CODE_LAYERS[:2]):
            mean, square = (each.float().mean((2, 3), keepdim=True) for each in means[2 * n : 2 * n + 2])
            found[layer] = (mean, std_of_moments(mean, square))
        return packed[:, : 4 * widths[2] + widths[3]], StyleStatistics(found)


def _affine(own: MeanStd, wanted: MeanStd) -> MeanStd:
    """Scale and shift that give features with ``own`` statistics those that are wanted."""
    scale = wanted[1] / own[1]
    return scale, wanted[0] - scale * own[0]
