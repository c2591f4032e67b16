"""What the training loop must know of a task: its networks, the losses of a batch, samples and results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..device import Compute

Networks = Mapping[str, nn.Module]
HELD_OUT = 8  # samples in the grid and in the held-out losses


@dataclass(frozen=True)
class Batch:
    """Crops by stream, (B, 3, size, size) float32 RGB in [0, 1] on the task's device.

    ``numbers``, (B,), are the indices of the samples in the whole run, the same however many processes
    share the batch. ``step`` counts from 1 and is 0 for held-out samples. ``repeated`` is the same number
    whenever the same crops are repeated, and 0 where they are not.
    """

    pictures: Mapping[str, Tensor]
    numbers: Tensor
    step: int
    repeated: int = 0


class TrainingTask(ABC):
    """One kind of network and how it is trained.

    ``streams`` are the names of the crops it needs. ``networks`` are all that is trained. ``phases`` name
    those of each phase of a step, in order, as a generator and its discriminator need; usually there is
    one phase. ``adam_only`` are networks that Adam trains even where Muon trains the others.
    ``loss_names`` are all the losses there can be, ``total`` first.
    """

    streams: Sequence[str]
    loss_names: Sequence[str]
    networks: dict[str, nn.Module]
    adam_only: Sequence[str] = ()
    compute: Compute

    @property
    def phases(self) -> Mapping[str, Sequence[str]]:
        """The networks of each phase by the phase's name."""
        return {"": tuple(self.networks)}

    @abstractmethod
    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures or initializes from data before the first step. Not called when a run is resumed."""

    @abstractmethod
    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """Scalar losses by name, of which ``total`` is minimized. Each is a mean over the samples.

        Args:
            networks: the trained ones or their averages, by the names in ``networks``.
            batch: crops of all streams.
            phase: a name in ``phases``.

        Returns:
            An empty dict leaves the phase out of this step.
        """

    @abstractmethod
    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Pictures to look at, (rows, columns, 3, H, W) RGB, of a held-out batch."""

    @abstractmethod
    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The state dict of each result by its file's name without suffix."""

    def state(self) -> Mapping[str, object]:
        """What a checkpoint must hold beside the networks: tensors and plain values."""
        return {}

    def load_state(self, state: Mapping[str, object]) -> None:  # noqa: B027 - most have none
        """Restores what :meth:`state` returned."""

    def mixed(self) -> AbstractContextManager[object]:
        """A context in which the trained networks compute in the device's dtype (autocast)."""
        dtype = self.compute.dtype
        return torch.autocast(self.compute.device.type, dtype, enabled=dtype != torch.float32)

    def exact(self) -> AbstractContextManager[object]:
        """A context without autocast: for fixed networks, which have the device's dtype already."""
        return torch.autocast(self.compute.device.type, enabled=False)
