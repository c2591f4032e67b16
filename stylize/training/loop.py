"""The one loop that trains every task: it yields its progress and prints nothing.

A folder holds a run: ``checkpoint.pt`` (all that is needed to go on), the results as safetensors,
``log.csv`` and ``samples/``. On the same CPU a run that was stopped and resumed has the losses of an
uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import DivergedError, Note, note
from . import distributed, keeping, optimisers, supply
from .config import Config, TrainingError
from .data import Shelf, Stream, streams
from .task import Task

HELD_OUT = 8  # samples that are looked at


@dataclass(frozen=True)
class Moment:
    """After one step.

    ``losses`` are means over the steps since the last line of the log, as of the latest such line.
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
    task: Task,
    config: Config,
    data: Path,
    out: Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] = _never,
) -> Generator[Moment]:
    """Trains until the last step, until ``minutes`` are over or until somebody wishes to stop.

    Closing the generator stops as well, but only in a single process. Whenever it stops, it saves.

    Args:
        task: what to train; its networks must come from the seed of ``config`` to be reproducible.
        config: how.
        data: the folder of the folders of pictures.
        out: the folder of the run.
        minutes: of this call, with the step that is under way.
        resume: goes on from the checkpoint in ``out``, if there is one.
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
            if run.agreed(should_stop() or time.monotonic() >= until):
                break
            moment = run.advance(notes)
            notes = ()
            yield moment
    finally:
        run.end()


class _Run:
    def __init__(self, task: Task, config: Config, data: Path, out: Path) -> None:
        self.task, self.config, self.loop, self.out = task, config, config.loop, out
        self.device = task.compute.device
        for network in task.networks.values():
            network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.phases = {phase: [task.networks[name] for name in names] for phase, names in task.phases.items()}
        self.optimisers = {phase: self._optimisers(names) for phase, names in task.phases.items()}
        self.average = keeping.Average(task.networks, self.loop.ema)
        self.shelf = Shelf()
        wanted = (task.streams, config.data, data, self.loop.size, self.loop.seed, self.shelf)
        self.held_out = _held_out(*wanted)
        self.supply = supply.Supply(streams(*wanted), self.loop, self.device)
        self.step, self.seconds = 0, 0.0
        self.sums: dict[str, Tensor] = {}
        self.losses: dict[str, float] = {}
        self.whole = False  # whether the state is that after a step and not in the midst of one
        self.saved_step, self.saved_at = -1, time.monotonic()
        self.is_first = distributed.rank() == 0

    def _optimisers(self, names: Any) -> list[torch.optim.Optimizer]:
        helpers = [self.task.networks[name] for name in names if name in self.task.helpers]
        others = [self.task.networks[name] for name in names if name not in self.task.helpers]
        groups = ((others, True), (helpers, False))
        return [
            optimiser
            for networks, muon in groups
            if any(True for each in networks for _ in each.parameters())
            for optimiser in optimisers.build(networks, self.loop, muon=muon)
        ]

    # -------------------------------------------------------------------------- start and end

    def begin(self, resume: bool) -> tuple[Note, ...]:
        """From the checkpoint or from data. Raises TrainingError."""
        if not resume and (self.out / keeping.CHECKPOINT).is_file():
            raise TrainingError(
                "{folder} holds a run already: go on with --resume, or choose another --out.",
                folder=str(self.out),
            )
        state = keeping.load_checkpoint(self.out, self.config.to_dict()) if resume else None
        if state is not None:
            try:
                self._restore(state)
            except (LookupError, TypeError, AttributeError, ValueError, RuntimeError) as error:
                raise TrainingError(
                    "The checkpoint in {folder} does not fit the networks of this run: choose another --out.",
                    folder=str(self.out),
                ) from error
        else:
            count = getattr(self.config.task, "measure_batches", 0)
            self.task.prepare(self.supply.whole(count))
            distributed.alike(self.task.networks.values())
            self.average = keeping.Average(self.task.networks, self.loop.ema)
        self.whole = True
        if self.is_first:
            self.log = keeping.Log(self.out, self.task.loss_names, self.step)
        if state is not None:
            return (note("Going on after step {step}.", step=self.step),)
        return (note("There is no checkpoint yet: starting anew."),) if resume else ()

    def end(self) -> None:
        """Stops the threads and saves what is not saved yet."""
        self.supply.close()
        if self.whole and self.step > self.saved_step:
            self._save(keeping.is_finite(self._state()))

    def agreed(self, wish: bool) -> bool:
        """Whether any process wishes so."""
        return distributed.anyone(wish, self.device)

    # ----------------------------------------------------------------------------------- steps

    def advance(self, notes: tuple[Note, ...]) -> Moment:
        """One step and what is due after it."""
        self.whole = False
        started = time.monotonic()
        self.step += 1
        self._learn()
        self.average.update(self.task.networks, self.step)
        samples = self._show() if self._is_due(self.loop.sample_every) else None
        if self._is_due(self.loop.log_every):
            self._note_losses(self.seconds + time.monotonic() - started)
        self.seconds += time.monotonic() - started
        self.whole = True
        checkpoint = self._save_if_sound() if self._is_time() else None
        fresh = (*notes, *self.shelf.fresh_notes())
        return Moment(self.step, self.loop.steps, self.losses, self.seconds, fresh, checkpoint, samples)

    def _is_due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.loop.steps

    def _is_time(self) -> bool:
        late = time.monotonic() - self.saved_at >= 60 * self.loop.checkpoint_minutes
        return self.agreed(late)

    def _learn(self) -> None:
        batch = self.supply.batch(self.step)
        factor = optimisers.rate_factor(self.step, self.loop)
        seen: dict[str, Tensor] = {}
        for phase, networks in self.phases.items():
            self._only(networks)
            found = self.task.losses(self.task.networks, batch, phase)
            if not found:
                continue
            self._follow(found["total"], phase, factor)
            seen = {**{name: loss.detach().float() for name, loss in found.items()}, **seen}
        for name, loss in seen.items():
            self.sums[name] = self.sums[name] + loss if name in self.sums else loss
        self.sums["steps"] = self.sums.get("steps", torch.zeros(())) + 1

    def _only(self, networks: list[nn.Module]) -> None:
        """Gradients for these networks and for no others."""
        if len(self.phases) > 1:
            for network in self.task.networks.values():
                network.requires_grad_(any(network is each for each in networks))

    def _follow(self, loss: Tensor, phase: str, factor: float) -> None:
        optimisers.set_rates(self.optimisers[phase], factor)
        for optimiser in self.optimisers[phase]:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [each for network in self.phases[phase] for each in network.parameters()]
        distributed.average_gradients(parameters)
        if self.loop.clip:
            nn.utils.clip_grad_norm_(parameters, self.loop.clip)
        for optimiser in self.optimisers[phase]:
            optimiser.step()

    # ----------------------------------------------------------------------------- what is kept

    def _note_losses(self, seconds: float) -> None:
        count = float(self.sums.pop("steps"))
        names = [name for name in self.task.loss_names if name in self.sums]
        means = distributed.mean(torch.stack([self.sums[name] for name in names])) / count
        self.losses, self.sums = dict(zip(names, means.tolist(), strict=True)), {}
        if not all(map(math.isfinite, self.losses.values())):
            raise DivergedError(
                "The losses are no longer finite at step {step}: lower the learning rate and go on from the "
                "last checkpoint, or start anew.", step=self.step,
            )  # fmt: skip
        if self.is_first:
            rate = optimisers.rate_factor(self.step, self.loop) * self.loop.learning_rate
            values = {"step": self.step, "seconds": round(seconds, 2), "rate": rate, **self.losses}
            self.log.add({**values, **self._judge()} if self._is_due(self.loop.sample_every) else values)

    @torch.no_grad()
    def _judge(self) -> dict[str, float]:
        """The losses of the averaged networks on held-out samples."""
        found = self.task.losses(self.average.networks, self._held_out_batch(), next(iter(self.phases)))
        return {f"held_out_{name}": float(loss) for name, loss in found.items()}

    @torch.no_grad()
    def _show(self) -> Path | None:
        if not self.is_first:
            return None
        pictures = self.task.samples(self.average.networks, self._held_out_batch())
        return keeping.save_grid(self.out, self.step, pictures)

    def _held_out_batch(self) -> Any:
        return supply.held_out(self.held_out, HELD_OUT, self.device)

    def _save_if_sound(self) -> Path | None:
        """All processes decide alike, lest one wait for the others for ever."""
        return self._save(not distributed.anyone(not keeping.is_finite(self._state()), self.device))

    def _save(self, sound: bool) -> Path | None:
        """The results and the checkpoint. Raises DivergedError for a state that is not ``sound``, which would
        replace a good one."""
        before, self.saved_step, self.saved_at = self.saved_step, self.step, time.monotonic()
        if not sound:
            raise self._diverged(before)
        if not self.is_first:
            return None
        keeping.save_results(self.out, self.task.results(self.average.networks))
        return keeping.save_checkpoint(self.out, self._state())

    def _diverged(self, saved: int) -> DivergedError:
        if saved < 0:
            return DivergedError(
                "The weights are no longer finite at step {step}, and nothing was saved: start anew with a "
                "lower learning rate.", step=self.step,
            )  # fmt: skip
        return DivergedError(
            "The weights are no longer finite at step {step}: nothing was saved, and {file} stays as it was "
            "after step {saved}. Lower the learning rate and start anew from its results.",
            step=self.step, file=str(self.out / keeping.CHECKPOINT), saved=saved,
        )  # fmt: skip

    def _state(self) -> dict[str, Any]:
        return {
            "config": self.config.to_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "sums": self.sums,
            "losses": self.losses,
            "networks": {name: each.state_dict() for name, each in self.task.networks.items()},
            "task": self.task.state(),
            "average": {name: each.state_dict() for name, each in self.average.networks.items()},
            "optimisers": {
                phase: [each.state_dict() for each in found] for phase, found in self.optimisers.items()
            },
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.step, self.seconds = state["step"], state["seconds"]
        self.sums = {
            name: sum_ if name == "steps" else sum_.to(self.device) for name, sum_ in state["sums"].items()
        }
        self.losses, self.saved_step = state["losses"], self.step
        for name, network in self.task.networks.items():
            network.load_state_dict(state["networks"][name])
            self.average.networks[name].load_state_dict(state["average"][name])
        for phase, found in self.optimisers.items():
            for optimiser, kept in zip(found, state["optimisers"][phase], strict=True):
                optimiser.load_state_dict(kept)
        self.task.load_state(state.get("task", {}))


def _held_out(wanted: Any, rows: Any, root: Path, size: int, seed: int, shelf: Shelf) -> dict[str, Stream]:
    """Crops of held-out files; of the files in training for a set so small that none is held out."""
    try:
        return streams(wanted, rows, root, size, seed, shelf, held_out=True)
    except TrainingError:
        return streams(wanted, rows, root, size, seed, shelf)
