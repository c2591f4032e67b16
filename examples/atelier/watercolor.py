"""Poppies and cornflowers in watercolor: clear washes, hard edges, back-runs and paper grain."""

from __future__ import annotations

import numpy as np

from .color import rgb
from .noise import Plane, Random, blur, fractal, grid, smoothstep


def paint(rng: Random, size: int) -> Plane:
    """A loose bouquet on cold-pressed paper, (H, W, 3) in 0..1."""
    width, height = round(size * 0.86), size
    sheet = _Sheet(rng, height, width, size / 1024)
    _background(sheet)
    _leaves(sheet)
    _flowers(sheet)
    _spatter(sheet)
    return sheet.dry()


class _Sheet:
    """Transparent pigment on paper: ``density`` (H, W, 3) is how much of each primary is held back."""

    def __init__(self, rng: Random, height: int, width: int, scale: float) -> None:
        self.rng, self.height, self.width, self.scale = rng, height, width, scale
        self.density = np.zeros((height, width, 3), np.float32)
        self.tooth = fractal(rng, height, width, 5 * scale, 3, 0.7)
        self.room = round(380 * scale)
        spare = height + self.room, width + self.room
        self.feather = [fractal(rng, *spare, cell * scale, 4, 0.55) for cell in (120, 46, 22)]
        self.x, self.y = grid(height, width)

    def wash(self, distance: Plane, color: np.ndarray, strength: float, box: tuple[slice, slice],
             wet: float = 0.0, edge: float = 1.0, rough: float = 1.0) -> None:  # fmt: skip
        """A wash inside ``distance`` < 0 (px). ``wet`` 0..1 lets it bleed; ``edge`` is its dark rim."""
        scale, rng = self.scale, self.rng
        down, right = rng.integers(0, self.room + 1, 2)
        wide, middle, fine = (f[down:, right:][box] for f in self.feather)
        distance = distance + rough * scale * (5 * wide * wet * 4 + 3.2 * middle + 1.3 * fine)
        soft = (0.9 + 34 * wet) * scale
        cover = smoothstep(soft, -soft, distance)
        pool = (
            edge
            * (1 - wet)
            * np.exp(-np.abs(distance + 2.2 * scale) / (2.4 * scale))
            * (0.55 + 0.35 * middle)
        )
        back = _backrun(rng, wide + 0.6 * middle)
        flow = 0.72 + 0.26 * wide + 0.1 * middle + 0.5 * np.clip(pool, 0, 2) + back
        grains = 1 + 0.12 * self.tooth[box]
        amount = strength * cover * np.clip(flow, 0.12, 3) * grains
        self.density[box] += np.clip(amount, 0, None)[..., None] * -np.log(np.clip(color, 0.02, 0.995))

    def around(self, cx: float, cy: float, reach: float) -> tuple[tuple[slice, slice], Plane, Plane]:
        """A box about a point (px), and the offsets from the point inside it."""
        left, right = (int(np.clip(cx + d, 0, self.width)) for d in (-reach, reach))
        top, bottom = (int(np.clip(cy + d, 0, self.height)) for d in (-reach, reach))
        box = np.s_[top:bottom, left:right]
        return box, self.x[box] - cx, self.y[box] - cy

    def lift(self, distance: Plane, amount: float, box: tuple[slice, slice]) -> None:
        """Pigment taken up again where ``distance`` < 0."""
        self.density[box] *= (1 - amount * smoothstep(3 * self.scale, -3 * self.scale, distance))[..., None]

    def dry(self) -> Plane:
        """The finished sheet (H, W, 3): paper seen through the pigment, its tooth lit from the upper left."""
        gy, gx = np.gradient(blur(self.tooth, 0.8 * self.scale))
        paper = rgb("fbf7ec")[0] * (1 + np.clip(0.035 * (gx + gy) * self.scale, -0.06, 0.05))[..., None]
        return np.clip(paper * np.exp(-self.density), 0, 1)


