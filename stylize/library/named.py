"""A style of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .spellings import CHINESE, searched

if TYPE_CHECKING:
    from ..image import Picture
    from ..statistics import MeanStd


@dataclass(frozen=True)
class NamedStyle:
    """A style of the library.

    ``name`` is what commands and recipes call it: the painter's name, with a number or a word after it
    for all but the most typical. ``artist`` and ``about``, a few words on how it looks, are English;
    ``artist_zh`` and ``about_zh`` are Chinese. ``born`` and ``died`` are years, the first uncertain if
    ``circa``. ``thumbnail`` is a JPEG of some 256 pixels. ``sha256`` is of the statistics. ``encoder`` is
    the sha256 of the encoder whose statistics are wanted, empty for the library's first.
    """

    name: str
    painter: str
    artist: str
    artist_zh: str
    about: str
    about_zh: str
    born: int
    died: int
    circa: bool
    thumbnail: Path
    sha256: str
    encoder: str = ""

    @property
    def title(self) -> str:
        """In English: ``"Claude Monet: blue and green"``."""
        return f"{self.artist}: {self.about}"

    @property
    def title_zh(self) -> str:
        """In Chinese."""
        return f"{self.artist_zh}：{self.about_zh}"

    @property
    def keywords(self) -> str:
        """The text in which a search looks for a painter or a look, in English and Chinese."""
        other = CHINESE.get(self.painter, "")
        return searched(self.artist, self.artist_zh, other, self.about, self.about_zh, self.name)

    @property
    def years(self) -> str:
        """Such as ``"1840–1926"``, or ``"c. 1488–1576"``."""
        return f"{'c. ' if self.circa else ''}{self.born}–{self.died}"

    def called(self, language: str) -> str:
        """The title in a language, ``"en"`` or ``"zh"``."""
        return self.title_zh if language == "zh" else self.title

    def with_encoder(self, encoder_sha256: str) -> NamedStyle:
        """The style with the statistics of another encoder, one that :func:`fits`."""
        return replace(self, encoder=encoder_sha256)

    def statistics(self) -> Mapping[str, MeanStd]:
        """Mean and standard deviation of the encoder's features, by layer such as ``"relu4_1"``, each
        (1, C, 1, 1) float32 on the CPU. Raises WeightsError."""
        from . import statistics

        return statistics.of(self)

    def picture(self) -> Picture:
        """The sample, for networks that the statistics do not fit. Raises PictureError."""
        from ..image import load

        return load(self.thumbnail)
