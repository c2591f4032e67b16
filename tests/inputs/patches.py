"""A mode that paints the mean color of each style, as strong as its properties say, where its stencil is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from stylize.device import Compute
from stylize.image import Picture
from stylize.image import resize as resized
from stylize.inputs import Inputs
from stylize.modes import ModeSpec, Start, Sweep
from stylize.modes.finish import photo_of, working_picture
from stylize.modes.options import ContentSettings
from stylize.progress import Progress
from stylize.settings import option


@dataclass(frozen=True)
class PatchesSettings(ContentSettings):
    """Patches."""

    strength: float = option(1.0, low=0, high=1, label="Strength", help="Of the colors")


class Patches:
    """The code that runs."""

    def needs(self, settings: PatchesSettings) -> tuple[str, ...]:
        return ()

    def run(
        self, inputs: Inputs, settings: PatchesSettings, compute: Compute | None = None
    ) -> Iterator[Progress]:
        picture = working_picture(photo_of(inputs, settings), settings.content_side)
        for each in inputs.styles:
            style: Any = each  # its further properties are those of the test
            assert isinstance(style.source, Picture)
            color = (
                style.source.tensor.mean((2, 3), keepdim=True)
                * style.gain
                / {"dry": 1, "wet": 2}[style.paint]
            )
            where = covered(style.stencil, picture) * settings.strength
            picture = picture * (1 - where) + color * where
        yield Progress(1, 1, picture.clamp(0, 1))


def covered(stencil: Picture | None, picture: Tensor) -> Tensor | float:
    """How much of each pixel is under the stencil, (1, 1, H, W)."""
    return 1.0 if stencil is None else resized(stencil.tensor[:, :1], (picture.shape[2], picture.shape[3]))


PATCHES = ModeSpec(
    name="patches",
    title="Patches",
    summary="Colors of styles",
    settings=PatchesSettings,
    load=Patches,
    cost=lambda settings, size: 5.0,
    sweep=Sweep("strength", (0.5, 1.0)),
    starts=(Start("patches", "Patches: the usual"),),
)
