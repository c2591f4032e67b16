"""From a configuration to a training run."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import torch

from .. import device
from ..device import Compute
from . import distributed
from .config import Config
from .loop import TrainingProgress, train
from .task import TrainingTask
from .task_settings import (
    AdaINTaskSettings,
    CycleGANTaskSettings,
    EncoderSettings,
    PainterSettings,
    TranslationSettings,
)


def choose_compute() -> Compute:
    """The device policy for training: float32 in place of float16, which would need loss scaling."""
    chosen = device.choose()
    dtype = torch.float32 if chosen.dtype == torch.float16 else chosen.dtype
    return replace(chosen, device=distributed.local_device(chosen.device), dtype=dtype)


def build_task(config: Config, compute: Compute, data: Path) -> TrainingTask:
    """The task with its networks, initialized from the seed; ``data`` is the folder of its pictures.

    Raises:
        StylizeError: settings that do not fit together, or a weight file that cannot be read.
    """
    torch.manual_seed(config.loop.seed)
    if isinstance(config.task, EncoderSettings):
        from .encoder import EncoderTask

        return EncoderTask(config.task, compute)
    if isinstance(config.task, CycleGANTaskSettings):
        from .cyclegan import CycleGANTask

        return CycleGANTask(config.task, compute, config.loop.seed)
    if isinstance(config.task, PainterSettings):
        if config.task.adversarial_weight:
            from .adversarial_painter import AdversarialPainterTask

            return AdversarialPainterTask(config, data, compute)
        from .painter import PainterTask

        return PainterTask(config, data, compute)
    if isinstance(config.task, TranslationSettings):
        from .translation import TranslationTask

        return TranslationTask(config.task, compute, config.loop.seed)
    assert isinstance(config.task, AdaINTaskSettings)
    if config.task.adversarial_weight:
        from .adversarial_adain import AdversarialAdaINTask

        return AdversarialAdaINTask(config.task, compute)
    from .adain import AdaINTask

    return AdaINTask(config.task, compute)


def run(
    config: Config,
    data: Path,
    out: Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Generator[TrainingProgress]:
    """Trains what ``config`` says, in all the processes that torchrun started; see :func:`train`."""
    distributed.select_device()
    with distributed.process_group(device.choose().device):
        task = build_task(config, choose_compute(), data)
        yield from train(task, config, data, out, minutes=minutes, resume=resume, should_stop=should_stop)
