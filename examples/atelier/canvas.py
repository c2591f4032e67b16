"""Brush strokes with bristles on a canvas that knows how thick the paint lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .color import jitter
from .noise import Plane, Random, blur, fractal, sample, smooth_noise, smoothstep

_TEXTURES, _ALONG, _ACROSS = 12, 512, 48


@dataclass(frozen=True)
class Brush:
    """How a stroke looks. Lengths in px; everything else in 0..1.

    ``dry`` is how soon the bristles run out of paint, ``streak`` how much their lightness differs,
    ``body`` how thick the paint lies, ``round_tip`` how far the ends are rounded.
    """

    width: float
    length: float
    opacity: float = 1.0
    dry: float = 0.35
    streak: float = 0.12
    body: float = 1.0
    round_tip: float = 1.0
    bend: float = 0.0


class Canvas:
    """A picture being painted: ``color`` (H, W, 3) in 0..1 and ``paint`` (H, W), its thickness."""

    def __init__(self, rng: Random, ground: Plane) -> None:
        self.rng = rng
        self.color = ground.astype(np.float32).copy()
        self.height, self.width = ground.shape[:2]
        self.paint = np.zeros((self.height, self.width), np.float32)
        self.bristles = _bristles(rng)

    def strokes(
        self, places: np.ndarray, angle: Plane, colors: np.ndarray, second: np.ndarray, brush: Brush
    ) -> None:
        """One stroke at each of ``places`` (N, 2: x, y), following ``angle`` (H, W, radians).

        ``colors`` and ``second`` (N, 3): the two colors that a brush carries side by side.
        """
        parts = (
            1
            if brush.length < 3.2 * brush.width and not brush.bend
            else 3
            if brush.length < 4.5 * brush.width
            else 5
        )
        paths = trace(places, angle, brush.length, brush.bend * self.rng.normal(size=len(places)), parts)
        sizes = brush.width * np.exp(self.rng.normal(0, 0.18, len(places)))
        for path, size, first, other in zip(paths, sizes, colors, second, strict=True):
            self.stroke(path, size, first, other, brush)

    def stroke(
        self, path: np.ndarray, width: float, color: np.ndarray, second: np.ndarray, brush: Brush
    ) -> None:
        """One stroke along ``path`` (K, 2: x, y), ``width`` px wide."""
        margin = width * 0.6 + 2
        left, top = np.maximum(np.floor(path.min(0) - margin), 0).astype(int)
        right, bottom = np.ceil(path.max(0) + margin).astype(int)
        right, bottom = min(right, self.width), min(bottom, self.height)
        if left >= right or top >= bottom:
            return
        u, v, total = _along(path, left, top, right, bottom)
        cover, bristle, tint = self._cover(u, v, total, width, brush)
        box = np.s_[top:bottom, left:right]
        shade = (1 + brush.streak * (bristle - 0.5) * 2)[..., None]
        pigment = (color + (second - color) * tint[..., None]) * shade
        self.color[box] += (cover * brush.opacity)[..., None] * (pigment - self.color[box])
        side = np.abs(v) / (width / 2)
        ridge = 0.55 * np.exp(-(((side - 0.8) / 0.16) ** 2))
        body = brush.body * (0.35 + 0.65 * bristle + ridge)
        self.paint[box] += cover * (body - 0.75 * self.paint[box])

    def _cover(
        self, u: Plane, v: Plane, total: float, width: float, brush: Brush
    ) -> tuple[Plane, Plane, Plane]:
        half = width / 2
        texture = self.bristles[self.rng.integers(_TEXTURES)]
        offset = self.rng.integers(_ALONG)
        row = np.clip((v / width + 0.5) * (_ACROSS - 1), 0, _ACROSS - 1).astype(np.int32)
        column = (u * (48 / max(width, 4)) * 0.5 + offset).astype(np.int32) % _ALONG
        bristle = texture[row, column]
        tint = texture[(row // 3 * 5 + 11) % _ACROSS, (column // 2 + 200) % _ALONG]
        tip = half * brush.round_tip + 1e-3
        ends = np.minimum(u + tip * 0.5, total + tip * 0.5 - u + (bristle - 0.5) * brush.dry * width)
        taper = np.sqrt(np.clip(1 - (1 - np.clip(ends / tip, 0, 1)) ** 2, 0, 1))
        soft = max(0.7, width * 0.06)
        edge = (half * taper - np.abs(v) + (bristle - 0.5) * width * 0.12) / soft + 0.5
        need = brush.dry * (0.15 + 0.75 * np.clip(u / total, 0, 1))
        loaded = smoothstep(need - 0.22, need + 0.12, bristle)
        return np.clip(edge, 0, 1) * loaded * (ends > 0), bristle, np.clip(tint * 1.3 - 0.15, 0, 1)

    def lit(self, relief: float = 0.5, gloss: float = 0.12, weave: float = 0.0, scale: float = 1.0) -> Plane:
        """The finished picture (H, W, 3): paint lit from the upper left, on a canvas with some ``weave``."""
        thick = blur(self.paint, 1.1 * scale)
        if weave:
            thick = thick + weave * canvas_weave(self.rng, self.height, self.width, 3.2 * scale)
        gy, gx = np.gradient(thick)
        slope = (gx + gy * 1.2) * relief * 3 * scale
        shine = np.clip(slope - 0.25, 0, 1) ** 2 * gloss * 8
        shade = 1 + np.clip(slope, -0.45, 0.4)
        return np.clip(self.color * shade[..., None] + shine[..., None], 0, 1)


def _bristles(rng: Random) -> Plane:
    """(textures, across, along) in 0..1: hairs that run along the stroke and come and go."""
    sheets = []
    for _ in range(_TEXTURES):
        hair = fractal(rng, _ACROSS, _ALONG, 6, 3, 0.7, stretch=24)
        grain = smooth_noise(rng, _ACROSS, _ALONG, 1.5, stretch=9)
        rank = (hair + 0.45 * grain).ravel().argsort().argsort()
        sheets.append((rank / rank.size).reshape(_ACROSS, _ALONG))
    return np.stack(sheets).astype(np.float32)


def _along(path: np.ndarray, left: int, top: int, right: int, bottom: int) -> tuple[Plane, Plane, float]:
    """Of every pixel of the box: how far along the path, how far beside it; and the path's length."""
    x = np.arange(left, right, dtype=np.float32)[None, :]
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    steps = np.diff(path, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1]) + 1e-6
    starts = np.concatenate([[0], np.cumsum(lengths)])
    best = None
    for index, ((ax, ay), (dx, dy), size) in enumerate(
        zip(path[:-1], steps / lengths[:, None], lengths, strict=True)
    ):
        t = (x - ax) * dx + (y - ay) * dy
        v = (y - ay) * dx - (x - ax) * dy
        over = t - np.clip(t, -1e9 if index == 0 else 0, 1e9 if index == len(steps) - 1 else size)
        away = v * v + over * over
        if best is None:
            best, u_best, v_best = away, t + starts[index], v
        else:
            closer = away < best
            best = np.where(closer, away, best)
            u_best = np.where(closer, t + starts[index], u_best)
            v_best = np.where(closer, np.copysign(np.sqrt(away), v), v_best)
    return u_best, v_best, float(starts[-1])


