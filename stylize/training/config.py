"""What a training run can be set to, as typed tables of a TOML file. No torch here.

A file has ``[loop]``, ``[task]`` and one ``[[data]]`` for each folder of pictures.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from ..errors import SettingsError, StylizeError, shown
from ..settings import Settings, option
from ..system.text import decoded

Table = TypeVar("Table", bound=Settings)

WIDTHS = ("full", "half", "quarter")


class TrainingError(StylizeError):
    """A training run that cannot start or go on as it was asked to."""


@dataclass(frozen=True)
class LoopSettings(Settings):
    """``[loop]``: what all tasks have in common."""

    seed: int = option(0, low=0, high=2**31 - 1, label="Seed", help="The same seed makes the same run")
    steps: int = option(1000, low=1, high=10**8, label="Steps", help="Steps in all")
    batch: int = option(8, low=1, high=4096, label="Batch", help="Samples a step, of all processes together")
    size: int = option(128, low=16, high=2048, label="Size", help="Side of a crop in pixels")
    come_round: int = option(
        0, low=0, high=10**8, label="Come round",
        help="Batches of crops after which the same ones come round again; 0: never",
    )  # fmt: skip
    optimiser: str = option(
        "muon", choices=("muon", "adam"), label="Optimiser",
        help="Muon for the weights of convolutions and Adam for the rest, or Adam for all",
    )  # fmt: skip
    learning_rate: float = option(0.01, low=0, high=10, label="Rate", help="Of the weights, at its highest")
    adam_rate: float = option(
        0.001, low=0, high=10, label="Adam's rate", help="Of what Adam trains beside Muon, at its highest"
    )
    beta: float = option(0.9, low=0, high=0.999, label="Beta", help="Decay of Adam's first moment")
    schedule: str = option(
        "cosine", choices=("constant", "linear", "cosine", "inverse"), label="Schedule",
        help="How the rates fall after the warm-up and the hold: not at all, to nought at the last step, or "
        "as 1 / (1 + 0.00005 n)",
    )  # fmt: skip
    warmup: int = option(0, low=0, high=10**8, label="Warm-up", help="Steps in which the rates rise")
    hold: int = option(0, low=0, high=10**8, label="Hold", help="Steps at full rate before it falls")
    ema: float = option(
        0.999, low=0, high=0.99999, label="EMA",
        help="Decay of the running average of the weights, which is the result; 0 takes the last weights",
    )  # fmt: skip
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
    workers: int = option(2, low=1, high=64, label="Workers", help="Threads that make crops ahead")


@dataclass(frozen=True)
class DataSettings(Settings):
    """``[[data]]``: one folder of pictures and how it is drawn from."""

    folder: str = option("", label="Folder", help="Relative to the folder that --data names")
    stream: str = option("pictures", label="Stream", help="What the task takes these pictures for")
    weight: float = option(1.0, low=0, high=10**6, label="Weight", help="Share in its stream")
    include: tuple[str, ...] = option((), label="Include", help="Beginnings of file names; empty: all")
    exclude: tuple[str, ...] = option((), label="Exclude", help="Beginnings of file names left out")
    by_group: bool = option(
        False, label="By group",
        help="Draw first the group (the name without its closing number), then one of its files",
    )  # fmt: skip
    side: int = option(
        512, low=16, high=4096, label="Side", help="Longer side in pixels at which a picture is kept"
    )
    smallest: float = option(
        0.6, low=0.01, high=1, label="Smallest crop", help="Side of the smallest crop, of the shorter side"
    )
    flip: bool = option(True, label="Flip", help="Mirror every other crop")
    colourful: float = option(
        0.0, low=0, high=1, label="Colourful",
        help="Least mean difference of a pixel's highest and lowest channel; 0.05 leaves out drawings",
    )  # fmt: skip
    held_out: float = option(
        0.05, low=0, high=0.9, label="Held out", help="Share of the files, by a hash of their names"
    )


@dataclass(frozen=True)
class TaskSettings(Settings):
    """``[task]``. ``LOOP`` are this task's own defaults for ``[loop]``."""

    LOOP: ClassVar[Mapping[str, Any]] = {}


@dataclass(frozen=True)
class TeacherSettings(TaskSettings):
    """What tasks with a perceptual loss share."""

    width: str = option("half", choices=WIDTHS, label="Width", help="Of the network that is trained")
    teacher: str = option(
        "vgg19", label="Teacher", help="A VGG-19: a name in the catalogue, or a file (.npz as well)"
    )
    teacher_normalisation: str = option(
        "", choices=("", "none", "imagenet", "caffe"), label="Teacher's input",
        help="What a teacher from a file expects; empty: by its format",
    )  # fmt: skip
    measure_batches: int = option(
        16, low=1, high=10000, label="Measured batches", help="From which the scales of features are taken"
    )


