"""From a configuration to a run."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import torch

from .. import device
from ..device import Compute
from . import distributed
from .config import AdaINTaskSettings, Config, CycleGANTaskSettings, EncoderSettings
from .loop import Moment, train
from .task import Task


def choose_compute() -> Compute:
    """The device policy for training: float32 in place of float16, which would need its losses scaled."""
    chosen = device.choose()
    dtype = torch.float32 if chosen.dtype == torch.float16 else chosen.dtype
    return replace(chosen, device=distributed.local_device(chosen.device), dtype=dtype)


def build(config: Config, compute: Compute) -> Task:
    """The task with its networks as the seed makes them. Raises StylizeError."""
    torch.manual_seed(config.loop.seed)
    if isinstance(config.task, EncoderSettings):
        from .encoder import EncoderTask

        return EncoderTask(config.task, compute)
    if isinstance(config.task, CycleGANTaskSettings):
        from .cyclegan import CycleGANTask

        return CycleGANTask(config.task, compute, config.loop.seed)
    assert isinstance(config.task, AdaINTaskSettings)
    if config.task.adversarial_weight:
        from .judged import JudgedAdaINTask

        return JudgedAdaINTask(config.task, compute)
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
) -> Generator[Moment]:
    """Trains what ``config`` says, in all the processes that torchrun started; see :func:`train`."""
    distributed.take_device()
    with distributed.group(device.choose().device):
        task = build(config, choose_compute())
        yield from train(task, config, data, out, minutes=minutes, resume=resume, should_stop=should_stop)
