"""What the modes that take styles do with the kinds of them: pictures, cutouts, and styles of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from .. import library
from ..color import match_linear
from ..errors import Note, PictureError, note
from ..image import Cutout, LearnedStyle, Picture, fit, quantize
from ..image.faults import called
from ..inputs import StyleInput
from ..library import NamedStyle

Pictured = Tensor | Cutout  # (1, 3, H, W) RGB in [0, 1]; of a cutout not all of it counts
AnyStyle = Pictured | NamedStyle
Weighted = StyleInput[AnyStyle]
Given = StyleInput[Picture | NamedStyle]


def usable(styles: Sequence[Given], fits: bool, encoder: str) -> tuple[list[Weighted], Note | None]:
    """The styles that count, as modes look at them, and what to say of them.

    ``fits`` is whether the library's statistics serve here, those of the encoder with this sha256; if not,
    its sample pictures take their place.

    Raises:
        PictureError: for a picture in which there is nothing.
    """
    counting = [for_encoder(style, fits, encoder) for style in styles if style.weight]
    return counting, (None if fits else sample_note(styles)) or picture_note(styles)


def for_encoder(style: Given, fits: bool, encoder: str) -> Weighted:
    """A style as a mode takes it: its statistics, where those of this encoder are known, or its picture.

    Raises:
        PictureError: for a picture in which there is nothing.
    """
    if isinstance(style.source, NamedStyle) and fits:
        return style.with_source(style.source.with_encoder(encoder))
    return style.with_source(as_picture(style.source))


def is_as_read(picture: Pictured, style: Given) -> bool:
    """Whether :func:`for_encoder` changed nothing of a style's own picture.

    Then a network that knows that by its sha256 knows ``picture``.
    """
    return isinstance(style.source, Picture) and picture is style.source.as_style


def sample_note(styles: Sequence[Given]) -> Note | None:
    """What to say where the sample pictures of the library's styles are looked at."""
    names = [each.source.name for each in styles if each.weight and isinstance(each.source, NamedStyle)]
    return library.sample_note(names) if names else None


def picture_note(styles: Sequence[Given]) -> Note | None:
    """What to say where the pictures in files of learned styles are looked at."""
    names = [called(each.source.name) for each in styles if each.weight and taught_source(each)]
    if not names:
        return None
    return note(
        "{styles}: what was learned does not serve here (another network, only a part of the picture, or "
        "linear colors), so the picture in the file is taken for the style.",
        styles=", ".join(dict.fromkeys(names)),
    )


def taught_source(style: Given) -> LearnedStyle | None:
    """What a network was taught of this style, where it comes from the file of a learned style."""
    return style.source.learned if isinstance(style.source, Picture) else None


def as_picture(source: Picture | AnyStyle) -> Pictured:
    """The style's picture, or its sample, as far as it counts."""
    picture = source.picture() if isinstance(source, NamedStyle) else source
    return picture.as_style if isinstance(picture, Picture) else picture


def parts(style: Pictured) -> tuple[Tensor, Tensor | None]:
    """The picture, and how much each pixel counts, (1, 1, H, W), if not all of them alike."""
    return (style.tensor, style.alpha) if isinstance(style, Cutout) else (style, None)


def changed(style: Pictured, change: Callable[[Tensor], Tensor]) -> Pictured:
    """A style of which the picture, and with it what counts of it, was brought to another size or place."""
    if isinstance(style, Cutout):
        return Cutout(change(style.tensor), change(style.alpha), style.name)
    return change(style)


def reduced(style: Pictured, side: int) -> Pictured:
    """A style with a longer side of ``side`` pixels at most, rounded to 16 bits, as one that comes from
    another process at this size is.

    Raises:
        PictureError: where so little counts of it that nothing is left at that size.
    """
    seen = changed(style, lambda each: quantize(fit(each, side)))
    if isinstance(seen, Cutout) and not seen.alpha.any():
        raise PictureError(
            "{file} is all but transparent, and at the size of {side} pixels at which a style is looked at "
            "nothing of it is left: choose another picture.",
            file=called(seen.name),
            side=side,
        )
    return seen


def recolored(style: Pictured, content: Tensor) -> Pictured:
    """A style with the mean and covariance of the content's colors."""
    picture, alpha = parts(style)
    matched = match_linear(picture, content, alpha)
    return Cutout(matched, style.alpha, style.name) if isinstance(style, Cutout) else matched
