"""The settings of each task, as the table ``[task]`` of a TOML file. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..settings import Settings, option
from .settings import DataSettings, PainterDataSettings

WIDTHS = ("full", "half", "quarter")


@dataclass(frozen=True)
class TaskSettings(Settings):
    """``[task]``. ``LOOP`` are this task's own defaults for ``[loop]``, ``DATA`` its kind of ``[[data]]``."""

    LOOP: ClassVar[Mapping[str, object]] = {}
    DATA: ClassVar[type[DataSettings]] = DataSettings


@dataclass(frozen=True)
class TeacherSettings(TaskSettings):
    """What tasks with a perceptual loss share."""

    teacher: str = option(
        "vgg19", label="Teacher", help="A VGG-19: a name in the catalog, or a file (.npz as well)"
    )
    teacher_normalization: str = option(
        "",
        choices=("", "none", "imagenet", "caffe"),
        label="Teacher's input",
        help="What a teacher from a file expects; empty: by its format",
    )
    measure_batches: int = option(
        16, low=1, high=10000, label="Measured batches", help="From which the scales of features are taken"
    )


@dataclass(frozen=True)
class EncoderSettings(TeacherSettings):
    """``[task]`` of an encoder that is distilled from a teacher."""

    width: str = option("half", choices=WIDTHS, label="Width", help="Of the network that is trained")
    init: str = option(
        "", label="Init", help="An encoder of this width to start from, by name or file; empty: none"
    )
    layers: tuple[str, ...] = option(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
        label="Layers",
        help="Where the two are compared",
    )
    strides: tuple[str, ...] = option(
        ("relu1_1:4", "relu2_1:2"),
        label="Strides",
        help="Layers with only every n-th position compared",
    )
    balance: float = option(
        0.5,
        low=0,
        high=1,
        label="Balance",
        help="0 weighs the teacher's channels by their variance, 1 all alike",
    )
    frozen: str = option(
        "",
        label="Frozen",
        help="The layer up to which the initial encoder is not trained; empty: all is trained",
    )
    gram_weight: float = option(
        0.0, low=0, high=10**6, label="Gram", help="Weight of the relative error of the Gram matrices"
    )
    ridge: float = option(
        1e-4,
        low=0,
        high=1,
        label="Ridge",
        help="Of the regression for the linear maps, per variance",
    )


@dataclass(frozen=True)
class AdaINTaskSettings(TeacherSettings):
    """``[task]`` of a decoder for adaptive instance normalization."""

    width: str = option("half", choices=WIDTHS, label="Width", help="Of the network that is trained")
    encoder: str = option(
        "vgg19-half", label="Encoder", help="The decoder's: a name in the catalog, or a file"
    )
    init: str = option(
        "",
        label="Init",
        help="A decoder of these channels to start from, by name or file; empty: none",
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
        ("relu1_1:6.4", "relu2_1:12.8", "relu3_1:25.6", "relu4_1:51.2"),
        label="Style layers",
        help="Weight of each layer; these are the paper's, for losses averaged over the channels",
    )
    strides: tuple[str, ...] = option(
        (), label="Strides", help="Style layers of which only every n-th position is used, as relu1_1:2"
    )
    gram_weight: float = option(
        0.0,
        low=0,
        high=10**6,
        label="Gram",
        help="Weight of the Gram matrices' relative error, mean of the layers",
    )
    likeness_weight: float = option(
        0.0,
        low=0,
        high=10**6,
        label="Likeness",
        help="Weight of the relative error at relu4_2 against the content itself",
    )
    rounds: int = option(
        1, low=1, high=64, label="Rounds", help="Styles in which each content of a batch is rendered"
    )
    identity_every: int = option(
        7, low=0, high=10**6, label="Identity", help="Of so many pairs one has its content as style; 0: none"
    )
    tv_weight: float = option(
        0.0, low=0, high=10**6, label="Smoothness", help="Weight of the total variation"
    )
    adversarial_weight: float = option(
        0.0,
        low=0,
        high=10**6,
        label="Adversarial",
        help="Weight of the adversarial loss; 0: there is no discriminator",
    )
    discriminator_width: int = option(
        32, low=1, high=512, label="Discriminator", help="Channels after its first convolution"
    )
    discriminator_scales: int = option(
        2, low=1, high=4, label="Scales", help="Discriminators: at full size, half, quarter"
    )


