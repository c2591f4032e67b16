"""AdaIN's settings, and what the shells must know of it. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from ...settings import option
from ..options import COLORS, ContentSettings, rows
from ..spec import Mode, ModeSpec, Size, Start, Sweep

LONGEST = 1536  # pixels a side: the features of larger pictures are not worth their memory
LEAST = 16  # pixels a side: two features, which reflection padding needs


@dataclass(frozen=True)
class AdaINSettings(ContentSettings):
    """Adaptive instance normalization (Huang and Belongie 2017)."""

    strength: float = option(
        1.0,
        low=0,
        high=1,
        step=0.05,
        group="Style",
        label="Strength",
        help="How far the features move towards the style's: 0 is the photo, 1 the full style",
    )
    color: str = option(
        "style",
        choices=COLORS,
        group="Style",
        label="Colors",
        earlier=("colour",),
        help="From the style; or the photo's own, kept by luminance or by a linear match of the style",
    )
    style_side: int = option(
        512,
        low=32,
        high=4096,
        step=32,
        group="Style",
        label="Style size",
        help="Longer side at which the styles are looked at: larger gives finer strokes",
    )
    freedom: float = option(
        0.0,
        before=0.0,
        low=-1,
        high=1,
        step=0.1,
        group="Style",
        label="Freedom",
        help="Of the painter network: -1 keeps more of the photo, 1 paints most freely",
    )
    brush: float = option(
        1.0,
        before=1.0,
        low=0.5,
        high=3,
        step=0.1,
        group="Style",
        label="Brush size",
        help="Of the painter network: below 1 finer, above 1 broader strokes, at every size of the result",
    )
    passes: int = option(
        1,
        low=1,
        high=4,
        step=1,
        rare=True,
        group="Network",
        label="Passes",
        help="Pictures rendered at shifted positions and averaged: more are calmer, softer and take longer",
    )
    network: str = option(
        "painter",
        choices=lambda: (*rows("painter"), *rows("decoder")),
        open=True,
        rare=True,
        group="Network",
        label="Network",
        help="Which decoder, and with it which encoder",
    )


def _load() -> Mode[AdaINSettings]:
    from . import mode

    return mode


def _cost(settings: AdaINSettings, size: Size) -> float:
    return 10.0  # of which nearly all is the way there and back


def _may_batch(settings: AdaINSettings) -> bool:
    return settings.color != "linear"  # for which each photo recolors the styles


def _instant_change(old: AdaINSettings, new: AdaINSettings) -> bool:
    """Whether strength and freedom alone differ and features are kept; with ``linear`` styles' are not."""
    kept = new.color != "linear" and 0 < new.content_side <= LONGEST
    return kept and old.changed(strength=new.strength, freedom=new.freedom) == new


def _learns(settings: AdaINSettings) -> bool:
    """Whether a painter looks at the styles as they are."""
    return settings.network in rows("painter") and settings.color != "linear"


def style_side(settings: AdaINSettings, size: Size) -> int:
    """The longer side in pixels beyond which nothing of a style picture is seen."""
    return max(LEAST, settings.style_side)


ADAIN = ModeSpec(
    name="adain",
    title="AdaIN",
    summary="Any style, in seconds",
    settings=AdaINSettings,
    load=_load,
    cost=_cost,
    sweep=Sweep("strength", (0.25, 0.5, 0.75, 1.0)),
    starts=(
        Start("adain", "AdaIN: any style, in seconds"),
        Start(
            "adain-soft",
            "AdaIN: soft, the photo's own colors",
            changes={"strength": 0.7, "color": "luminance"},
        ),
    ),
    network_field="network",
    network_help="An AdaIN decoder (.pth or .safetensors), or a network that paints",
    may_batch=_may_batch,
    instant_change=_instant_change,
    learns=_learns,
    style_side=style_side,
)