def _backrun(rng: Random, field: Plane) -> Plane:
    """Cauliflower rims where water ran back into a drying wash."""
    level = rng.uniform(0.4, 1.5)
    rim = np.exp(-np.abs(field - level) / 0.05)
    return 0.42 * rim - 0.3 * smoothstep(level, level + 0.5, field)


def _background(sheet: _Sheet) -> None:
    full = np.s_[0 : sheet.height, 0 : sheet.width]
    hues = rgb("a9d3e8", "f6d7a8", "cfe3b4", "e3c3dd", "8fc3d9", "f3c4b0", "bcd9d2")
    spots = (
        (0.28, 0.22, 0.30),
        (0.72, 0.26, 0.27),
        (0.25, 0.70, 0.28),
        (0.78, 0.66, 0.26),
        (0.5, 0.12, 0.22),
        (0.55, 0.85, 0.25),
        (0.5, 0.48, 0.33),
    )
    for (cx, cy, reach), hue in zip(spots, hues, strict=True):
        r = np.hypot(sheet.x - cx * sheet.width, (sheet.y - cy * sheet.height) * 0.85) - reach * sheet.width
        sheet.wash(r, hue, sheet.rng.uniform(0.5, 0.85), full, wet=0.95, rough=2.2)


def _blob(dx: Plane, dy: Plane, radius: float, rng: Random, lobes: int, depth: float) -> Plane:
    """Signed distance (px, about) to a wavering round shape."""
    theta = np.arctan2(dy, dx)
    wave = np.zeros_like(theta)
    for k in range(2, lobes + 2):
        wave += rng.normal(0, depth / k**0.7) * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    return np.hypot(dx, dy) - radius * (1 + wave)


def _petal(dx: Plane, dy: Plane, theta: float, reach: float, half: float) -> Plane:
    u = dx * np.cos(theta) + dy * np.sin(theta)
    v = -dx * np.sin(theta) + dy * np.cos(theta)
    t = np.clip(u / reach, 0, 1)
    belly = half * np.sqrt(np.clip(np.sin(np.pi * t**0.72), 0, 1)) * (0.55 + 0.6 * t)
    return np.maximum(np.abs(v) - belly, np.maximum(-u, u - reach))


def _poppy(sheet: _Sheet, cx: float, cy: float, reach: float, hues: np.ndarray) -> None:
    rng = sheet.rng
    box, dx, dy = sheet.around(cx, cy, reach * 1.7)
    dy = dy * rng.uniform(1.1, 1.5)
    start = rng.uniform(0, 2 * np.pi)
    sheet.lift(np.hypot(dx, dy) - reach * 0.9, 0.85, box)
    for k, theta in enumerate(start + np.linspace(0, 2 * np.pi, 5, endpoint=False)):
        theta += rng.normal(0, 0.15)
        long = reach * rng.uniform(0.85, 1.15)
        bent = _petal(dx, dy, theta, long, reach * rng.uniform(0.62, 0.8))
        sheet.wash(bent, hues[k % len(hues)], rng.uniform(0.55, 0.85), box, edge=1.1, rough=1.2)
        inner = _petal(dx, dy, theta + 0.1, long * 0.62, reach * 0.4)
        sheet.wash(inner, hues[(k + 1) % len(hues)] * 0.8, 0.4, box, wet=0.30, edge=0.4)
    for theta in rng.uniform(0, 2 * np.pi, 26):
        u = dx * np.cos(theta) + dy * np.sin(theta)
        v = -dx * np.sin(theta) + dy * np.cos(theta)
        vein = np.maximum(
            np.abs(v + 0.002 * u * u / sheet.scale) - 0.7 * sheet.scale,
            np.abs(u - reach * 0.5) - reach * 0.33,
        )
        sheet.wash(vein, hues[-1] * 0.6, 0.22, box, edge=0.2, rough=0.5)
    heart = _blob(dx, dy, reach * 0.2, rng, 5, 0.1)
    sheet.wash(heart, rgb("2a2140")[0], 1.15, box, wet=0.10)
    for theta in rng.uniform(0, 2 * np.pi, 34):
        away = reach * rng.uniform(0.22, 0.38)
        dot = (
            np.hypot(dx - away * np.cos(theta), dy - away * np.sin(theta))
            - rng.uniform(1.2, 3.0) * sheet.scale
        )
        sheet.wash(dot, rgb("231c3a")[0], 0.9, box, edge=0.3, rough=0.3)


