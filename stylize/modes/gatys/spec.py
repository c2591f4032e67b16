"""Gatys' settings, and what the shells must know of the mode. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ...settings import option
from ..options import COLORS, ENCODER_LAYERS, ContentSettings, rows
from ..spec import Mode, ModeSpec, Size, Start, Sweep


@dataclass(frozen=True)
class GatysSettings(ContentSettings):
    """Optimization of the picture itself (Gatys, Ecker and Bethge 2016)."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "draft": {"content_side": 512, "steps": 80},
        "default": {},
        "fine": {"content_side": 1024, "steps": 300},
        # The paper's layers are the usual ones of a full VGG-19, so they need not be named.
        "gatys-2016": {
            "content_side": 512,
            "steps": 500,
            "pyramid": False,
            "parametrization": "pixels",
            "optimizer": "lbfgs",
            "style_loss": "gram",
            "layer_balance": "equal",
            "init": "noise",
            "tv_weight": 0.0,
            "average": 0.0,
            "balance": "fixed",
            "content_weight": 0.005,
            "pooling": "average",
        },
    }

    PRESET_TITLES: ClassVar[Mapping[str, str]] = {"gatys-2016": "As in the paper (2016)"}

    content_side: int = option(
        768,
        low=0,
        high=4096,
        step=64,
        label="Working size",
        help="Longer side of the last and finest scale, in pixels; 0 is the picture's own. "
        "The time grows with its square",
    )
    steps: int = option(
        160,
        low=1,
        high=10000,
        step=10,
        label="Steps",
        help="Steps in all; the first and the last scale get more than those between",
    )
    style_weight: float = option(
        1.0,
        low=0,
        high=1000,
        step=0.1,
        group="Style",
        label="Style weight",
        help="Weight of the style loss (the paper's beta)",
    )
    content_weight: float = option(
        0.3,
        low=0,
        high=1000,
        step=0.01,
        group="Style",
        label="Content weight",
        help="Weight of the content loss (the paper's alpha), per element of the features. "
        "Without a balance beside it, the balance is fixed",
    )
    freedom: float = option(
        0.0,
        before=0.0,
        low=-1,
        high=1,
        step=0.1,
        group="Style",
        label="Freedom",
        help="-1 keeps more of the photo, 1 paints most freely, much the same for every style",
    )
    style_scale: float = option(
        1.0,
        low=0.1,
        high=4,
        step=0.05,
        group="Style",
        label="Style scale",
        help="Size of the styles in relation to the photo: larger gives larger strokes",
    )
    color: str = option(
        "style",
        choices=COLORS,
        group="Style",
        label="Colors",
        earlier=("colour",),
        help="From the style; or the photo's own, kept by luminance or by a linear match of the style",
    )
    seed: int = option(
        0,
        low=0,
        high=2**31 - 1,
        step=1,
        label="Seed",
        help="For starts with noise: the same seed gives the same first picture",
    )
    init: str = option(
        "content",
        choices=("content", "adain", "statistics", "noise", "gray"),
        rare=True,
        group="Optimization",
        label="Start",
        help="The first picture: the photo, what AdaIN's painter makes of it, noise with the styles' colors, "
        "noise, or gray",
        earlier=("start",),
        earlier_choices={"grey": "gray"},
    )
    style_loss: str = option(
        "wasserstein",
        choices=("wasserstein", "gram", "neighbor", "emd"),
        rare=True,
        group="Optimization",
        label="Style loss",
        help="The Wasserstein-2 distance between Gaussians; Gram matrices as in the paper; each place's "
        "nearest neighbor in the styles; or the relaxed earth mover's distance",
    )
    layer_balance: str = option(
        "relative",
        choices=("relative", "equal", "shallow"),
        rare=True,
        group="Optimization",
        label="Layer balance",
        help="Each layer in relation to its own target; all equal as in the paper; or 256:64:16:4:1. "
        "The first two differ for Gram matrices only",
    )
    balance: str = option(
        "adaptive",
        choices=("adaptive", "style", "fixed"),
        before="fixed",
        tied_to="content_weight",
        rare=True,
        group="Optimization",
        label="Balance",
        help="Of content and style: as much of the photo stays whatever the style is; weights in relation "
        "to how far the photo is from the styles; or fixed weights as in the paper",
    )
    parametrization: str = option(
        "pyramid",
        choices=("pyramid", "pixels"),
        before="pixels",
        tied_to="content_weight",
        rare=True,
        group="Optimization",
        label="Parametrization",
        help="What the optimizer changes: the levels of a Laplacian pyramid, which brings large areas along "
        "in fewer steps, or pixels as in the paper",
    )
    tv_weight: float = option(
        0.02,
        low=0,
        high=1000,
        step=0.01,
        rare=True,
        group="Optimization",
        label="Smoothness",
        help="Weight of the total variation, which calms noise",
    )
    optimizer: str = option(
        "adam",
        choices=("adam", "lbfgs"),
        rare=True,
        group="Optimization",
        label="Optimizer",
        earlier=("optimiser",),
        help="Adam, or L-BFGS as in the paper",
    )
    learning_rate: float = option(
        0.06,
        low=0.0001,
        high=1,
        step=0.001,
        rare=True,
        group="Optimization",
        label="Learning rate",
        help="Adam's step size, in units of the picture's range of 1; it falls at the last scale",
    )
    average: float = option(
        0.5,
        low=0,
        high=0.999,
        step=0.001,
        rare=True,
        group="Optimization",
        label="Averaging",
        help="Decay of the running average of the picture, which is what you see; 0 shows the last step",
    )
    pyramid: bool = option(
        True,
        rare=True,
        group="Optimization",
        label="Coarse to fine",
        help="Start small and grow; otherwise all steps are at the working size",
    )
    smallest_side: int = option(
        128,
        low=32,
        high=2048,
        step=32,
        rare=True,
        group="Optimization",
        label="Smallest scale",
        help="Longer side of the first and coarsest scale",
    )
    content_layers: tuple[str, ...] = option(
        (),
        choices=ENCODER_LAYERS,
        rare=True,
        group="Network",
        label="Content layers",
        help="Where the content is compared; empty: relu3_1, relu4_1 and relu5_1 where the encoder has "
        "a metric for them and the balance is not fixed, otherwise relu4_2, or the deepest the encoder has",
    )
    style_layers: tuple[str, ...] = option(
        (),
        choices=ENCODER_LAYERS,
        rare=True,
        group="Network",
        label="Style layers",
        help="Where the style is compared; empty: relu1_1 to relu5_1, as far as the encoder has them",
    )
    pooling: str = option(
        "max",
        choices=("max", "average"),
        rare=True,
        group="Network",
        label="Pooling",
        help="How the encoder halves its maps: max as trained, or average as in the paper",
    )
    network: str = option(
        "vgg19-half",
        choices=lambda: rows("encoder"),
        open=True,
        rare=True,
        group="Network",
        label="Network",
        help="Which encoder",
    )


