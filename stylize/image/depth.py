"""Pictures as 16-bit integers: how they cross from one process to another, and in what steps they count.

What 8-bit and 16-bit files hold is on this grid exactly, since 65535 = 255 * 257.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

STEPS = 65535


def quantize(picture: Tensor) -> Tensor:
    """A copy of a picture in [0, 1], float32, rounded to the nearest multiple of 1/65535.

    What :func:`pack` and :func:`unpack` leave of a picture, to the last bit.
    """
    return picture.float().mul(STEPS).round_().div_(STEPS)


def pack(picture: Tensor) -> NDArray[np.uint16]:
    """An array of a picture's shape from values in [0, 1], on the CPU: half the bytes of float32."""
    steps: NDArray[Any] = picture.float().mul(STEPS).round_().numpy()
    return steps.astype(np.uint16)


def unpack(array: NDArray[np.uint16]) -> Tensor:
    """The float32 picture that :func:`pack` was given, as :func:`quantize` would leave it."""
    import torch

    return torch.from_numpy(array.astype(np.float32)).div_(STEPS)