def _cornflower(sheet: _Sheet, cx: float, cy: float, reach: float) -> None:
    rng = sheet.rng
    hues = rgb("4a6fd6", "3a55b8", "6f7fe0", "5a8ad9", "7a5fc4")
    box, dx, dy = sheet.around(cx, cy, reach * 1.5)
    for theta in np.linspace(0, 2 * np.pi, 11, endpoint=False) + rng.uniform(0, 1):
        theta += rng.normal(0, 0.12)
        petal = _petal(dx, dy, theta, reach * rng.uniform(0.8, 1.15), reach * 0.24)
        sheet.lift(petal, 0.6, box)
        sheet.wash(petal, hues[rng.integers(5)], rng.uniform(0.5, 1.0), box, edge=1.1, rough=0.9)
    sheet.wash(_blob(dx, dy, reach * 0.22, rng, 6, 0.14), rgb("3a2470")[0], 0.9, box, wet=0.12)


def _daisy(sheet: _Sheet, cx: float, cy: float, reach: float) -> None:
    rng = sheet.rng
    box, dx, dy = sheet.around(cx, cy, reach * 1.5)
    for theta in np.linspace(0, 2 * np.pi, 9, endpoint=False) + rng.uniform(0, 1):
        petal = _petal(dx, dy, theta + rng.normal(0, 0.08), reach * rng.uniform(0.85, 1.1), reach * 0.26)
        sheet.lift(petal, 0.55, box)
        sheet.wash(
            petal,
            rgb("f6b8c4", "fbd98a", "f2a6b8")[rng.integers(3)],
            rng.uniform(0.5, 0.9),
            box,
            edge=1.3,
            rough=0.8,
        )
    sheet.wash(_blob(dx, dy, reach * 0.26, rng, 5, 0.1), rgb("e0962a")[0], 1.1, box, wet=0.05)
    sheet.wash(_blob(dx - 2, dy - 3, reach * 0.13, rng, 5, 0.1), rgb("8a4a2a")[0], 0.8, box, wet=0.10)


def _stem(sheet: _Sheet, path: np.ndarray, half: float, hue: np.ndarray) -> None:
    """A stroke of green along ``path`` (K, 2: x, y in px), pointed at its end."""
    low, high = path.min(0) - 6 * half - 8, path.max(0) + 6 * half + 8
    middle, reach = (low + high) / 2, (high - low).max() / 2
    box, dx, dy = sheet.around(middle[0], middle[1], reach)
    best = np.full(dx.shape, 1e3, np.float32)
    along = np.linspace(0, len(path) - 1, round(6 * reach / half) + 2)
    at = np.stack(
        [np.interp(along, np.arange(len(path)), path[:, axis] - middle[axis]) for axis in (0, 1)], 1
    )
    for k, (ax, ay) in enumerate(at):
        near = int(half * 4 + 12)
        row, column = int(ay - dy[0, 0]), int(ax - dx[0, 0])
        part = np.s_[max(0, row - near) : max(0, row + near), max(0, column - near) : max(0, column + near)]
        best[part] = np.minimum(
            best[part], np.hypot(dx[part] - ax, dy[part] - ay) - half * (1 - 0.6 * k / len(at))
        )
    sheet.wash(best, hue, sheet.rng.uniform(0.6, 0.95), box, edge=0.9, rough=0.5)


