"""Features of pictures and statistics of these, by layer, as AdaIN's training compares them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..statistics import MeanStd

Combine = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class LayerStatistics:
    """Of a layer's scaled features: mean and deviation, and the Gram matrix, (B, C, C), up to a factor."""

    mean_std: MeanStd
    gram: Tensor | None


@dataclass(frozen=True)
class FeatureStatistics:
    """Statistics of B pictures by layer: of the encoder's features and of the teacher's scaled ones."""

    encoder: dict[str, MeanStd]
    teacher: dict[str, LayerStatistics]

    def rolled(self, shift: int) -> FeatureStatistics:
        """Each sample replaced by the one ``shift`` positions before it."""
        return self._combined(self, lambda own, _: own.roll(shift, 0))

    def where(self, flags: Tensor, other: FeatureStatistics) -> FeatureStatistics:
        """These samples where the flags, (B,), are set, and the other's elsewhere."""

        def choose(own: Tensor, its: Tensor) -> Tensor:
            return torch.where(flags.view(-1, *[1] * (own.dim() - 1)), own, its)

        return self._combined(other, choose)

    def _combined(self, other: FeatureStatistics, combine: Combine) -> FeatureStatistics:
        def mean_std(own: MeanStd, its: MeanStd) -> MeanStd:
            return combine(own[0], its[0]), combine(own[1], its[1])

        def layer(own: LayerStatistics, its: LayerStatistics) -> LayerStatistics:
            gram = None if own.gram is None or its.gram is None else combine(own.gram, its.gram)
            return LayerStatistics(mean_std(own.mean_std, its.mean_std), gram)

        return FeatureStatistics(
            {name: mean_std(each, other.encoder[name]) for name, each in self.encoder.items()},
            {name: layer(each, other.teacher[name]) for name, each in self.teacher.items()},
        )


@dataclass(frozen=True)
class Analyzed:
    """Pictures, (B, 3, H, W), their features by layer in encoder and teacher, and the statistics of these."""

    pictures: Tensor
    encoder: dict[str, Tensor]
    teacher: dict[str, Tensor]
    statistics: FeatureStatistics


@dataclass(frozen=True)
class ContentStylePair:
    """Contents, and the style that each is to have; ``same``, (B,), is where that is its own."""

    content: Analyzed
    style: FeatureStatistics
    same: Tensor
    step: int