@dataclass(frozen=True)
class CycleGANTaskSettings(TaskSettings):
    """``[task]`` of two generators, from ``a`` to ``b`` and back. The defaults are the published recipe."""

    LOOP: ClassVar[Mapping[str, object]] = {
        "batch": 1,
        "size": 256,
        "optimizer": "adam",
        "learning_rate": 2e-4,
        "adam_rate": 2e-4,
        "beta": 0.5,
        "schedule": "linear",
        "ema": 0.0,
    }

    width: int = option(64, low=1, high=512, label="Width", help="Channels at full size in a generator")
    blocks: int = option(9, low=1, high=64, label="Blocks", help="Residual blocks of a generator")
    upsampling: str = option(
        "transposed",
        choices=("transposed", "resize"),
        label="Upsampling",
        help="Transposed convolutions as published, or resizing and a convolution: no checkerboard",
    )
    discriminator_width: int = option(
        64, low=1, high=512, label="Discriminator", help="Channels after its first convolution"
    )
    scales: int = option(
        1, low=1, high=4, label="Scales", help="Discriminators of each domain: at full size, half, quarter"
    )
    adversarial_weight: float = option(
        1.0, low=0, high=10**6, label="Adversarial", help="Weight of the adversarial loss"
    )
    cycle_weight: float = option(
        10.0, low=0, high=10**6, label="Cycle", help="Weight of the cycle-consistency loss"
    )
    identity_weight: float = option(
        0.5,
        low=0,
        high=10**6,
        label="Identity",
        help="Weight of the identity loss, as a share of the cycle's",
    )
    pool_size: int = option(
        50, low=0, high=10000, label="Pool", help="Earlier translations kept for the discriminators"
    )
    pretrain_steps: int = option(
        0, low=0, high=10**8, label="Pretraining", help="First steps without discriminators; beyond the paper"
    )
    encoder: str = option(
        "vgg19-half",
        label="Encoder",
        help="Whose features serve the statistics and content losses: a name in the catalog, or a file",
    )
    pretrain_statistics_weight: float = option(
        1.0,
        low=0,
        high=10**6,
        label="Pretraining statistics",
        help="Weight of the distance to the other domain's statistics in pretraining",
    )
    pretrain_content_weight: float = option(
        1.0,
        low=0,
        high=10**6,
        label="Pretraining content",
        help="Weight of the content loss at relu4_1 in pretraining",
    )
    statistics_weight: float = option(
        0.0, low=0, high=10**6, label="Statistics", help="The same after pretraining; 0: as published"
    )
    content_weight: float = option(
        0.0, low=0, high=10**6, label="Content", help="The same after pretraining; 0: as published"
    )
    measure_batches: int = option(
        64, low=1, high=10000, label="Measured batches", help="From which the domains' statistics are taken"
    )
    result_ab: str = option(
        "a2b", label="Result a to b", help="Name of the file, without suffix; empty: not written"
    )
    result_ba: str = option(
        "b2a", label="Result b to a", help="Name of the file, without suffix; empty: not written"
    )


