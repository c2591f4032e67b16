"""Scaling of samples of any depth to uint8, uint16, or float32 in [0, 1]."""

from __future__ import annotations

import numpy as np

from ..errors import Note, PictureError, note
from .faults import called

SLACK = 1e-5  # what floats may lie outside of [0, 1] by rounding


def unit(values: np.ndarray, bits: int, name: str) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Unsigned or signed integers of ``bits``, or floats, as fractions of white, and what to say of it.

    Up to 16 bits white is the highest number. Integers of more bits are often less deep than their type:
    there the values tell, as they do for floats beyond 1. Raises PictureError for numbers below zero and
    for what is no number.
    """
    if values.dtype.kind == "f":
        return _floats(values, name)
    top = 2 ** (bits - (values.dtype.kind == "i")) - 1
    if values.dtype.kind == "u" and bits <= 16:
        return _whole(values, bits, top), ()
    low, high = int(values.min()), int(values.max())
    if low < 0:
        raise _below(low, name)
    white = next(each for each in ((255, 65535, top) if bits >= 32 else (top,)) if high <= each)
    return (values / np.float32(white)).astype(np.float32), ()


def _whole(values: np.ndarray, bits: int, top: int) -> np.ndarray:
    kind, most = (np.uint8, 255) if bits <= 8 else (np.uint16, 65535)
    if top == most:
        return values.astype(kind)
    return ((values.astype(np.uint32) * most + top // 2) // top).astype(kind)


def _floats(values: np.ndarray, name: str) -> tuple[np.ndarray, tuple[Note, ...]]:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():  # either is NaN if any value is
        raise PictureError(
            "{file} holds values that are not numbers: clean them, or save it with 8 or 16 bits.",
            file=called(name),
        )
    if low < -SLACK:
        raise _below(low, name)
    if high <= 1 + SLACK:
        return values.clip(0, 1).astype(np.float32), ()
    whites = (255, 65535) if bool((values == np.floor(values)).all()) else ()
    white = next((float(each) for each in whites if high <= each), high)
    said = note(
        "{file} holds values up to {high:g} where white is 1: they were divided by {white:g}.",
        file=called(name),
        high=high,
        white=white,
    )
    return (values / white).clip(0, 1).astype(np.float32), (said,)


def _below(low: float, name: str) -> PictureError:
    return PictureError(
        "{file} holds values below zero (down to {low:g}): clip or scale them, or save it with 8 or 16 bits.",
        file=called(name),
        low=low,
    )
