"""What all trainings can be set to, as typed tables of a TOML file; their tasks are in :mod:`.task_settings`.

No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import Settings, option


@dataclass(frozen=True)
class LoopSettings(Settings):
    """``[loop]``: what all tasks have in common."""

    seed: int = option(0, low=0, high=2**31 - 1, label="Seed", help="The same seed makes the same run")
    steps: int = option(1000, low=1, high=10**8, label="Steps", help="Steps in all")
    batch: int = option(8, low=1, high=4096, label="Batch", help="Samples a step, of all processes together")
    size: int = option(128, low=16, high=2048, label="Size", help="Side of a crop in pixels")
    distinct_batches: int = option(
        0,
        low=0,
        high=10**8,
        label="Distinct batches",
        help="Batches of crops after which the same ones are repeated; 0: never",
    )
    optimizer: str = option(
        "muon",
        choices=("muon", "adam"),
        label="Optimizer",
        help="Muon for the weights of convolutions and Adam for the rest, or Adam for all",
    )
    learning_rate: float = option(0.01, low=0, high=10, label="Rate", help="Of the weights, at its highest")
    adam_rate: float = option(
        0.001, low=0, high=10, label="Adam's rate", help="Of what Adam trains beside Muon, at its highest"
    )
    beta: float = option(0.9, low=0, high=0.999, label="Beta", help="Decay of Adam's first moment")
    schedule: str = option(
        "cosine",
        choices=("constant", "linear", "cosine", "inverse"),
        label="Schedule",
        help="How the rates fall after the warm-up and the hold: not at all, to 0 at the last step, or "
        "as 1 / (1 + 0.00005 n)",
    )
    warmup: int = option(0, low=0, high=10**8, label="Warm-up", help="Steps in which the rates rise")
    hold: int = option(0, low=0, high=10**8, label="Hold", help="Steps at full rate before it falls")
    ema: float = option(
        0.999,
        low=0,
        high=0.99999,
        label="EMA",
        help="Decay of the running average of the weights, which is the result; 0 takes the last weights",
    )
    clip: float = option(
        0.0, low=0, high=10**6, label="Clip", help="Largest norm of the gradients; 0: no limit"
    )
    checkpoint_minutes: float = option(
        10.0, low=0.01, high=1440, label="Checkpoint", help="Minutes between two checkpoints"
    )
    log_every: int = option(20, low=1, high=10**6, label="Log", help="Steps between two lines of the log")
    sample_every: int = option(
        500, low=1, high=10**8, label="Samples", help="Steps between two grids of held-out samples"
    )
    workers: int = option(2, low=1, high=64, label="Workers", help="Threads that prefetch crops")


@dataclass(frozen=True)
class DataSettings(Settings):
    """``[[data]]``: one folder of pictures and how it is drawn from."""

    folder: str = option("", label="Folder", help="Relative to the folder that --data names")
    stream: str = option("pictures", label="Stream", help="What the task takes these pictures for")
    weight: float = option(1.0, low=0, high=10**6, label="Weight", help="Share in its stream")
    include: tuple[str, ...] = option((), label="Include", help="Beginnings of file names; empty: all")
    exclude: tuple[str, ...] = option((), label="Exclude", help="Beginnings of file names left out")
    by_group: bool = option(
        False,
        label="By group",
        help="Draw first the group (the name without its closing number), then one of its files",
    )
    side: int = option(
        512, low=16, high=4096, label="Side", help="Longer side in pixels at which a picture is kept"
    )
    min_crop: float = option(
        0.6, low=0.01, high=1, label="Smallest crop", help="Its side, as a share of the shorter side"
    )
    max_crop: float = option(
        1.0, low=0.01, high=1, label="Largest crop", help="Its side, as a share of the shorter side"
    )
    flip: bool = option(True, label="Flip", help="Mirror every other crop")
    min_color: float = option(
        0.0,
        low=0,
        high=1,
        label="Least color",
        help="Least mean difference of a pixel's highest and lowest channel; 0.05 leaves out drawings",
    )
    max_color: float = option(
        1.0, low=0, high=1, label="Most color", help="The same at most; 0.1 leaves drawings and prints alone"
    )
    min_light: float = option(
        0.0,
        low=0,
        high=1,
        label="Least light",
        help="Least mean of all channels; 0.5 leaves out dark ones",
    )
    held_out: float = option(
        0.05, low=0, high=0.9, label="Held out", help="Share of the files, by a hash of their names"
    )


@dataclass(frozen=True)
class PainterDataSettings(DataSettings):
    """``[[data]]`` of the task ``painter``: what concerns a folder of the stream ``style`` as well."""

    codes: str = option(
        "",
        label="Codes",
        help="Which of its styles have a code of their own: file (each), group (each group of files), or a "
        "name for all of them together; empty: none, all are predicted",
    )
    per_group: int = option(
        0, low=0, high=10**6, label="Per group", help="Files taken of each group, chosen by name; 0: all"
    )
    second_side: int = option(
        0,
        low=0,
        high=4096,
        label="Second side",
        help="Longer side at which it is shown as well; 0: none",
    )
    recolored: int = option(
        0, low=0, high=100, label="Recolored", help="Copies of each style in other colors, never with a code"
    )
    hard: float = option(
        0.0,
        low=0,
        high=1,
        label="Hard",
        help="Share of its predicted styles that is the hardest of four that were drawn",
    )
