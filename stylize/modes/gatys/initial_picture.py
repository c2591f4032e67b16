"""The picture that the optimization begins with. The paper's is white noise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...statistics import MeanStd, mean_std
from ..named import Pictured, Weighted, as_picture, parts
from .spec import GatysSettings


def initial_picture(picture: Tensor, styles: Sequence[Weighted], settings: GatysSettings) -> Tensor:
    """The first picture, (1, 3, H, W) in [0, 1].

    Args:
        picture: the photo, or what the painter made of it, where that is the first picture.
        styles: pictures and styles of the library.
        settings: the mode's settings.
    """
    if settings.init in ("content", "adain"):
        return picture.clone()
    generator = torch.Generator().manual_seed(settings.seed)
    noise = torch.randn(picture.shape, generator=generator).to(picture.device)
    if settings.init == "noise":
        return (0.5 + 0.25 * noise).clamp(0, 1)
    if settings.init == "gray":
        return (0.5 + noise / 256).clamp(0, 1)
    found = [(_colors(as_picture(style.source)), style.weight) for style in styles]
    mean, spread = (sum(each[n].to(picture.device) * share for each, share in found) for n in (0, 1))
    return (mean + spread * noise).clamp(0, 1)


def _colors(style: Pictured) -> MeanStd:
    picture, alpha = parts(style)
    return mean_std(picture, 0.0, alpha)
