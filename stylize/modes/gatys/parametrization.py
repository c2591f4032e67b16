"""What the optimizer changes: the pixels, as in the paper, or the levels of a Laplacian pyramid of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

LEVELS = 5  # of the pyramid, as Kolkin et al. 2019 (STROTSS) have them; each has half the side of the last


class Parametrization(Protocol):
    """A way to write a (1, 3, H, W) picture as tensors, from which it is computed again.

    ``rate`` is a factor of Adam's rate, whose steps add up where several tensors make a pixel.
    """

    rate: float

    def parameters(self, picture: Tensor) -> list[Tensor]:
        """New tensors that :meth:`picture` makes ``picture`` of, but for rounding."""

    def picture(self, parameters: Sequence[Tensor]) -> Tensor:
        """The picture, with gradients for the parameters."""


class Pixels:
    """The picture is its own parameter."""

    rate = 1.0

    def parameters(self, picture: Tensor) -> list[Tensor]:
        """A copy of the picture alone."""
        return [picture.clone()]

    def picture(self, parameters: Sequence[Tensor]) -> Tensor:
        """The only parameter itself."""
        return parameters[0]


class LaplacianPyramid:
    """What each halving loses, finest first, and the smallest picture (Burt and Adelson 1983).

    An optimizer that scales gradients per parameter, as Adam does, changes large areas at once by the coarse
    levels (Kolkin et al. 2019, sec. 3.2). Departure from Burt and Adelson: bilinear filters instead of 5x5.
    """

    rate = 0.25

    def parameters(self, picture: Tensor) -> list[Tensor]:
        """:data:`LEVELS` tensors, (1, 3, H / 2^n, W / 2^n), rounded down but at least 1."""
        levels, rest = [], picture
        for _ in range(LEVELS - 1):
            height, width = rest.shape[2:]
            small = _resized(rest, (max(1, height // 2), max(1, width // 2)))
            levels.append(rest - _resized(small, (height, width)))
            rest = small
        return [*levels, rest.clone()]

    def picture(self, parameters: Sequence[Tensor]) -> Tensor:
        """The levels, each brought to the size of the next finer one and added, from coarse to fine."""
        picture = parameters[-1]
        for level in reversed(parameters[:-1]):
            height, width = level.shape[2:]
            picture = level + _resized(picture, (height, width))
        return picture


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(picture, size, mode="bilinear", align_corners=False)


PARAMETRIZATIONS: dict[str, Parametrization] = {"pixels": Pixels(), "pyramid": LaplacianPyramid()}