@dataclass(frozen=True)
class EncoderSettings(TeacherSettings):
    """``[task]`` of an encoder that imitates the teacher."""

    start: str = option(
        "", label="Start", help="An encoder of this width to start from, by name or file; empty: anew"
    )
    taps: tuple[str, ...] = option(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), label="Taps", help="Where they are compared"
    )
    strides: tuple[str, ...] = option(
        ("relu1_1:4", "relu2_1:2"), label="Strides", help="Taps at which only every n-th position is compared"
    )
    balance: float = option(
        0.5, low=0, high=1, label="Balance",
        help="0 weighs the teacher's channels by their variance, 1 all alike",
    )  # fmt: skip
    fixed: str = option(
        "",
        label="Fixed",
        help="The tap up to which the encoder to start from stays as it is; empty: all learns",
    )
    gram_weight: float = option(
        0.0, low=0, high=10**6, label="Gram", help="Weight of the relative error of the Gram matrices"
    )
    ridge: float = option(
        1e-4, low=0, high=1, label="Ridge", help="Of the regression that starts the maps, per variance"
    )


@dataclass(frozen=True)
class AdaINTaskSettings(TeacherSettings):
    """``[task]`` of a decoder for adaptive instance normalisation."""

    encoder: str = option(
        "vgg19-half", label="Encoder", help="The decoder's: a name in the catalogue, or a file"
    )
    start: str = option(
        "", label="Start", help="A decoder of these channels to start from, by name or file; empty: anew"
    )
    enriched: bool = option(
        True,
        label="Enriched",
        help="Features of relu3_1 and statistics of shallow layers help it; beyond the paper",
    )
    inverse_steps: int = option(
        300, low=0, high=10**8, label="Inverse", help="Steps at first as the encoder's inverse"
    )
    pixel_weight: float = option(
        1.0, low=0, high=10**6, label="Pixels", help="Weight of the pixels where the picture is known"
    )
    feature_weight: float = option(
        1.0, low=0, high=10**6, label="Features", help="Weight of the features where the picture is known"
    )
    content_weight: float = option(1.0, low=0, high=10**6, label="Content", help="Weight of the content loss")
    style_weight: float = option(1.0, low=0, high=10**6, label="Style", help="Weight of the style loss")
    style_layers: tuple[str, ...] = option(
        ("relu1_1:6.4", "relu2_1:12.8", "relu3_1:25.6", "relu4_1:51.2"), label="Style layers",
        help="Weight of each layer; these are the paper's, for losses averaged over the channels",
    )  # fmt: skip
    strides: tuple[str, ...] = option(
        (), label="Strides", help="Style layers of which only every n-th position is looked at, as relu1_1:2"
    )
    gram_weight: float = option(
        0.0,
        low=0,
        high=10**6,
        label="Gram",
        help="Weight of the Gram matrices' relative error, mean of the layers",
    )
    likeness_weight: float = option(
        0.0, low=0, high=10**6, label="Likeness",
        help="Weight of the relative error at relu4_2 against the content itself",
    )  # fmt: skip
    rounds: int = option(
        1, low=1, high=64, label="Rounds", help="Styles in which each content of a batch is painted"
    )
    identity_every: int = option(
        7, low=0, high=10**6, label="Identity", help="Of so many pairs one has its content as style; 0: none"
    )
    tv_weight: float = option(
        0.0, low=0, high=10**6, label="Smoothness", help="Weight of the total variation"
    )
    adversarial_weight: float = option(
        0.0, low=0, high=10**6, label="Adversarial",
        help="Weight of deceiving a discriminator that knows real paintings; 0: there is none",
    )  # fmt: skip
    judge_width: int = option(
        32, low=1, high=512, label="Judge", help="Channels after a discriminator's first convolution"
    )
    judge_scales: int = option(
        2, low=1, high=4, label="Judge's scales", help="Discriminators: at full size, half, quarter"
    )


