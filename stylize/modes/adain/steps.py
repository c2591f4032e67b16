"""What a :class:`~stylize.modes.adain.session.AdaINSession` asks of a network: the steps of AdaIN."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from torch import Tensor

from ...image import LearnedStyle
from ...inputs import StyleInput
from ...networks import VGG19
from ...statistics import MeanStd
from ..named import Pictured

S = TypeVar("S")  # what it knows of a style
C = TypeVar("C")  # what it knows of a content, or of several of one size


class Steps(Protocol[S, C]):
    """Styles and a content are encoded once, and rendered as often as strength or mix change.

    ``encoder_sha256`` is the sha256 of the encoder's file, which tells whether the library's statistics fit.
    """

    encoder: VGG19
    encoder_sha256: str

    @property
    def layers(self) -> tuple[str, ...]:
        """Of the encoder, whose statistics are a style's."""

    @property
    def style_key(self) -> Hashable:
        """What :meth:`encode_style` depends on beside the picture: the files of the networks."""

    def known(self, key: str) -> S | None:
        """The style of a name or of a picture's sha256, where the network learned it."""

    def taught(self, style: LearnedStyle) -> S | None:
        """What a user taught a network of a style, where it was this network."""

    def encode_style(self, style: Pictured) -> S:
        """A style picture, (1, 3, H, W) RGB in [0, 1], any size from 1x1, or what counts of it."""

    def of_statistics(self, statistics: Mapping[str, MeanStd]) -> S:
        """A style of which mean and standard deviation of the features are known, by layer."""

    def mix(self, styles: Sequence[StyleInput[S]]) -> S:
        """The weighted mean of several styles. Raises SettingsError for weights that make no mix."""

    def tiles(self, height: int, width: int) -> int:
        """How often :meth:`encode_content`, and then :meth:`render`, yields None."""

    def encode_content(self, content: Tensor, shift: tuple[int, int] = (0, 0)) -> Iterator[C | None]:
        """(B, 3, H, W) pictures, RGB in [0, 1], ``shift`` pixels down and right: None after each tile, then
        what is known of them."""

    def render(
        self, content: C, style: S, strength: float = 1.0, freedom: float = 0.0
    ) -> Iterator[Tensor | None]:
        """None after each tile, then the pictures, (B, 3, H, W) float32 in [0, 1] on the CPU.

        ``strength`` 0 gives the photo, 1 the full style; ``freedom`` is for a network that has it, from -1,
        which keeps more of the photo, to 1."""

    def nbytes(self, content: C) -> int:
        """The memory that an encoded content takes."""
