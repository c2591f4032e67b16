"""The one loop that trains every task: it yields its progress and prints nothing.

A folder holds a run: ``checkpoint.pt`` (all that is needed to resume), the results as safetensors,
``log.csv`` and ``samples/``. On the same CPU a run that was stopped and resumed has the losses of an
uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import DivergedError, Note, note
from . import checkpointing, distributed, optimizers, outputs, prefetch
from .config import Config, TrainingError
from .data import CropStream, PictureCache, streams
from .ema import ExponentialMovingAverage
from .settings import DataSettings
from .task import HELD_OUT, Batch, TrainingTask
from .trainer import Trainer


@dataclass(frozen=True)
class TrainingProgress:
    """After one step.

    ``losses`` are means over the steps since the last row of the log, as of the latest such row.
    ``seconds`` are those of the whole run. ``notes`` are for the user to read. ``checkpoint`` and
    ``samples`` are files that were just written.
    """

    step: int
    total: int
    losses: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[Note, ...] = ()
    checkpoint: Path | None = None
    samples: Path | None = None


def _never() -> bool:
    return False


def train(
    task: TrainingTask,
    config: Config,
    data: Path,
    out: Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] = _never,
) -> Generator[TrainingProgress]:
    """Trains until the last step, until ``minutes`` are over or until ``should_stop``.

    Closing the generator stops as well, but only in a single process. Whenever it stops, it saves.

    Args:
        task: what to train; its networks must come from the seed of ``config`` to be reproducible.
        config: all settings.
        data: the folder of the folders of pictures.
        out: the folder of the run.
        minutes: limit of this call, checked after each step.
        resume: from the checkpoint in ``out``, if there is one.
        should_stop: asked before every step.

    Raises:
        TrainingError: for settings, pictures or a checkpoint that do not serve.
        DivergedError: when a loss is no longer finite; the last checkpoint stays.
    """
    run = _Run(task, config, data, out)
    try:
        notes = run.begin(resume)
        until = math.inf if minutes is None else time.monotonic() + 60 * minutes
        while run.step < config.loop.steps:
            if run.any_process(should_stop() or time.monotonic() >= until):
                break
            progress = run.advance(notes)
            notes = ()
            yield progress
    finally:
        run.end()


class _Run:
    def __init__(self, task: TrainingTask, config: Config, data: Path, out: Path) -> None:
        self.task, self.config, self.settings, self.out = task, config, config.loop, out
        self.device = task.compute.device
        for network in task.networks.values():
            network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.trainer = Trainer(task, self.settings)
        self.average = ExponentialMovingAverage(task.networks, self.settings.ema)
        self.cache = PictureCache()
        wanted = (task.streams, config.data, data, self.settings.size, self.settings.seed, self.cache)
        self.held_out = _held_out_streams(*wanted)
        self.prefetcher = prefetch.Prefetcher(streams(*wanted), self.settings, self.device)
        self.step, self.seconds = 0, 0.0
        self.sums: dict[str, Tensor] = {}
        self.losses: dict[str, float] = {}
        self.is_consistent = False  # whether the state is that after a step and not amid one
        self.saved_step, self.saved_at = -1, time.monotonic()
        self.is_first = distributed.rank() == 0

    # -------------------------------------------------------------------------- start and end

    def begin(self, resume: bool) -> tuple[Note, ...]:
        """From the checkpoint or from data. Raises TrainingError."""
        if not resume and (self.out / checkpointing.CHECKPOINT).is_file():
            raise TrainingError(
                "{folder} holds a run already: go on with --resume, or choose another --out.",
                folder=str(self.out),
            )
        state = checkpointing.load_checkpoint(self.out, self.config.to_dict()) if resume else None
        if state is not None:
            self._restore(state)
        else:
            count = getattr(self.config.task, "measure_batches", 0)
            self.task.prepare(self.prefetcher.preparation_batches(count))
            distributed.broadcast_weights(self.task.networks.values())
            self.average = ExponentialMovingAverage(self.task.networks, self.settings.ema)
        self.is_consistent = True
        if self.is_first:
            self.log = outputs.LossLog(self.out, self.task.loss_names, self.step)
        if state is not None:
            return (note("Going on after step {step}.", step=self.step),)
        return (note("There is no checkpoint yet: starting anew."),) if resume else ()

    def end(self) -> None:
        """Stops the threads and saves what is not saved yet."""
        self.prefetcher.close()
        if self.is_consistent and self.step > self.saved_step:
            self._save(checkpointing.is_finite(self._state()))

    def any_process(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        return distributed.any_process(flag, self.device)

    # ----------------------------------------------------------------------------------- steps

    def advance(self, notes: tuple[Note, ...]) -> TrainingProgress:
        """One step and what is due after it."""
        self.is_consistent = False
        started = time.monotonic()
        self.step += 1
        self._learn()
        self.average.update(self.task.networks, self.step)
        samples = self._save_samples() if self._is_due(self.settings.sample_every) else None
        if self._is_due(self.settings.log_every):
            self._log_losses(self.seconds + time.monotonic() - started)
        self.seconds += time.monotonic() - started
        self.is_consistent = True
        checkpoint = self._save_if_finite() if self._is_checkpoint_due() else None
        fresh = (*notes, *self.cache.fresh_notes())
        total = self.settings.steps
        return TrainingProgress(self.step, total, self.losses, self.seconds, fresh, checkpoint, samples)

    def _is_due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.settings.steps

    def _is_checkpoint_due(self) -> bool:
        return self.any_process(time.monotonic() - self.saved_at >= 60 * self.settings.checkpoint_minutes)

    def _learn(self) -> None:
        for name, loss in self.trainer.step(self.prefetcher.batch(self.step)).items():
            self.sums[name] = self.sums[name] + loss if name in self.sums else loss
        self.sums["steps"] = self.sums.get("steps", torch.zeros(())) + 1

    # ---------------------------------------------------------------------- losses and samples

    def _log_losses(self, seconds: float) -> None:
        count = float(self.sums.pop("steps"))
        names = [name for name in self.task.loss_names if name in self.sums]
        means = distributed.mean(torch.stack([self.sums[name] for name in names])) / count
        self.losses, self.sums = dict(zip(names, means.tolist(), strict=True)), {}
        if not all(map(math.isfinite, self.losses.values())):
            raise DivergedError(
                "The losses are no longer finite at step {step}: lower the learning rate and go on from the "
                "last checkpoint, or start anew.",
                step=self.step,
            )
        if self.is_first:
            rate = optimizers.rate_factor(self.step, self.settings) * self.settings.learning_rate
            values = {"step": self.step, "seconds": round(seconds, 2), "rate": rate, **self.losses}
            due = self._is_due(self.settings.sample_every)
            self.log.add({**values, **self._held_out_losses()} if due else values)

    @torch.no_grad()
    def _held_out_losses(self) -> dict[str, float]:
        """The losses of the averaged networks on held-out samples."""
        phase = next(iter(self.trainer.phases))
        losses = self.task.losses(self.average.networks, self._held_out_batch(), phase)
        return {f"held_out_{name}": float(loss) for name, loss in losses.items()}

    @torch.no_grad()
    def _save_samples(self) -> Path | None:
        if not self.is_first:
            return None
        pictures = self.task.samples(self.average.networks, self._held_out_batch())
        return outputs.save_grid(self.out, self.step, pictures)

    def _held_out_batch(self) -> Batch:
        return prefetch.held_out_batch(self.held_out, HELD_OUT, self.device)

    # ----------------------------------------------------------------------------- checkpoints

    def _save_if_finite(self) -> Path | None:
        """All processes decide alike, lest one wait for the others forever."""
        return self._save(not self.any_process(not checkpointing.is_finite(self._state())))

    def _save(self, finite: bool) -> Path | None:
        """The results and the checkpoint.

        Raises:
            DivergedError: for a state that is not ``finite``, which would replace a good one.
        """
        before, self.saved_step, self.saved_at = self.saved_step, self.step, time.monotonic()
        if not finite:
            raise self._diverged(before)
        if not self.is_first:
            return None
        outputs.save_results(self.out, self.task.results(self.average.networks))
        return checkpointing.save_checkpoint(self.out, self._state())

    def _diverged(self, saved: int) -> DivergedError:
        if saved < 0:
            return DivergedError(
                "The weights are no longer finite at step {step}, and nothing was saved: start anew with a "
                "lower learning rate.",
                step=self.step,
            )
        return DivergedError(
            "The weights are no longer finite at step {step}: nothing was saved, and {file} stays as it was "
            "after step {saved}. Lower the learning rate and start anew from its results.",
            step=self.step,
            file=str(self.out / checkpointing.CHECKPOINT),
            saved=saved,
        )

    def _state(self) -> dict[str, object]:
        return {
            "config": self.config.to_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "sums": self.sums,
            "losses": self.losses,
            "average": {name: each.state_dict() for name, each in self.average.networks.items()},
            **self.trainer.state(),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        try:
            self.step, self.seconds = state["step"], state["seconds"]
            self.sums = {
                name: each if name == "steps" else each.to(self.device)
                for name, each in state["sums"].items()
            }
            self.losses, self.saved_step = state["losses"], self.step
            self.trainer.load_state(state)
            for name, network in self.average.networks.items():
                network.load_state_dict(state["average"][name])
        except (LookupError, TypeError, AttributeError, ValueError, RuntimeError) as error:
            raise TrainingError(
                "The checkpoint in {folder} does not fit the networks of this run: choose another --out.",
                folder=str(self.out),
            ) from error


def _held_out_streams(
    names: Sequence[str], rows: Sequence[DataSettings], root: Path, size: int, seed: int, cache: PictureCache
) -> dict[str, CropStream]:
    """Crops of held-out files; of the files in training for a set so small that none is held out."""
    try:
        return streams(names, rows, root, size, seed, cache, held_out=True)
    except TrainingError:
        return streams(names, rows, root, size, seed, cache)
