"""Runs of Gatys of a moment."""

from __future__ import annotations

import torch
from given import inputs
from torch import Tensor

from stylize.modes.gatys import mode as gatys


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """A smooth colored picture, (1, 3, height, width)."""
    torch.manual_seed(seed)
    return torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4), (height, width), mode="bilinear")


# Up to where the maps have few channels. All layers are looked at where ALL is given.
FEW = {"style_layers": ("relu1_1", "relu2_1", "relu3_1"), "content_layers": ("relu3_1",)}
ALL: dict[str, object] = {"style_layers": (), "content_layers": ()}


def small(**changes: object) -> gatys.GatysSettings:
    """Settings for a run of a moment, with few layers."""
    short = {"content_side": 64, "smallest_side": 32, "steps": 9}
    return gatys.GatysSettings.from_dict({**short, **FEW, **changes})


def run(settings: gatys.GatysSettings, content: Tensor | None = None, style: Tensor | None = None) -> list:
    """All steps of a run."""
    content = picture(48, 64) if content is None else content
    style = picture(64, 48, 1) if style is None else style
    return list(gatys.run(inputs(content, [(style, 1.0)]), settings))
