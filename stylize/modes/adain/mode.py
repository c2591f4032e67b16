"""AdaIN: any style in one forward pass (Huang and Belongie, ICCV 2017).

``AdaIN.encode_style`` and ``AdaIN.encode_content`` once, ``AdaIN.render`` as often as a slider moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from ... import library
from ...device import Compute, choose, send
from ...errors import SettingsError
from ...inputs import Inputs
from ...library import NamedStyle
from ...networks import VGG19, AdaINDecoder, style_code
from ...networks.adain import SKIP_LAYER, STYLE_CODE_LAYERS
from ...networks.tiles import count_tiles, run_tiled
from ...progress import Progress
from ...statistics import MeanStd, mean_std, position_weights
from ...weights import zoo
from ..finish import pad_to_multiple, photo_of, working_picture
from ..memory import within_memory
from ..named import AnyStyle, Given, Pictured, changed, looked_at, parts, recoloured, usable
from .spec import LEAST, AdaINSettings, style_side

TAP = "relu4_1"
STRIDE = 8  # pixels per feature at relu4_1
# Encoder and decoder see 30 pixels beyond a tile: 2 + 2*2 + 4*4 + 8.
HALO = 32
CORE = 1024
# Networks draw a frame of some pixels along the borders of what they are given. So they are given a
# little more, mirrored, which is cut off.
MARGIN = 24
# Rendering at several offsets of the feature grid and averaging ("cycle spinning", Coifman and Donoho
# 1995) takes away the pattern that a decoder leaves at the grid's own period.
SHIFTS = ((0, 0), (STRIDE // 2, STRIDE // 2), (0, STRIDE // 2), (STRIDE // 2, 0))


# Of the style pictures that somebody still holds, so that a folder's are looked at once: by the picture and,
# within that, by what says how much of it counts, the picture itself where all of it does.
_known = WeakTensorKeyDictionary()


@dataclass(frozen=True)
class Style:
    """What AdaIN knows of a style: mean and standard deviation, each (1, C, 1, 1) float32, by tap.

    relu4_1 always; an enriched decoder wants the taps of ``STYLE_CODE_LAYERS`` as well.
    """

    moments: Mapping[str, MeanStd]


@dataclass(frozen=True)
class Content:
    """The features of a content, or of several of one size, their statistics, the size in pixels, and how
    far down and right a picture begins in what was encoded.

    ``features`` are (B, C, h, w) at relu4_1's size; for an enriched decoder those at relu3_1 follow in
    the channels, each 2x2 positions of them as one.
    """

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

    def mean(tap: str, which: int) -> Tensor:
        parts = (style.moments[tap][which] * (weight / total) for style, weight in styles)
        return sum(parts, torch.zeros(()))

    taps = set.intersection(*(set(style.moments) for style, _ in styles))
    return Style({tap: (mean(tap, 0), mean(tap, 1)) for tap in taps})


class AdaIN:
    """Encoder and decoder with the three steps between them.

    ``source`` is the sha256 of the encoder's file, which tells whether the library's statistics fit.
    """

    def __init__(self, encoder: VGG19, decoder: AdaINDecoder, device: torch.device, source: str = "") -> None:
        self.encoder, self.decoder, self.device, self.source = encoder, decoder, device, source
        self.layers = (*STYLE_CODE_LAYERS, TAP) if decoder.enriched else (TAP,)

    @torch.no_grad()
    def encode_style(self, style: Pictured) -> Style:
        """The statistics of a style picture, (1, 3, H, W) RGB in [0, 1], any size from 1x1, or of what counts
        of it."""
        picture, alpha = parts(style)
        if min(picture.shape[2:]) < LEAST:
            picture, alpha = parts(changed(style, lambda each: pad_to_multiple(each, 1, LEAST)))
        features = self.encoder(send(picture, self.device), self.layers)
        moments = {
            tap: mean_std(each, weight=position_weights(alpha, each)) for tap, each in features.items()
        }
        return Style({tap: (mean.cpu(), deviation.cpu()) for tap, (mean, deviation) in moments.items()})

    @torch.no_grad()
    def encode_content(self, content: Tensor, shift: tuple[int, int] = (0, 0)) -> Iterator[Content | None]:
        """Features of (B, 3, H, W) pictures, RGB in [0, 1]; None after each tile, then the result."""
        height, width = content.shape[2:]
        padded = pad_to_multiple(_with_margin(content, *shift), STRIDE, LEAST)
        for packed in run_tiled(self._encode, padded, core=CORE, halo=HALO, scale=Fraction(1, STRIDE)):
            if packed is None:
                yield None
            else:
                features, own = self._unpack(packed, height + shift[0], width + shift[1])
                yield Content(features, own, height, width, (MARGIN + shift[0], MARGIN + shift[1]))

    @torch.no_grad()
    def render(self, content: Content, style: Style, strength: float = 1.0) -> Iterator[Tensor | None]:
        """The pictures; None after each tile, then (B, 3, H, W) float32 in [0, 1] on the CPU.

        AdaIN (eq. 8): σ(s) (f − μ(f)) / σ(f) + μ(s), then towards the content by ``1 - strength``
        (eq. 14). Both are one affine map a channel.
        """
        wanted = {tap: self._towards(content.own, style, tap, strength) for tap in self.layers}
        deep = _affine(content.own.moments[TAP], wanted[TAP])
        code = style_code(wanted) if self.decoder.enriched else None
        wide = self.decoder.channels[3]

        def decode(features: Tensor) -> Tensor:
            shallow = None
            if self.decoder.enriched:
                shallow = F.pixel_shuffle(features[:, wide:].float(), 2)
                scale, shift = _affine(content.own.moments[SKIP_LAYER], wanted[SKIP_LAYER])
                shallow = shallow * scale + shift
            wished = features[:, :wide].float() * deep[0] + deep[1]
            return self.decoder(wished, shallow, code).float().clamp_(0, 1).cpu()

        top, left = content.shift
        core, halo = CORE // STRIDE, HALO // STRIDE
        for picture in run_tiled(decode, content.features, core=core, halo=halo, scale=Fraction(STRIDE)):
            yield (
                None
                if picture is None
                else picture[:, :, top : top + content.height, left : left + content.width]
            )

    def _towards(self, own: Style, style: Style, tap: str, strength: float) -> MeanStd:
        """The statistics between the content's and the style's."""
        pairs = zip(own.moments[tap], style.moments[tap], strict=True)
        mean, deviation = (mine.lerp(its.to(self.device), strength) for mine, its in pairs)
        return mean, deviation

    def _encode(self, picture: Tensor) -> Tensor:
        """What :meth:`_unpack` takes, all at the size of relu4_1, so that tiles can be put together."""
        features = self.encoder(send(picture, self.device), self.layers)
        packed = [features[TAP]]
        if self.decoder.enriched:
            packed.append(F.pixel_unshuffle(features[SKIP_LAYER], 2))
            for tap in STYLE_CODE_LAYERS[:2]:
                large = features[tap]
                side = large.shape[2] // features[TAP].shape[2]
                # Means over 8x8 pixels: the whole picture's statistics are the means of these.
                packed += [F.avg_pool2d(each, side) for each in (large, large.square())]
        return torch.cat(packed, 1) if len(packed) > 1 else packed[0]

    def _unpack(self, packed: Tensor, height: int, width: int) -> tuple[Tensor, Style]:
        """Features to decode, and the content's own statistics, without the margin's."""
        widths = self.decoder.channels
        first, bottom, right = (-(-n // STRIDE) for n in (MARGIN, MARGIN + height, MARGIN + width))
        inside = packed[:, :, first:bottom, first:right]
        deep, rest = inside[:, : widths[3]], inside[:, widths[3] :]
        moments = {TAP: mean_std(deep)}
        if not self.decoder.enriched:
            return packed, Style(moments)
        shallow, *means = rest.split([4 * widths[2], widths[0], widths[0], widths[1], widths[1]], 1)
        moments[SKIP_LAYER] = mean_std(F.pixel_shuffle(shallow, 2))
        for n, tap in enumerate(STYLE_CODE_LAYERS[:2]):
            mean, square = (each.float().mean((2, 3), keepdim=True) for each in means[2 * n : 2 * n + 2])
            moments[tap] = (mean, ((square - mean.square()).clamp(min=0) + 1e-5).sqrt())
        return packed[:, : 4 * widths[2] + widths[3]], Style(moments)


def _with_margin(picture: Tensor, top: int, left: int) -> Tensor:
    """The picture with a margin, at the top and the left wider by so many pixels."""
    pads = (MARGIN + left, MARGIN, MARGIN + top, MARGIN)
    large = min(picture.shape[2:]) > MARGIN + max(top, left)
    return F.pad(picture, pads, mode="reflect" if large else "replicate")


def _affine(own: MeanStd, wanted: MeanStd) -> MeanStd:
    """Scale and shift that give features with ``own`` statistics those that are wanted."""
    scale = wanted[1] / own[1]
    return scale, wanted[0] - scale * own[0]


def load(settings: AdaINSettings, compute: Compute | None = None) -> AdaIN:
    """The networks that the settings name, on the device. Raises WeightsError."""
    compute = compute or choose()
    encoder, decoder = zoo.adain(settings.network, compute)
    return AdaIN(encoder.network, decoder.network, compute.device, encoder.found.sha256)


def needs(settings: AdaINSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load. Raises WeightsError."""
    return zoo.pair(settings.network)


