"""Batches on the device, made ahead by threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import torch

from . import distributed
from .config import LoopSettings
from .data import Stream
from .task import Batch

BEFORE = 2**40  # the first of the steps whose crops serve to measure and start


class Supply:
    """The batches of a run by step: this process's share of each."""

    def __init__(self, streams: Mapping[str, Stream], settings: LoopSettings, device: torch.device) -> None:
        self.streams, self.settings, self.device = streams, settings, device
        self.places = distributed.share(settings.batch)
        self._pool = ThreadPoolExecutor(settings.workers)
        self._ahead: dict[int, Future[Batch]] = {}

    def batch(self, step: int) -> Batch:
        """The batch of a step; the following ones are begun."""
        for each in range(step, min(step + self.settings.workers, self.settings.steps) + 1):
            if each not in self._ahead:
                self._ahead[each] = self._pool.submit(self._make, each)
        made = self._ahead.pop(step).result()
        pictures = {name: crops.to(self.device) for name, crops in made.pictures.items()}
        return replace(made, pictures=pictures, numbers=made.numbers.to(self.device))

    def _make(self, step: int) -> Batch:
        every = self.settings.come_round
        again = (step - 1) % every + 1 if every else 0
        crops = {name: stream.batch(again or step, self.places) for name, stream in self.streams.items()}
        return Batch(crops, _numbers(step, self.places, self.settings.batch), step, again)

    def whole(self, count: int) -> Iterator[Batch]:
        """Batches for a task's start: the same in all processes, not cut into shares."""
        every = range(self.settings.batch)
        for step in range(BEFORE, BEFORE + count):
            crops = {name: each.batch(step, every).to(self.device) for name, each in self.streams.items()}
            yield Batch(crops, _numbers(0, every, self.settings.batch).to(self.device), 0)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(cancel_futures=True)


def _numbers(step: int, places: range, batch: int) -> torch.Tensor:
    return torch.tensor([step * batch + place for place in places])


def held_out(streams: Mapping[str, Stream], count: int, device: torch.device) -> Batch:
    """The same crops whenever it is asked for."""
    crops = {name: each.batch(0, range(count)).to(device) for name, each in streams.items()}
    return Batch(crops, torch.arange(count, device=device), 0)
