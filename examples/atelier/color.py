"""Palettes and small shifts of hue. Colors are float32 RGB in 0..1, last axis 3."""

from __future__ import annotations

import numpy as np

from .noise import Plane, Random

_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], np.float32)
_TO_RGB = np.linalg.inv(_TO_YIQ).astype(np.float32)


def rgb(*codes: str) -> np.ndarray:
    """(N, 3) colors from hex codes such as ``"1f3a6e"``."""
    return np.array([[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in codes], np.float32)


def ramp(colors: np.ndarray, position: Plane) -> Plane:
    """The color at ``position`` in 0..1 along a list of colors, linear between them."""
    at = np.clip(position, 0, 1) * (len(colors) - 1)
    low = np.minimum(at.astype(np.int32), len(colors) - 2)
    part = (at - low)[..., None]
    return colors[low] * (1 - part) + colors[low + 1] * part


def mix(first: Plane, second: Plane, amount: Plane | float) -> Plane:
    """``first`` where ``amount`` is 0, ``second`` where it is 1; ``amount`` (H, W) or a number."""
    if isinstance(amount, np.ndarray):
        amount = amount[..., None]
    return first * (1 - amount) + second * amount


def jitter(rng: Random, colors: np.ndarray, light: float, hue: float, chroma: float) -> np.ndarray:
    """(N, 3) colors scattered: deviations of lightness (0..1), hue (radians) and chroma (a factor)."""
    yiq = colors @ _TO_YIQ.T
    count = len(colors)
    turn = rng.normal(0, hue, count).astype(np.float32)
    scale = np.exp(rng.normal(0, chroma, count)).astype(np.float32)
    i, q = yiq[:, 1].copy(), yiq[:, 2].copy()
    yiq[:, 1] = scale * (np.cos(turn) * i - np.sin(turn) * q)
    yiq[:, 2] = scale * (np.sin(turn) * i + np.cos(turn) * q)
    yiq[:, 0] += rng.normal(0, light, count)
    return np.clip(yiq @ _TO_RGB.T, 0, 1).astype(np.float32)


def luminance(colors: Plane) -> Plane:
    """Lightness in 0..1, without the last axis."""
    return colors @ _TO_YIQ[0]
