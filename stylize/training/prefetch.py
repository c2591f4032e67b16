"""Batches on the device, prefetched by threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import torch

from . import distributed
from .data import CropStream
from .settings import LoopSettings
from .task import Batch

PREPARATION = 2**40  # the first of the steps whose crops serve for measuring before the training


class Prefetcher:
    """The batches of a run by step: this process's share of each.

    Args:
        streams: crops by name.
        settings: batch size, steps, workers, and whether batches are repeated.
        device: where the batches go.

    Raises:
        TrainingError: a batch cannot be divided among the processes.
    """

    def __init__(
        self, streams: Mapping[str, CropStream], settings: LoopSettings, device: torch.device
    ) -> None:
        self.streams, self.settings, self.device = streams, settings, device
        self.positions = distributed.local_samples(settings.batch)
        self._pool = ThreadPoolExecutor(settings.workers)
        self._pending: dict[int, Future[Batch]] = {}

    def batch(self, step: int) -> Batch:
        """The batch of a step, from 1; the following ones are begun. Raises TrainingError."""
        for each in range(step, min(step + self.settings.workers, self.settings.steps) + 1):
            if each not in self._pending:
                self._pending[each] = self._pool.submit(self._load, each)
        loaded = self._pending.pop(step).result()
        pictures = {name: crops.to(self.device) for name, crops in loaded.pictures.items()}
        return replace(loaded, pictures=pictures, numbers=loaded.numbers.to(self.device))

    def _load(self, step: int) -> Batch:
        every = self.settings.distinct_batches
        repeated = (step - 1) % every + 1 if every else 0
        crops = {
            name: stream.batch(repeated or step, self.positions) for name, stream in self.streams.items()
        }
        return Batch(crops, _numbers(step, self.positions, self.settings.batch), step, repeated)

    def preparation_batches(self, count: int) -> Iterator[Batch]:
        """Batches for a task's ``prepare``: whole ones, the same in all processes. Their step is 0."""
        every = range(self.settings.batch)
        for step in range(PREPARATION, PREPARATION + count):
            crops = {name: each.batch(step, every).to(self.device) for name, each in self.streams.items()}
            yield Batch(crops, _numbers(0, every, self.settings.batch).to(self.device), 0)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(cancel_futures=True)


def _numbers(step: int, positions: range, batch: int) -> torch.Tensor:
    return torch.tensor([step * batch + position for position in positions])


def held_out_batch(streams: Mapping[str, CropStream], count: int, device: torch.device) -> Batch:
    """``count`` held-out samples, the same at every call. Their step is 0."""
    crops = {name: each.batch(0, range(count)).to(device) for name, each in streams.items()}
    return Batch(crops, torch.arange(count, device=device), 0)