def _load() -> Mode[GatysSettings]:
    from . import mode

    return mode


def _cost(settings: GatysSettings, size: Size) -> float:
    """A step costs something for the kernels that it starts, and the rest for the pixels."""
    return settings.steps * (0.02 + 0.1 * (max(size) / 768) ** 2)


def _step_costs(settings: GatysSettings, size: Size) -> Sequence[float]:
    """From coarse to fine: the pixels of each step. The first of a scale looks at the styles as well."""
    from .pyramid import plan

    shape = min(size) / max(size)
    steps = [(side, n) for side, count in plan(settings, size) for n in range(count)]
    return [shape * side**2 * (1 if n else 2) for side, n in steps]


def _style_side(settings: GatysSettings, size: Size) -> int:
    from .pyramid import style_side

    return style_side(settings, size)


GATYS = ModeSpec(
    name="gatys",
    title="Gatys",
    summary="Any style, painted step by step in minutes",
    settings=GatysSettings,
    load=_load,
    cost=_cost,
    step_costs=_step_costs,
    sweep=Sweep("style_scale", (0.5, 1.0, 1.5)),
    starts=(
        Start("gatys-draft", "Gatys: a draft", "draft"),
        Start("gatys", "Gatys: the usual"),
        Start("gatys-fine", "Gatys: fine and slow", "fine"),
        Start("gatys-2016", "Gatys: as in the paper of 2016", "gatys-2016"),
    ),
    iterative=True,
    network_field="network",
    network_help="A VGG-19 encoder (.pth or .safetensors)",
    style_side=_style_side,
)
