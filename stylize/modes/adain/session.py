"""AdaIN of one content: encoded once, rendered in as many styles, mixes and strengths as are asked for.

Runs, batches, sweeps and sliders render by an :class:`AdaINSession`, so that all of them come to the same
picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Generic

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from ... import library
from ...errors import Note
from ...inputs import StyleInput
from ...library import NamedStyle
from ..named import (
    Given,
    Pictured,
    for_encoder,
    is_as_read,
    parts,
    picture_note,
    recolored,
    reduced,
    sample_note,
    taught_source,
)
from .spec import LONGEST, AdaINSettings
from .steps import C, S, Steps
from .transfer import STRIDE

# Rendering at several offsets of the feature grid and averaging ("cycle spinning", Coifman and Donoho
# 1995) takes away the pattern that a decoder leaves at the grid's own period.
SHIFTS = ((0, 0), (STRIDE // 2, STRIDE // 2), (0, STRIDE // 2), (STRIDE // 2, 0))

# Statistics of the style pictures that somebody still holds, so that those of a folder of photos are computed
# once: by the picture and, within that, by its alpha, or the picture itself where it is opaque.
_known = WeakTensorKeyDictionary()

MOST_KEPT = 4  # sessions
MOST_BYTES = 250_000_000  # of the features that are kept, but for those of the last session


class AdaINSession(Generic[S, C]):
    """What AdaIN knows of a content, or of several of one size, and of the styles that it met.

    Args:
        network: encoder and decoder, or encoder and painter.
        content: (B, 3, H, W) RGB in [0, 1] at the working size.
        settings: the mode's; strength and freedom are arguments of :meth:`render`.
        style_side: the longer side in pixels at which styles are looked at.
        keep: whether features and statistics are kept, so that a second :meth:`render` only decodes.
    """

    def __init__(
        self,
        network: Steps[S, C],
        content: Tensor,
        settings: AdaINSettings,
        style_side: int,
        *,
        keep: bool = False,
    ) -> None:
        self.network, self.content, self.settings = network, content, settings
        self.style_side, self.keep = style_side, keep
        self.shifts = SHIFTS[: settings.passes]
        self._features: dict[tuple[int, int], C] = {}
        self._styles: dict[Hashable, S] = {}

    @property
    def steps(self) -> int:
        """How often :meth:`render` yields None."""
        height, width = self.content.shape[2:]
        return self.network.tiles(height, width) * (2 * len(self.shifts) - len(self._features))

    @property
    def size(self) -> int:
        """Of the features that are kept, in bytes."""
        return sum(map(self.network.nbytes, self._features.values()))

    def encode(self, styles: Sequence[Given]) -> Iterator[StyleInput[S]]:
        """The statistics of each style that counts.

        Raises:
            PictureError: for a picture in which there is nothing.
        """
        for style in styles:
            if style.weight:
                yield style.with_source(self._encoded_style(style))

    def note(self, styles: Sequence[Given]) -> Note | None:
        """What to say of styles of the library whose statistics belong to another encoder, and of learned
        styles whose picture is taken for them."""
        others = [each for each in styles if taught_source(each) and self._is_looked_at(each)]
        return (None if self._fits else sample_note(styles)) or picture_note(others)

    @torch.no_grad()
    def render(self, style: S, strength: float, freedom: float = 0.0) -> Iterator[Tensor | None]:
        """None after each tile of encoding and rendering, then the pictures: (B, 3, H, W) float32 in [0, 1],
        at the working size, on the CPU."""
        picture = torch.zeros_like(self.content)
        for shift in self.shifts:
            for features in self._encoded(shift):
                if features is None:
                    yield None
                    continue
                for result in self.network.render(features, style, strength, freedom):
                    if result is None:
                        yield None
                    else:
                        picture += result / len(self.shifts)
        yield picture

    def rendered(self, styles: Sequence[Given], settings: AdaINSettings) -> Tensor:
        """What :meth:`render` yields last for a mix of styles."""
        mixed = self.network.mix(list(self.encode(styles)))
        *_, picture = self.render(mixed, settings.strength, settings.freedom)
        assert picture is not None
        return picture

    def _encoded(self, shift: tuple[int, int]) -> Iterator[C | None]:
        """None after each tile, then the content's features; those alone where they are kept."""
        if shift in self._features:
            yield self._features[shift]
            return
        for features in self.network.encode_content(self.content, shift):
            if features is not None and self.keep:
                self._features[shift] = features
            yield features

    @property
    def _fits(self) -> bool:
        """Whether the library has statistics of this encoder."""
        return library.fits(self.network.encoder_sha256)

    def _encoded_style(self, style: Given) -> S:
        if not self.keep:
            return self._compute_style(style)
        if style.identity not in self._styles:
            self._styles[style.identity] = self._compute_style(style)
        return self._styles[style.identity]

    def _compute_style(self, style: Given) -> S:
        """The statistics of a style."""
        picture = for_encoder(style, self._fits, self.network.encoder_sha256).source
        if isinstance(picture, NamedStyle):
            return self.network.known(picture.name) or self.network.of_statistics(picture.statistics())
        if self.settings.color == "linear":
            return self.network.encode_style(recolored(reduced(picture, self.style_side), self.content))
        if taught := self._taught(style, picture):
            return taught
        if is_as_read(picture, style) and (learned := self.network.known(style.source.sha256)):
            return learned
        tensor, alpha = parts(picture)
        counts = tensor if alpha is None else alpha
        # Nothing tells whether those of inference mode are still the same.
        if tensor.is_inference() or counts.is_inference() or not self.network.encoder_sha256:
            return self.network.encode_style(reduced(picture, self.style_side))
        kept: dict[tuple[object, ...], S] = _known.setdefault(tensor, WeakTensorKeyDictionary()).setdefault(
            counts, {}
        )
        weights = self.network.encoder.conv1_1.weight
        versions = tensor._version, counts._version
        where = weights.device, weights.dtype, self.network.layers
        key = (type(self.network), self.network.style_key, *where, self.style_side, versions)
        if key not in kept:
            kept[key] = self.network.encode_style(reduced(picture, self.style_side))
        return kept[key]

    def _is_looked_at(self, style: Given) -> bool:
        """Whether the picture of a learned style is taken for it."""
        seen = for_encoder(style, self._fits, self.network.encoder_sha256).source
        return isinstance(seen, NamedStyle) or self._taught(style, seen) is None

    def _taught(self, style: Given, picture: Pictured) -> S | None:
        """What a user taught this network of a style, where ``picture``, which is looked at, is the whole."""
        learned = taught_source(style)
        if learned is None or self.settings.color == "linear" or not is_as_read(picture, style):
            return None
        return self.network.taught(learned)


AnySession = AdaINSession[Any, Any]


class SessionCache:
    """The sessions that were used last, by their keys. Not thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, AnySession] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable, make: Callable[[], AnySession]) -> AnySession:
        """The session of this key; ``make`` makes it where it is not kept. Those unused for longest go."""
        session = self._kept.pop(key, None) or make()
        if max(session.content.shape[2:]) > LONGEST:
            return session
        session.keep = True
        self._kept[key] = session
        self.trim()
        return session

    def trim(self) -> None:
        """Forgets the sessions unused for longest that are too many or too large; the last one stays."""
        while len(self._kept) > 1 and (len(self) > MOST_KEPT or self.size > MOST_BYTES):
            self._kept.popitem(last=False)

    @property
    def size(self) -> int:
        """Of all that is kept, in bytes."""
        return sum(each.size for each in self._kept.values())

    def clear(self) -> None:
        """Forgets all of them."""
        self._kept.clear()
