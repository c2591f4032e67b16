"""What the modes that take styles do with those of the library."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from .. import library
from ..errors import Note
from ..library import NamedStyle

AnyStyle = Tensor | NamedStyle  # a picture, (1, 3, H, W) RGB in [0, 1], or a style of the library
Weighted = tuple[AnyStyle, float]


def usable(styles: Sequence[Weighted], fit: bool, encoder: str) -> tuple[list[Weighted], Note | None]:
    """The styles that count, and what to say of them.

    ``fit`` is whether the library's statistics serve here, those of the encoder with this sha256; if not, its
    sample pictures take their place.
    """
    counting = [(style, weight) for style, weight in styles if weight]
    names = [style.name for style, _ in counting if isinstance(style, NamedStyle)]
    if fit or not names:
        return [
            (style.seen_by(encoder) if isinstance(style, NamedStyle) else style, weight)
            for style, weight in counting
        ], None
    return [(as_picture(style), weight) for style, weight in counting], library.sampled(names)


def as_picture(style: AnyStyle) -> Tensor:
    """The style's picture, or its sample."""
    return style.picture().tensor if isinstance(style, NamedStyle) else style
