"""One training step of a task: its phases, their gradients and their optimizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from . import distributed, optimizers
from .settings import LoopSettings
from .task import Batch, TrainingTask


class Trainer:
    """The optimizers of a task's phases.

    Args:
        task: its networks are trained, on the device they are on.
        settings: rates and kind of the optimizers, and the clipping of gradients.
    """

    def __init__(self, task: TrainingTask, settings: LoopSettings) -> None:
        self.task, self.settings = task, settings
        self.phases = {phase: [task.networks[name] for name in names] for phase, names in task.phases.items()}
        self.optimizers = {phase: self._build(names) for phase, names in task.phases.items()}

    def _build(self, names: Sequence[str]) -> list[Optimizer]:
        adam_only = [self.task.networks[name] for name in names if name in self.task.adam_only]
        others = [self.task.networks[name] for name in names if name not in self.task.adam_only]
        return [
            optimizer
            for networks, muon in ((others, True), (adam_only, False))
            if any(True for each in networks for _ in each.parameters())
            for optimizer in optimizers.build(networks, self.settings, muon=muon)
        ]

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Every phase once; the losses by name, without gradients, those of earlier phases first."""
        factor = optimizers.rate_factor(batch.step, self.settings)
        seen: dict[str, Tensor] = {}
        for phase, networks in self.phases.items():
            self._require_gradients(networks)
            losses = self.task.losses(self.task.networks, batch, phase)
            if losses:
                self._minimize(losses["total"], phase, factor)
                seen = {**{name: loss.detach().float() for name, loss in losses.items()}, **seen}
        return seen

    def _require_gradients(self, networks: Sequence[nn.Module]) -> None:
        """Gradients for these networks and for no others."""
        if len(self.phases) > 1:
            for network in self.task.networks.values():
                network.requires_grad_(any(network is each for each in networks))

    def _minimize(self, loss: Tensor, phase: str, factor: float) -> None:
        optimizers.set_rates(self.optimizers[phase], factor)
        for optimizer in self.optimizers[phase]:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [each for network in self.phases[phase] for each in network.parameters()]
        distributed.average_gradients(parameters)
        if self.settings.clip:
            nn.utils.clip_grad_norm_(parameters, self.settings.clip)
        for optimizer in self.optimizers[phase]:
            optimizer.step()

    def state(self) -> dict[str, object]:
        """Plain values and tensors of networks, task and optimizers, for a checkpoint."""
        return {
            "networks": {name: each.state_dict() for name, each in self.task.networks.items()},
            "task": self.task.state(),
            "optimizers": {
                phase: [each.state_dict() for each in built] for phase, built in self.optimizers.items()
            },
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores what :meth:`state` returned. Raises errors of many kinds if it does not fit."""
        for name, network in self.task.networks.items():
            network.load_state_dict(state["networks"][name])
        for phase, built in self.optimizers.items():
            for optimizer, kept in zip(built, state["optimizers"][phase], strict=True):
                optimizer.load_state_dict(kept)
        self.task.load_state(state.get("task", {}))