def trace(places: np.ndarray, angle: Plane, length: float, bend: np.ndarray, parts: int) -> np.ndarray:
    """(N, parts + 1, 2): paths of ``length`` px along ``angle``, each place in their middle."""
    halves = []
    for sense in (-1.0, 1.0):
        at: np.ndarray = places.astype(np.float32).copy()
        heading: np.ndarray | None = None
        points = []
        for index in range(parts // 2 + 1):
            turn = sample(np.cos(angle), at[:, 0], at[:, 1]), sample(np.sin(angle), at[:, 0], at[:, 1])
            theta = np.arctan2(turn[1], turn[0]) + bend * (index + 0.5) * sense
            step = np.stack([np.cos(theta), np.sin(theta)], 1) * sense
            if heading is not None:
                step *= np.where((step * heading).sum(1) < 0, -1, 1)[:, None]
            heading = step
            at = at + step * length / (2 * (parts // 2 + 1))
            points.append(at)
        halves.append(points)
    return np.stack([*halves[0][::-1], places.astype(np.float32), *halves[1]], 1)


def scatter(rng: Random, height: int, width: int, spacing: float, keep: Plane | None = None) -> np.ndarray:
    """(N, 2) places (x, y) on a shaken grid of ``spacing`` px, shuffled; ``keep`` (H, W) is a chance."""
    rows, columns = int(height / spacing) + 2, int(width / spacing) + 2
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    places = np.stack([x.ravel(), y.ravel()], 1) * spacing
    places += rng.uniform(-0.6, 0.6, places.shape) * spacing
    rng.shuffle(places)
    inside = np.clip(places, 0, [width - 1, height - 1])
    if keep is not None:
        column, row = inside.astype(int).T
        inside = inside[rng.random(len(inside)) < keep[row, column]]
    return inside


def paint_layer(
    canvas: Canvas,
    target: Plane,
    angle: Plane,
    brush: Brush,
    spacing: float,
    scatter_color: tuple[float, float, float] = (0.04, 0.1, 0.1),
    keep: Plane | None = None,
) -> None:
    """A whole layer of strokes with the colors of ``target``; ``scatter_color`` as in :func:`jitter`."""
    places = scatter(canvas.rng, canvas.height, canvas.width, spacing, keep)
    colors = sample(target, places[:, 0], places[:, 1])
    first = jitter(canvas.rng, colors, *scatter_color)
    second = jitter(canvas.rng, colors, *(1.6 * each for each in scatter_color))
    canvas.strokes(places, angle, first, second, brush)


def canvas_weave(rng: Random, height: int, width: int, pitch: float) -> Plane:
    """The relief of woven linen, deviation about 1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wobble = smooth_noise(rng, height, width, pitch * 12) * 0.6
    warp = np.sin(2 * np.pi * x / pitch + wobble) * np.sin(np.pi * y / pitch)
    weft = np.sin(2 * np.pi * y / pitch + wobble) * np.cos(np.pi * x / pitch)
    return (warp + weft) * (1 + 0.25 * smooth_noise(rng, height, width, pitch))
