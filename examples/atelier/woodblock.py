"""Breaking waves cut in wood and printed in Prussian blue, cream and a red sun."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, fractal, grid, smooth_noise, smoothstep

INK, DEEP, MIDDLE, PALE, FOAM = rgb("151f3a", "1d3a66", "3b6791", "a5c0c6", "f3ead2")
FINE = 3  # drawn this many times finer, then shrunk

Points = np.ndarray


def paint(rng: Random, size: int) -> Plane:
    """A print on fibrous paper, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.72)
    plates = _Plates(width * FINE, height * FINE)
    _far_waves(rng, plates)
    _breaker(rng, plates, np.array([1.02, 0.40]), np.array([0.50, 0.09]), 1.0, 0.33)
    _breaker(rng, plates, np.array([-0.06, 0.60]), np.array([0.26, 0.40]), -1.0, 0.17)
    _near_waves(rng, plates)
    _birds(plates)
    return _print(rng, plates, width, height)


class _Plates:
    """What the printer has cut: an index of color per pixel and a line block."""

    def __init__(self, width: int, height: int) -> None:
        self.unit = width
        self.color = Image.new("L", (width, height), 0)
        self.line = Image.new("L", (width, height), 0)

    def fill(self, points: Points, color: int, outline: float = 0.0022) -> None:
        """Fills a closed shape (x, y in parts of the width), which also hides the lines below it."""
        flat = [tuple(p) for p in points * self.unit]
        ImageDraw.Draw(self.color).polygon(flat, fill=color)
        ImageDraw.Draw(self.line).polygon(flat, fill=0)
        if outline:
            self.stroke(np.concatenate([points, points[:1]]), outline, outline)

    def stroke(self, points: Points, first: float, last: float) -> None:
        """A cut line that swells or thins from ``first`` to ``last`` parts of the width."""
        self._draw(self.line, points, first, last, 255)

    def band(self, points: Points, first: float, last: float, color: int) -> None:
        """A band of color along a path."""
        self._draw(self.color, points, first, last, color)

    def clear(self, points: Points, first: float, last: float) -> None:
        """Cuts the lines away along a path."""
        self._draw(self.line, points, first, last, 0)

    def _draw(self, plate: Image.Image, points: Points, first: float, last: float, value: int) -> None:
        draw = ImageDraw.Draw(plate)
        dense = _dense(points * self.unit, max(1.5, min(first, last) * self.unit * 0.3))
        for (x, y), r in zip(dense, np.linspace(first, last, len(dense)) * self.unit / 2, strict=True):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=value)


def _dense(points: Points, step: float) -> Points:
    """The path resampled every ``step``."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0, along[-1] + step, step)
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], 1)


def _bezier(*controls: Points | list[float], count: int = 60) -> Points:
    t = np.linspace(0, 1, count)[:, None]
    points = [np.broadcast_to(np.asarray(c, float), (count, 2)) for c in controls]
    while len(points) > 1:
        points = [a * (1 - t) + b * t for a, b in pairwise(points)]
    return points[0]


def _breaker(rng: Random, plates: _Plates, foot: Points, top: Points, sense: float, size: float) -> None:
    """One overturning wave: its back rises from ``foot`` to ``top``; it breaks towards ``-sense``."""
    lip = top + np.array([-0.62 * sense, 0.42]) * size
    belly = top + np.array([0.06 * sense, 1.30]) * size
    root = top + np.array([-1.05 * sense, 2.2]) * size
    back = _bezier(
        foot, foot + np.array([-0.30 * sense * size, 0.05]), top + np.array([0.75 * sense, -0.10]) * size, top
    )
    curl = _bezier(
        top, top + np.array([-0.42 * sense, -0.16]) * size, lip + np.array([-0.02 * sense, -0.30]) * size, lip
    )
    under = _bezier(lip, lip + np.array([0.42 * sense, -0.30]) * size, belly - [0, 0.75 * size], belly)
    wall = _bezier(
        belly, belly + np.array([-0.05 * sense, 0.35]) * size, root + np.array([0.45 * sense, 0]) * size, root
    )
    base = np.array([[root[0], 1.2], [foot[0], 1.2]])
    outer, inner = np.concatenate([back, curl]), np.concatenate([under, wall])[::-1]
    plates.fill(np.concatenate([outer, inner[::-1], base]), 2)
    _stripes(plates, _even(outer, 120), _even(inner, 120))
    crest = np.concatenate([outer[int(len(back) * 0.68) :], under[: len(under) // 4]])
    _foam(rng, plates, crest, sense, size)


def _even(points: Points, count: int) -> Points:
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], 1)


def _eased(points: Points, reach: int = 16) -> Points:
    """The path with its corners rounded over ``reach`` points each way."""
    padded = np.concatenate([points[:1]] * reach + [points] + [points[-1:]] * reach)
    window = np.hanning(2 * reach + 3)[1:-1] / np.hanning(2 * reach + 3).sum()
    return np.stack([np.convolve(padded[:, axis], window, "valid") for axis in (0, 1)], 1)


def _stripes(plates: _Plates, outer: Points, inner: Points) -> None:
    """The water's threads: tapering bands from trough to lip between the two faces of the wave."""
    outer, inner = (
        _eased(np.concatenate([_even(p[:2] + np.array([[0, 0.5], [0, 0]]), 40), p])) for p in (outer, inner)
    )
    for part, color, wide in ((0.12, 3, 0.024), (0.25, 1, 0.036), (0.40, 3, 0.030), (0.54, 1, 0.034),
                               (0.68, 3, 0.024), (0.80, 1, 0.022), (0.91, 3, 0.010)):  # fmt: skip
        plates.band((outer * (1 - part) + inner * part)[:150], wide, 0.25 * wide, color)
    for part in np.arange(0.04, 0.98, 0.036):
        path = outer * (1 - part) + inner * part
        plates.stroke(path[int(60 * (part * 7 % 1)) : 148], 0.0024, 0.0009)