def _leaf(sheet: _Sheet, cx: float, cy: float, theta: float, reach: float) -> None:
    rng = sheet.rng
    hues = rgb("6f9f4a", "4a8a5a", "8fae4a", "3f7a6a", "a3b35a", "5a8f8a")
    box, dx, dy = sheet.around(cx, cy, reach * 1.25)
    curl = rng.normal(0, 0.0016) / sheet.scale
    u = dx * np.cos(theta) + dy * np.sin(theta)
    v = -dx * np.sin(theta) + dy * np.cos(theta) + curl * u * u
    t = np.clip(u / reach, 0, 1)
    half = reach * rng.uniform(0.13, 0.2) * np.sin(np.pi * t**0.8)
    whole = np.maximum(np.abs(v) - half, np.maximum(-u, u - reach))
    sheet.lift(whole, 0.5, box)
    sheet.wash(whole, hues[rng.integers(6)], rng.uniform(0.55, 0.9), box, edge=1.1, rough=0.9)
    side = np.maximum(whole + 1.5 * sheet.scale, v * rng.choice([-1, 1]))
    sheet.wash(side, hues[rng.integers(6)] * 0.85, rng.uniform(0.35, 0.7), box, edge=0.8, rough=0.6)


def _leaves(sheet: _Sheet) -> None:
    rng, scale = sheet.rng, sheet.scale
    foot = np.array([0.52 * sheet.width, 1.02 * sheet.height])
    for cx, cy in (
        (0.36, 0.36),
        (0.66, 0.44),
        (0.30, 0.60),
        (0.74, 0.66),
        (0.52, 0.22),
        (0.22, 0.28),
        (0.80, 0.25),
        (0.5, 0.62),
    ):
        end = np.array([cx * sheet.width, cy * sheet.height])
        t = np.linspace(0, 1, 160)[:, None]
        bow = np.array([(cx - 0.5) * 0.25 * sheet.width, 0])
        path = foot * (1 - t) + end * t + bow * 4 * t * (1 - t) * np.array([1, 0])
        _stem(sheet, path, rng.uniform(3, 5) * scale, rgb("6f9a4a", "4f8a5f", "86a24a")[rng.integers(3)])
        for k in rng.integers(40, 135, 4):
            out = np.arctan2(*(path[k] - path[k - 10])[::-1]) + rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
            _leaf(sheet, path[k, 0], path[k, 1], out, rng.uniform(70, 150) * scale)


def _flowers(sheet: _Sheet) -> None:
    w, h, s = sheet.width, sheet.height, sheet.scale
    reds = rgb("f0603a", "e8402f", "f2884a", "d92f3f")
    pinks = rgb("ef7a86", "e05a7a", "f5a08a", "c93f6f")
    for cx, cy, reach, hues in (
        (0.36, 0.36, 128, reds),
        (0.68, 0.47, 118, pinks),
        (0.30, 0.63, 96, pinks),
        (0.55, 0.68, 84, reds),
    ):
        _poppy(sheet, cx * w, cy * h, reach * s, hues)
    for cx, cy, reach in (
        (0.57, 0.25, 66),
        (0.80, 0.30, 56),
        (0.47, 0.53, 54),
        (0.77, 0.69, 60),
        (0.17, 0.48, 50),
        (0.20, 0.24, 48),
    ):
        _cornflower(sheet, cx * w, cy * h, reach * s)
    for cx, cy, reach in (
        (0.66, 0.15, 46),
        (0.40, 0.17, 44),
        (0.84, 0.52, 46),
        (0.43, 0.80, 52),
        (0.16, 0.74, 44),
    ):
        _daisy(sheet, cx * w, cy * h, reach * s)


def _spatter(sheet: _Sheet) -> None:
    rng = sheet.rng
    hues = rgb("e8402f", "4a6fd6", "6f9f4a", "f0a03a", "c93f6f")
    for _ in range(130):
        cx, cy = rng.uniform(0.03, 0.97) * sheet.width, rng.uniform(0.03, 0.97) * sheet.height
        radius = (1.0 + rng.exponential(2.6)) * sheet.scale
        box, dx, dy = sheet.around(cx, cy, radius * 2 + 8 * sheet.scale)
        if dx.size:
            sheet.wash(
                np.hypot(dx, dy) - radius,
                hues[rng.integers(5)],
                rng.uniform(0.3, 0.9),
                box,
                edge=1.2,
                rough=0.35,
            )
