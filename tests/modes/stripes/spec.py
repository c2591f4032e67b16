"""Settings of the stripes, and all that the shells must know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from stylize.modes import Mode, ModeSpec, Need, Start, Sweep
from stylize.modes.options import PictureSettings
from stylize.settings import option


@dataclass(frozen=True)
class StripesSettings(PictureSettings):
    """Stripes."""

    PRESETS = {"default": {}, "wide": {"width": 16}}  # noqa: RUF012

    side: int = option(48, low=16, high=256, step=16, label="Edge", help="Height and width in pixels")
    width: int = option(4, low=1, high=64, step=1, label="Stripe width", help="Of each stripe, in pixels")
    upright: bool = option(False, label="Upright", help="Stripes from top to bottom")
    ink: str = option("red", choices=("red", "blue"), label="Ink", help="The color of every other stripe")

    @property
    def canvas(self) -> tuple[int, int]:
        return self.side, self.side


def _load() -> Mode:
    from . import mode

    return cast(Mode, mode)


STRIPES = ModeSpec(
    name="stripes",
    title="Stripes",
    summary="Stripes out of nothing",
    settings=StripesSettings,
    load=_load,
    cost=lambda settings, size: 5.0,
    step_costs=lambda settings, size: [1.0, 2.0, 3.0],
    sweep=Sweep("ink", ("red", "blue")),
    starts=(Start("stripes", "Stripes: the usual"), Start("stripes-wide", "Stripes: wide", "wide")),
    content=Need.NONE,
    styles=Need.NONE,
    iterative=True,
)
