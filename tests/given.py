"""Inputs for modes from tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from stylize.image import Cutout, Picture, of_tensor
from stylize.inputs import Inputs, StyleInput
from stylize.library import NamedStyle

Style = Tensor | Cutout | NamedStyle


def picture(source: Style) -> Picture | NamedStyle:
    """A style as a job holds it, whose tensors are the given ones."""
    if isinstance(source, Cutout):
        return replace(of_tensor(source.tensor, source.alpha, source.name), filled=True)
    return of_tensor(source) if isinstance(source, Tensor) else source


def inputs(content: Tensor, styles: Sequence[tuple[Style, float]] = ()) -> Inputs:
    """A photo (1, 3, H, W) in [0, 1] and weighted styles."""
    mix = tuple(StyleInput(picture(style), weight) for style, weight in styles)
    return Inputs(of_tensor(content), mix)