def run(inputs: Inputs, settings: AdaINSettings, compute: Compute | None = None) -> Iterator[Progress]:
    """Paint the content in the mixed styles.

    Args:
        inputs: a content of any size, and at least one style.

    Yields:
        A :class:`Progress` after each tile; the last has the picture at the working size, for
        :func:`finish.finished`.

    Raises:
        PictureError, SettingsError, WeightsError, MemoryLimitError.
    """
    if not inputs.styles:
        raise SettingsError("AdaIN needs a style picture: choose at least one.")
    compute, content = compute or choose(), photo_of(inputs, settings)
    longest = max(content.shape[2:])
    whole = min(settings.content_side or longest, longest)

    def attempt(side: int) -> Iterator[Progress]:
        style_side = max(LEAST, settings.style_side * side // whole)
        return _run(load(settings, compute), content, inputs.styles, settings, side, style_side)

    yield from within_memory(attempt, whole, LEAST, compute)


def _run(
    network: AdaIN,
    content: Tensor,
    given: Sequence[Given],
    settings: AdaINSettings,
    side: int,
    style_side: int,
) -> Iterator[Progress]:
    small = working_picture(content, settings.content_side, side)
    tiles = count_tiles(small.shape[2] + 2 * MARGIN, small.shape[3] + 2 * MARGIN, CORE)
    shifts = SHIFTS[: settings.passes]
    total = len(given) + 2 * tiles * len(shifts) + 1
    step = 0
    encoded = []
    styles, note = usable(given, library.fits(network.source), network.source)
    for style in styles:
        encoded.append((_style(network, style.source, small, settings, style_side), style.weight))
        step += 1
        yield Progress(step, total, note=note)
        note = None
    mixed, picture = mix(encoded), torch.zeros_like(small)
    for shift in shifts:
        for result in _one_pass(network, small, mixed, settings.strength, shift):
            if result is None:
                step += 1
                yield Progress(min(step, total - 1), total)
            else:
                picture += result / len(shifts)
    yield Progress(total, total, picture)


def run_batch(
    inputs: Sequence[Inputs], settings: AdaINSettings, compute: Compute | None = None
) -> list[Progress]:
    """What :func:`run` yields last for each of several contents, worked on at once; what there is to say
    comes with the first.

    Args:
        inputs: contents that are all of one size at the working size; the styles of the first serve for all.

    Raises:
        SettingsError, WeightsError, RuntimeError: the last if memory does not suffice.
    """
    network = load(settings, compute)
    photos = (photo_of(each, settings) for each in inputs)
    small = torch.cat([working_picture(each, settings.content_side) for each in photos])
    counting, note = usable(inputs[0].styles, library.fits(network.source), network.source)
    side = style_side(settings, (small.shape[3], small.shape[2]))
    mixed = mix([(_style(network, each.source, small, settings, side), each.weight) for each in counting])
    shifts = SHIFTS[: settings.passes]
    pictures = torch.zeros_like(small)
    for shift in shifts:
        for result in _one_pass(network, small, mixed, settings.strength, shift):
            if result is not None:
                pictures += result / len(shifts)
    parts = enumerate(pictures.split(1))
    return [Progress(1, 1, each.clone(), note=None if n else note) for n, each in parts]


def _style(network: AdaIN, style: AnyStyle, small: Tensor, settings: AdaINSettings, side: int) -> Style:
    """The statistics of a style that :func:`usable` let through."""
    if isinstance(style, NamedStyle):
        return Style(style.statistics())
    if settings.colour == "linear":
        return network.encode_style(recoloured(looked_at(style, side), small))
    picture, alpha = parts(style)
    counts = picture if alpha is None else alpha
    # Nothing tells whether those of inference mode are still the same.
    if picture.is_inference() or counts.is_inference() or not network.source:
        return look_at(network, style, side)
    known: dict[tuple[object, ...], Style] = _known.setdefault(picture, WeakTensorKeyDictionary()).setdefault(
        counts, {}
    )
    weights = network.encoder.conv1_1.weight
    versions = picture._version, counts._version
    key = (network.source, weights.device, weights.dtype, network.layers, side, versions)
    if key not in known:
        known[key] = look_at(network, style, side)
    return known[key]


def look_at(network: AdaIN, style: Pictured, side: int) -> Style:
    """The statistics of a style picture at a longer side of ``side`` pixels at most."""
    return network.encode_style(looked_at(style, side))


def _one_pass(
    network: AdaIN, content: Tensor, style: Style, strength: float, shift: tuple[int, int]
) -> Iterator[Tensor | None]:
    """None after each tile of encoding and rendering, then the picture."""
    for features in network.encode_content(content, shift):
        if features is None:
            yield None
        else:
            yield from network.render(features, style, strength)
