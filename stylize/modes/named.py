"""What the modes that take styles do with the kinds of them: pictures, cutouts, and styles of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from .. import library
from ..color import match_linear
from ..errors import Note, PictureError
from ..image import Cutout, fit, quantise
from ..image.faults import called
from ..library import NamedStyle

Pictured = Tensor | Cutout  # (1, 3, H, W) RGB in [0, 1]; of a cutout not all of it counts
AnyStyle = Pictured | NamedStyle
Weighted = tuple[AnyStyle, float]


def usable(styles: Sequence[Weighted], fits: bool, encoder: str) -> tuple[list[Weighted], Note | None]:
    """The styles that count, and what to say of them.

    ``fits`` is whether the library's statistics serve here, those of the encoder with this sha256; if not,
    its sample pictures take their place.
    """
    counting = [(style, weight) for style, weight in styles if weight]
    names = [style.name for style, _ in counting if isinstance(style, NamedStyle)]
    if fits or not names:
        return [
            (style.seen_by(encoder) if isinstance(style, NamedStyle) else style, weight)
            for style, weight in counting
        ], None
    return [(as_picture(style), weight) for style, weight in counting], library.sampled(names)


def as_picture(style: AnyStyle) -> Pictured:
    """The style's picture, or its sample."""
    return style.picture().as_style if isinstance(style, NamedStyle) else style


def parts(style: Pictured) -> tuple[Tensor, Tensor | None]:
    """The picture, and how much each pixel counts, (1, 1, H, W), if not all of them alike."""
    return (style.tensor, style.alpha) if isinstance(style, Cutout) else (style, None)


def changed(style: Pictured, change: Callable[[Tensor], Tensor]) -> Pictured:
    """A style of which the picture, and with it what counts of it, was brought to another size or place."""
    if isinstance(style, Cutout):
        return Cutout(change(style.tensor), change(style.alpha), style.name)
    return change(style)


def looked_at(style: Pictured, side: int) -> Pictured:
    """A style with a longer side of ``side`` pixels at most, in steps of 16 bits: also what comes of a style
    that crossed from another process at this size already.

    Raises:
        PictureError: where so little counts of it that nothing is left at that size.
    """
    seen = changed(style, lambda each: quantise(fit(each, side)))
    if isinstance(seen, Cutout) and not seen.alpha.any():
        raise PictureError(
            "{file} is all but transparent, and at the size of {side} pixels at which a style is looked at "
            "nothing of it is left: choose another picture.",
            file=called(seen.name), side=side,
        )  # fmt: skip
    return seen


def recoloured(style: Pictured, content: Tensor) -> Pictured:
    """A style with the mean and covariance of the content's colours."""
    picture, alpha = parts(style)
    matched = match_linear(picture, content, alpha)
    return Cutout(matched, style.alpha, style.name) if isinstance(style, Cutout) else matched
