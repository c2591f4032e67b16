"""Style pictures at the size at which a scale compares them: the paper's artwork a."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...image import fit
from ...library import NamedStyle
from ..named import AnyStyle, Weighted, changed, recolored, reduced
from .pyramid import LEAST, style_side_at
from .spec import GatysSettings


def prepare(
    styles: Sequence[Weighted], content: Tensor, side: int, settings: GatysSettings
) -> list[Weighted]:
    """The styles that count, no larger than the finest scale needs, on the content's device."""
    total = sum(style.weight for style in styles)
    longest = style_side_at(side, settings)

    def prepared(source: AnyStyle) -> AnyStyle:
        if isinstance(source, NamedStyle):
            return source
        moved = changed(reduced(source, longest), lambda each: each.to(content.device))
        return recolored(moved, content) if settings.color == "linear" else moved

    return [style.with_source(prepared(style.source)).with_weight(style.weight / total) for style in styles]


def at_scale(styles: Sequence[Weighted], side: int) -> list[Weighted]:
    """The styles with a longer side of ``side`` pixels at most; those of the library have no size."""
    return [style.with_source(_resized(style.source, side)) for style in styles]


def _resized(style: AnyStyle, side: int) -> AnyStyle:
    if isinstance(style, NamedStyle):
        return style
    return changed(style, lambda each: _mirrored(fit(each, side)))


def _mirrored(picture: Tensor) -> Tensor:
    """A style with both sides at least LEAST: continued by its mirror image, which keeps its texture."""
    for axis in (2, 3):
        while picture.shape[axis] < LEAST:
            picture = torch.cat([picture, picture.flip(axis)], axis)
    return picture