@dataclass(frozen=True)
class PainterSettings(TeacherSettings):
    """``[task]`` of a network that paints in one pass."""

    LOOP: ClassVar[Mapping[str, object]] = {
        "size": 288,
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "warmup": 100,
        "clip": 1.0,
    }
    DATA: ClassVar[type[DataSettings]] = PainterDataSettings

    teacher: str = option(
        "vgg19-half",
        label="Teacher",
        help="Whose features are compared, through its metric if it has one: a name in the catalog, or a "
        "file (.npz as well)",
    )
    measure_batches: int = option(
        3, low=1, high=10000, label="Measured batches", help="Of raw photos, whose losses divide the styles'"
    )
    encoder: str = option(
        "vgg19-half", label="Encoder", help="Whose statistics codes are predicted from: a name, or a file"
    )
    init: str = option("", label="Init", help="A painter to start from, by name or file; empty: none")
    width: int = option(
        64,
        low=4,
        high=1024,
        label="Width",
        help="Channels at a quarter of the side; twice as many at an eighth",
    )
    blocks: int = option(
        2, low=1, high=64, label="Blocks", help="Before and after an eighth of the side; there twice as many"
    )
    code: int = option(128, low=1, high=4096, label="Code", help="Length of a style code")
    named_share: float = option(
        0.4, low=0, high=1, label="Named", help="Share of the crops with a style that has its own code"
    )
    identity_share: float = option(
        0.06, low=0, high=1, label="Identity", help="Share of the crops that are to come back unchanged"
    )
    smoothness_weight: float = option(
        0.01, low=0, high=10**6, label="Smoothness", help="Weight of differences between neighboring pixels"
    )
    adversarial_weight: float = option(
        0.0,
        low=0,
        high=10**6,
        label="Adversarial",
        help="Weight of the adversarial loss; 0: there is no discriminator",
    )
    discriminator_width: int = option(
        32, low=1, high=512, label="Discriminator", help="Channels after its first convolution"
    )


@dataclass(frozen=True)
class TranslationSettings(TeacherSettings):
    """``[task]`` of a translation whose generator starts from a painter."""

    LOOP: ClassVar[Mapping[str, object]] = {
        "batch": 2,
        "size": 288,
        "optimizer": "adam",
        "learning_rate": 2e-4,
        "adam_rate": 2e-4,
        "beta": 0.5,
        "schedule": "linear",
        "ema": 0.995,
    }

    teacher: str = option(
        "vgg19-half",
        label="Teacher",
        help="Whose features are compared, through its metric if it has one: a name in the catalog, or a "
        "file (.npz as well)",
    )
    measure_batches: int = option(
        48, low=1, high=10000, label="Measured batches", help="From which works and raw photos are measured"
    )
    init: str = option("painter", label="Init", help="The painter to start from, by name or file")
    styles: tuple[str, ...] = option(
        ("vincent-van-gogh:1",), label="Styles", help="Its named styles to start from, with their weights"
    )
    freedom: float = option(0.0, low=-1, high=1, label="Freedom", help="How freely it paints at the start")
    candidates: int = option(
        8,
        low=1,
        high=10000,
        label="Candidates",
        help="Works of which the nearest to a photo is the one that its translation is compared with",
    )
    style_weight: float = option(
        1.0, low=0, high=10**6, label="Style", help="Weight of the distance to that work"
    )
    contrast_weight: float = option(
        0.5, low=0, high=10**6, label="Contrast", help="Weight of the difference from that work's contrast"
    )
    content_weight: float = option(
        0.15, low=0, high=10**6, label="Content", help="Weight of the content loss at relu4_2"
    )
    color_weight: float = option(
        0.0, low=0, high=10**6, label="Color", help="Weight of the difference from the photo's broad colors"
    )
    smoothness_weight: float = option(
        0.01, low=0, high=10**6, label="Smoothness", help="Weight of differences between neighboring pixels"
    )
    adversarial_weight: float = option(
        0.5, low=0, high=10**6, label="Adversarial", help="Weight of the adversarial loss; 0: there is none"
    )
    discriminator_width: int = option(
        32, low=1, high=512, label="Discriminator", help="Channels after its first convolution"
    )
    scales: int = option(
        3, low=1, high=4, label="Scales", help="Discriminators: at full size, half, quarter, eighth"
    )
    pool_size: int = option(
        50, low=0, high=10000, label="Pool", help="Earlier translations kept for the discriminators"
    )
    result: str = option("translation", label="Result", help="Name of the file, without suffix")


TASKS: Mapping[str, type[TaskSettings]] = {
    "encoder": EncoderSettings,
    "adain": AdaINTaskSettings,
    "cyclegan": CycleGANTaskSettings,
    "painter": PainterSettings,
    "translation": TranslationSettings,
}
