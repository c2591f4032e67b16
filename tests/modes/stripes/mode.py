"""Stripes, in three steps."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from stylize.device import Compute
from stylize.inputs import Inputs
from stylize.progress import Progress

from .spec import StripesSettings

INKS = {"red": (1.0, 0.0, 0.0), "blue": (0.0, 0.0, 1.0)}
STEPS = 3


def needs(settings: StripesSettings) -> tuple[str, ...]:
    return ()


def run(inputs: Inputs, settings: StripesSettings, compute: Compute | None = None) -> Iterator[Progress]:
    assert inputs.content is None
    at = torch.arange(settings.side) // settings.width % 2
    stripes = (at[None, :] if settings.upright else at[:, None]).expand(settings.side, settings.side)
    ink = torch.tensor(INKS[settings.ink]).view(1, 3, 1, 1)
    for step in range(1, STEPS + 1):
        picture = 1 - stripes * (1 - ink) * step / STEPS
        yield Progress(step, STEPS, picture, {"contrast": STEPS / step})
