"""Style losses that compare places instead of statistics: nearest neighbors, relaxed earth mover's distance.

A place is described by its hypercolumn: the features of all style layers there, one after the other
(Kolkin et al. 2022, arXiv:2203.13215, sec. 3.1). Everything here is float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...losses import nearest_neighbors, neighbor_loss, relaxed_emd, statistics_loss
from ...networks import VGG19
from ...networks.vgg import BLOCK_OF
from ...statistics import position_weights
from ..named import Weighted, as_picture, parts
from .spec import GatysSettings

PLACED = ("neighbor", "emd")  # values of style_loss
STRIDE = 4  # pixels from one place of the grid to the next
MOST_PLACES = 1 << 14  # of the grid; beyond it becomes coarser
MOST_OF_STYLE = {"neighbor": 4096, "emd": 1024}  # sampled places of all styles together
SAMPLES = 1024  # places of the picture whose earth mover's distance is computed in a step


class PlacedStyle:
    """The loss ``neighbor`` or ``emd`` of a picture's features at one scale.

    ``neighbor``: the picture that is seen first decides which place of the styles each of its places is to
    become; that stays so for the scale. ``emd``: the relaxed earth mover's distance of places that are drawn
    anew for each step of Adam, but not for L-BFGS, and, as the cosine knows no length, the mean and deviation
    of every channel.

    Args:
        network: the encoder.
        weights: of its style layers by name; they add up to 1.
        styles: pictures, with weights that add up to 1.
        settings: the mode's settings.
    """

    def __init__(
        self,
        network: VGG19,
        weights: Mapping[str, float],
        styles: Sequence[Weighted],
        settings: GatysSettings,
    ) -> None:
        self.network, self.weights, self.settings = network, weights, settings
        self._random = torch.Generator().manual_seed(settings.seed)
        self._scales = dict.fromkeys(weights, 1.0)
        rows = torch.cat([self._style_places(style) for style in styles])
        squares = [part.square().mean() for part in rows.split(self._channels, 1)]
        self._scales = {
            layer: (weights[layer] * len(weights) / (float(square) + 1e-12)) ** 0.5
            for layer, square in zip(weights, squares, strict=True)
        }
        factors = [
            rows.new_full((channels,), scale)
            for channels, scale in zip(self._channels, self._scales.values(), strict=True)
        ]
        self.places = rows * torch.cat(factors)
        self._center = self.places.mean(0)
        self._deviation = (self.places.var(0, correction=0) + 1e-5).sqrt()
        self._targets: Tensor | None = None
        self._fixed: Tensor | None = None

    @property
    def _channels(self) -> list[int]:
        return [self.network.layer_channels(layer) for layer in self.weights]

    def _style_places(self, style: Weighted) -> Tensor:
        """Hypercolumns of a style, (N, D), drawn by how much each place counts; N by the style's weight."""
        picture, alpha = parts(as_picture(style.source))
        grid = self._grid(self.network(picture, tuple(self.weights)))
        count = max(1, round(MOST_OF_STYLE[self.settings.style_loss] * style.weight))
        counts = position_weights(alpha, grid)
        rows = _rows(grid)
        if counts is not None:
            rows = rows[counts.flatten() > 0] if counts.any() else rows
        return rows[self._draw(len(rows), count).to(rows.device)]

    def _grid(self, features: Mapping[str, Tensor]) -> Tensor:
        """Hypercolumns on a grid of places, (1, D, h, w)."""
        first = next(iter(self.weights))
        height, width = (side / _pooled(first) for side in features[first].shape[2:])
        shrink = max(1.0, math.sqrt(height * width / MOST_PLACES))
        size = max(1, int(height / shrink)), max(1, int(width / shrink))
        return torch.cat([self._mapped(layer, features[layer], size) for layer in self.weights], 1)

    def _mapped(self, layer: str, features: Tensor, size: tuple[int, int]) -> Tensor:
        """A layer's features by the encoder's metric at the grid's size: the same before and after."""
        pooled = max(1, round(_pooled(layer)))
        small = F.avg_pool2d(features, pooled) if min(features.shape[2:]) >= pooled > 1 else features
        resized = F.interpolate(small.float(), size, mode="bilinear", align_corners=False)
        metric = self.network.metric(layer)
        return (resized if metric is None else metric(resized)) * self._scales[layer]

    def _draw(self, size: int, count: int) -> Tensor:
        """``count`` different numbers below ``size``, or all of them, in order."""
        if size <= count:
            return torch.arange(size)
        return torch.randperm(size, generator=self._random)[:count].sort().values

    def forget(self) -> None:
        """The next picture decides the places of the styles that are aimed at."""
        self._targets = self._fixed = None

    def loss(self, features: Mapping[str, Tensor]) -> Tensor:
        """A scalar, about 1 for a picture that has nothing to do with the styles.

        Args:
            features: of the picture at the style layers, as the network gives them.
        """
        grid = self._grid(features)
        rows = _rows(grid)
        if self.settings.style_loss == "neighbor":
            if self._targets is None:
                self._targets = nearest_neighbors(rows, self.places)
            return neighbor_loss(rows, self._targets, self._center)
        chosen = self._fixed
        if chosen is None or self.settings.optimizer == "adam":
            self._fixed = chosen = self._draw(len(rows), SAMPLES).to(rows.device)
        moments = statistics_loss(grid, (self._center, self._deviation))
        return relaxed_emd(rows[chosen], self.places) + moments


def _pooled(layer: str) -> float:
    """How many positions of a layer, in each direction, are one place of the grid."""
    return STRIDE * 0.5 ** (BLOCK_OF[layer] - 1)


def _rows(grid: Tensor) -> Tensor:
    """(1, D, h, w) as (h w, D)."""
    return grid[0].flatten(1).T
