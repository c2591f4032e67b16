"""CycleGAN's settings, and what the shells must know of the mode. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from ...settings import option
from ..options import ContentSettings, rows
from ..spec import Mode, ModeSpec, Need, Size, Start, Sweep


@dataclass(frozen=True)
class CycleGANSettings(ContentSettings):
    """A learned translation between two domains (Zhu et al. 2017)."""

    translation: str = option(
        "photo2vangogh",
        choices=lambda: rows("generator"),
        open=True,
        group="Style",
        label="Translation",
        help="Which translation",
    )


def _load() -> Mode[CycleGANSettings]:
    from . import mode

    return mode


def _cost(settings: CycleGANSettings, size: Size) -> float:
    return 10.0  # of which nearly all is the way there and back


def _may_batch(settings: CycleGANSettings) -> bool:
    return True


CYCLEGAN = ModeSpec(
    name="cyclegan",
    title="CycleGAN",
    summary="Translations that a network has learned",
    settings=CycleGANSettings,
    load=_load,
    cost=_cost,
    sweep=Sweep("content_side", (256, 512, 768)),
    starts=(Start("cyclegan", "CycleGAN: a learned translation"),),
    styles=Need.NONE,
    network_field="translation",
    network_help="A CycleGAN generator (.pth or .safetensors)",
    may_batch=_may_batch,
)