def _foam(rng: Random, plates: _Plates, edge: Points, sense: float, size: float) -> None:
    """Lobes of foam along the crest, each with claws that curl forward."""
    path = _even(edge, max(8, int(len(edge) * 0.30)))
    tangent = np.gradient(path, axis=0)
    tangent /= np.hypot(*tangent.T)[:, None] + 1e-9
    out = np.stack([tangent[:, 1], -tangent[:, 0]], 1) * sense
    swell = np.linspace(0.35, 1.0, len(path)) * size
    for order in rng.permutation(len(path)):
        _lobe(plates, path[order], swell[order] * rng.uniform(0.045, 0.07), out[order])
    for order in range(len(path) // 4, len(path)):
        for _ in range(2):
            dx, dy = 0.5 * tangent[order] - 0.1 * out[order] + [0, 0.55]
            heading = np.arctan2(dy, dx) + rng.normal(0, 0.5)
            length = swell[order] * rng.uniform(0.16, 0.26)
            _claw(plates, path[order] - out[order] * 0.01, heading, length, sense)
    for _ in range(190):
        order = rng.integers(len(path) // 3, len(path))
        drop = path[order] + rng.normal(0, 0.17, 2) * size + [-0.16 * sense * size, -0.01 * size]
        _lobe(plates, drop, rng.uniform(0.0014, 0.0052) * (0.6 + 1.5 * size), np.zeros(2), plain=True)


def _lobe(plates: _Plates, at: Points, radius: float, out: Points, plain: bool = False) -> None:
    theta = np.linspace(0, 2 * np.pi, 40)
    away = radius * (1 + (0 if plain else 0.05) * np.cos(theta * 4))
    ring = np.stack([np.cos(theta), np.sin(theta)], 1) * away[:, None]
    plates.fill(at + out * radius * 0.3 + ring, 4, 0.0011 if plain else 0.0022)
    if not plain:
        plates.stroke(at + out * radius * 0.3 + ring[6:16] * 0.55, 0.0014, 0.0005)


def _claw(plates: _Plates, at: Points, heading: float, length: float, sense: float) -> None:
    """A finger of foam: a tapering hook, outlined and filled with cream."""
    steps = np.linspace(0, 1, 14)
    turn = heading - sense * 2.1 * steps**2
    path = at + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * length / 14, axis=0)
    plates.stroke(path, length * 0.34 + 0.004, 0.0045)
    plates.band(path, length * 0.34, 0.0016, 4)
    plates.clear(path, length * 0.34, 0.0012)


def _swell(base: float, height: float, count: float, phase: float) -> Points:
    """A row of pointed waves across the picture."""
    x = np.linspace(-0.02, 1.02, 260)
    t = np.mod(x * count + phase + 0.06 * np.sin(7 * x), 1)
    crest = np.exp(-(((t - 0.5) / 0.20) ** 2)) + 0.35 * np.exp(-(((t - 0.62) / 0.09) ** 2))
    return np.stack([x, base - height * crest + 0.012 * np.sin(5 * x + phase * 6)], 1)


def _far_waves(rng: Random, plates: _Plates) -> None:
    for base, height, count, phase, color in (
        (0.50, 0.030, 5, 0.1, 3),
        (0.535, 0.04, 4, 0.55, 1),
        (0.575, 0.05, 3, 0.25, 2),
    ):
        _row(rng, plates, _swell(base, height, count, phase), color, 0.5)


def _near_waves(rng: Random, plates: _Plates) -> None:
    for base, height, count, phase, color in ((0.655, 0.075, 2.4, 0.35, 1), (0.715, 0.06, 3.1, 0.8, 2)):
        _row(rng, plates, _swell(base, height, count, phase), color, 1.0)


def _row(rng: Random, plates: _Plates, crest: Points, color: int, grow: float) -> None:
    plates.fill(np.concatenate([crest, [[1.05, 1.2], [-0.05, 1.2]]]), color)
    for step in range(1, 6):
        lower = crest + np.array([0, (0.016 * step + 0.004 * step**1.5) * grow])
        plates.band(lower[3:-3], 0.006 * grow, 0.003 * grow, (3, 2, 1, 3, 2)[step - 1])
        plates.stroke(lower[3:-3] + np.array([0, 0.005 * grow]), 0.0016, 0.0010)
    top = crest[:, 1]
    peaks = [i for i in range(2, len(top) - 2) if top[i] < top[i - 1] and top[i] <= top[i + 1]]
    for peak in peaks:
        for i in range(max(0, peak - 22), min(len(crest), peak + 12), 3):
            radius = grow * 0.013 * (1 - abs(i - peak) / 30) * rng.uniform(0.8, 1.2)
            _lobe(plates, crest[i], radius, np.array([0, -0.3]))
        for _ in range(int(7 * grow)):
            _claw(
                plates, crest[peak] + rng.normal(0, 0.012, 2) * grow, rng.uniform(1.6, 3.0), 0.045 * grow, 1.0
            )


def _birds(plates: _Plates) -> None:
    for x, y, r in ((0.20, 0.17, 0.026), (0.27, 0.215, 0.018), (0.15, 0.25, 0.016), (0.33, 0.13, 0.013)):
        for sense in (-1, 1):
            wing = _bezier([x, y], [x + sense * r * 0.5, y - r * 0.8], [x + sense * r, y - r * 0.1], count=20)
            plates.stroke(wing, 0.005, 0.001)


def _print(rng: Random, plates: _Plates, width: int, height: int) -> Plane:
    """The impressions, one color at a time: graded sky, sun, blues, lines, each with the wood's grain."""
    scale = width / 1024
    x, y = grid(height, width)
    fibres = fractal(rng, height, width, 7 * scale, 3, stretch=3) + 0.6 * smooth_noise(
        rng, height, width, 1.3, stretch=7
    )
    paper = FOAM * (1 + 0.02 * fibres[..., None])
    grain = _grain(rng, height, width, scale)
    mottle = fractal(rng, height, width, 26 * scale, 4)
    picture = _sky(rng, paper, grain, x / width, y / width)
    index = np.asarray(plates.color)
    for number, hue, weight in ((1, DEEP, 0.97), (2, MIDDLE, 0.94), (3, PALE, 0.95), (4, FOAM, 0.9)):
        part = _shrink((index == number).astype(np.float32), height, width)
        pool = smoothstep(0.02, 0.5, part) - blur(part, 2.2 * scale)
        ink = part * np.clip(weight + (0.07 * grain + 0.05 * fibres + 0.05 * mottle) * (number < 4), 0, 1)
        fade = hue * (1 + 0.10 * grain - 0.2 * np.clip(pool, 0, 1))[..., None] if number < 4 else paper
        picture = mix(picture, np.clip(fade, 0, 1), ink)
    line = _shrink(np.asarray(plates.line, np.float32) / 255, height, width)
    broken = np.clip(0.97 + 0.06 * fibres + 0.05 * grain, 0, 1)
    return np.clip(
        mix(picture, np.broadcast_to(INK, picture.shape), np.roll(line, (1, 1), (0, 1)) * broken), 0, 1
    )


def _shrink(plane: Plane, height: int, width: int) -> Plane:
    image = Image.fromarray(plane).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image)