@dataclass(frozen=True)
class CycleGANTaskSettings(TaskSettings):
    """``[task]`` of two generators, from ``a`` to ``b`` and back. The defaults are the published recipe."""

    LOOP: ClassVar[Mapping[str, Any]] = {
        "batch": 1, "size": 256, "optimiser": "adam", "learning_rate": 2e-4, "adam_rate": 2e-4, "beta": 0.5,
        "schedule": "linear", "ema": 0.0,
    }  # fmt: skip

    width: int = option(64, low=1, high=512, label="Width", help="Channels at full size in a generator")
    blocks: int = option(9, low=1, high=64, label="Blocks", help="Residual blocks of a generator")
    upsampling: str = option(
        "transposed", choices=("transposed", "resize"), label="Upsampling",
        help="Transposed convolutions as published, or resizing and a convolution: no checkerboard",
    )  # fmt: skip
    discriminator_width: int = option(
        64, low=1, high=512, label="Discriminator", help="Channels after its first convolution"
    )
    scales: int = option(
        1, low=1, high=4, label="Scales", help="Discriminators of each domain: at full size, half, quarter"
    )
    adversarial_weight: float = option(
        1.0, low=0, high=10**6, label="Adversarial", help="Weight of what the discriminators say"
    )
    cycle_weight: float = option(
        10.0, low=0, high=10**6, label="Cycle", help="Weight of the way there and back"
    )
    identity_weight: float = option(
        0.5, low=0, high=10**6, label="Identity",
        help="Weight of leaving alone what is in the domain already, as a share of the cycle's",
    )  # fmt: skip
    pool: int = option(
        50, low=0, high=10000, label="Pool", help="Earlier translations kept for the discriminators"
    )
    start_steps: int = option(
        0, low=0, high=10**8, label="Start", help="Steps at first without discriminators; beyond the paper"
    )
    encoder: str = option(
        "vgg19-half", label="Encoder",
        help="Whose features serve the statistics and content losses: a name in the catalogue, or a file",
    )  # fmt: skip
    start_statistics_weight: float = option(
        1.0, low=0, high=10**6, label="Start statistics",
        help="Weight of the other domain's typical statistics in the start",
    )  # fmt: skip
    start_content_weight: float = option(
        1.0, low=0, high=10**6, label="Start content", help="Weight of the content at relu4_1 in the start"
    )
    statistics_weight: float = option(
        0.0, low=0, high=10**6, label="Statistics", help="The same after the start; 0: as published"
    )
    content_weight: float = option(
        0.0, low=0, high=10**6, label="Content", help="The same after the start; 0: as published"
    )
    measure_batches: int = option(
        64, low=1, high=10000, label="Measured batches", help="From which the typical statistics are taken"
    )
    result_ab: str = option(
        "a2b", label="Result a to b", help="Name of the file, without suffix; empty: not written"
    )
    result_ba: str = option(
        "b2a", label="Result b to a", help="Name of the file, without suffix; empty: not written"
    )


TASKS: Mapping[str, type[TaskSettings]] = {
    "encoder": EncoderSettings,
    "adain": AdaINTaskSettings,
    "cyclegan": CycleGANTaskSettings,
}


@dataclass(frozen=True)
class Config:
    """A whole training run, but for where its data lie and its result goes."""

    task_name: str
    loop: LoopSettings
    task: TaskSettings
    data: tuple[DataSettings, ...]

    @classmethod
    def read(cls, task_name: str, path: str | os.PathLike[str]) -> Self:
        """From a TOML file. Raises TrainingError, naming the file, the table and the setting."""
        name = Path(path).name
        try:
            content = tomllib.loads(decoded(Path(path).read_bytes(), name, TrainingError))
        except OSError as error:
            raise TrainingError(
                "{file} cannot be read ({reason}): check the path.", file=str(path), reason=error.strerror
            ) from error
        except ValueError as error:
            raise TrainingError("{file} is no TOML: {reason}.", file=name, reason=str(error)) from error
        return cls.from_tables(task_name, content, name)

    @classmethod
    def from_tables(cls, task_name: str, content: Mapping[str, Any], name: str = "The configuration") -> Self:
        """From the tables of a TOML file. Raises TrainingError."""
        for table in content:
            if table not in ("loop", "task", "data"):
                raise TrainingError(
                    "{file} has a table {table}, which is unknown: there are loop, task and data.",
                    file=name, table=shown(table),
                )  # fmt: skip
        rows = content.get("data")
        if not isinstance(rows, list) or not rows:
            raise TrainingError("{file} names no pictures: give it a [[data]] with a folder.", file=name)
        kind = TASKS[task_name]
        return cls(
            task_name,
            _table(LoopSettings, content.get("loop", {}), name, "loop", kind.LOOP),
            _table(kind, content.get("task", {}), name, "task"),
            tuple(_table(DataSettings, row, name, "data") for row in rows),
        )

    def with_task(self, **changes: str) -> Self:
        """With other settings of the task, such as ``teacher``. Raises TrainingError for an unknown one."""
        found = {**self.task.to_dict(), **changes}
        return replace(self, task=_table(type(self.task), found, "The command line", "task"))

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for checkpoints."""
        return {
            "task_name": self.task_name,
            "loop": self.loop.to_dict(),
            "task": self.task.to_dict(),
            "data": [each.to_dict() for each in self.data],
        }


def _table(
    kind: type[Table], values: Any, name: str, table: str, defaults: Mapping[str, Any] | None = None
) -> Table:
    if not isinstance(values, dict):
        raise TrainingError("In {file}, {table} must be a table: [{table}].", file=name, table=table)
    try:
        return kind.from_dict({**(defaults or {}), **values})
    except SettingsError as error:
        raise TrainingError(
            "{file}, [{table}]: {problem}", file=name, table=table, problem=str(error)
        ) from error


def pairs(values: tuple[str, ...], setting: str) -> dict[str, float]:
    """``("relu1_1:4", ...)`` as a mapping. Raises TrainingError."""
    found = {}
    for each in values:
        name, _, number = each.partition(":")
        try:
            found[name] = float(number)
        except ValueError:
            raise TrainingError(
                "{setting} has {value}, but it must be like relu1_1:2.", setting=setting, value=shown(each)
            ) from None
    return found
