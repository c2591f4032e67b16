"""Which style each crop of a batch is to get, and how freely it is painted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from .config import TrainingError
from .painter_styles import StyleCollection

Choice = TypeVar("Choice")
HARDEST_OF = 4  # styles of which the hardest is taken


@dataclass(frozen=True)
class StyleDraws:
    """For each of B crops.

    ``rows`` (B,) is the row of a named style's code, or -1 where it is predicted; ``styles`` are the numbers
    of the styles that are compared; ``alone`` (B,) is set where the photo itself is to come back;
    ``freedom`` (B,) is from -1 to 1.
    """

    rows: Tensor
    styles: Sequence[int]
    alone: Tensor
    freedom: Tensor

    def to(self, device: torch.device) -> StyleDraws:
        """On a device."""
        return replace(
            self, rows=self.rows.to(device), alone=self.alone.to(device), freedom=self.freedom.to(device)
        )


class StyleSampler:
    """Draws styles.

    Args:
        collection: of what.
        named: share of the crops with a style that has its own code.
        alone: share of the crops whose photo is to come back.

    Raises:
        TrainingError: there are no styles.
    """

    def __init__(self, collection: StyleCollection, named: float, alone: float) -> None:
        self.members = collection.members
        self.folders = [each for each in collection.folders if each.weight > 0 and each.groups]
        if not self.folders:
            raise TrainingError("There are no styles: check the folders of 'style' and their weights.")
        self.named, self.alone = named if self.members else 0.0, alone
        weights = np.array([each.weight for each in self.folders])
        self.limits = np.cumsum(weights / weights.sum())[:-1]

    def draw(self, randoms: Iterable[np.random.Generator], difficulty: Sequence[float]) -> StyleDraws:
        """One style from each generator; ``difficulty`` is how hard each style is, by its number."""
        every = [self._one(random, difficulty) for random in randoms]
        rows, styles, alone, freedom = zip(*every, strict=True)
        return StyleDraws(
            torch.tensor(rows), styles, torch.tensor(alone), torch.tensor(freedom, dtype=torch.float32)
        )

    def _one(self, random: np.random.Generator, difficulty: Sequence[float]) -> tuple[int, int, bool, float]:
        freedom, kind = random.uniform(-1, 1), random.random()
        if kind < self.named:
            row = int(random.integers(len(self.members)))
            return row, _any(self.members[row], random), False, freedom
        alone = kind < self.named + self.alone
        return -1, self._predicted(random, difficulty), alone, 0.0 if alone else freedom

    def _predicted(self, random: np.random.Generator, difficulty: Sequence[float]) -> int:
        folder = self.folders[int(np.searchsorted(self.limits, random.random(), side="right"))]
        tries = HARDEST_OF if random.random() < folder.hard else 1
        styles = [_any(_any(folder.groups, random), random) for _ in range(tries)]
        return max(styles, key=lambda style: difficulty[style])


def _any(choices: Sequence[Choice], random: np.random.Generator) -> Choice:
    return choices[int(random.integers(len(choices)))]