def _grain(rng: Random, height: int, width: int, scale: float) -> Plane:
    """The year rings of a cherry plank, about 0 with deviation 1."""
    bend = fractal(rng, height, width, 150 * scale, 3, stretch=5)
    _, y = grid(height, width)
    rings = np.sin((y / scale + 22 * bend) / 3.1) * 0.7 + np.sin((y / scale + 22 * bend) / 7.3)
    pores = smooth_noise(rng, height, width, 1.4, stretch=22)
    mixed = rings + 0.8 * pores
    return mixed / mixed.std()


def _sky(rng: Random, paper: Plane, grain: Plane, x: Plane, y: Plane) -> Plane:
    top = smoothstep(0.17, 0.0, y) * np.clip(0.9 + 0.06 * grain, 0, 1)
    glow = np.exp(-(((y - 0.46) / 0.12) ** 2))
    picture = mix(paper, paper * rgb("f0b58c")[0] * 1.04, glow * np.clip(0.8 + 0.05 * grain, 0, 1))
    picture = mix(picture, np.broadcast_to(rgb("e4d6b4")[0], paper.shape), 0.35)
    disc = smoothstep(0.102, 0.100, np.hypot(x - 0.245, y - 0.235))
    red = ramp(rgb("b5301f", "d4512f", "e98a5a"), (y - 0.14) / 0.2)
    picture = mix(picture, red * (1 + 0.05 * grain)[..., None], disc * 0.95)
    for cy, left, right, thick in (
        (0.30, -0.1, 0.34, 0.020),
        (0.335, 0.08, 0.48, 0.014),
        (0.12, 0.62, 1.1, 0.018),
        (0.165, 0.74, 1.1, 0.012),
    ):
        along = np.clip(np.minimum(x - left, right - x) / thick, 0, 1)
        bank = smoothstep(
            1.0, 0.92, np.abs(y - cy) / (thick * np.sqrt(np.clip(along * (2 - along), 0, 1)) + 1e-4) / 0.5
        )
        picture = mix(picture, paper * (1 + 0.03 * grain)[..., None], bank * (along > 0))
    return mix(picture, np.broadcast_to(rgb("2b4a7c")[0], paper.shape), top)
