"""Mountains in mist: ink washes and dry-brush strokes on mulberry paper."""

from __future__ import annotations

import numpy as np

from .canvas import Brush, Canvas
from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, fractal, grid, smooth_noise, smoothstep

INK = rgb("1a1c22")[0]


def paint(rng: Random, size: int) -> Plane:
    """A hanging scroll in black ink with a red seal, (H, W, 3) in 0..1."""
    width, height = round(size * 0.75), size
    scale = size / 1024
    paper = _paper(rng, height, width, scale)
    x, y = grid(height, width)
    lines = _ranges(rng, width)
    wet = _washes(rng, x / width, y / width, lines)
    canvas = Canvas(rng, paper)
    canvas.color = mix(paper, np.broadcast_to(INK * 1.25, paper.shape), np.clip(wet, 0, 1))
    _crags(canvas, rng, lines, scale)
    _pine(canvas, rng, scale)
    _boat(canvas, scale)
    _birds(canvas, scale)
    _seal(canvas, rng, scale)
    tooth = 1 + 0.022 * fractal(rng, height, width, 3 * scale, 3)
    return np.clip(canvas.color * tooth[..., None], 0, 1)


def _paper(rng: Random, height: int, width: int, scale: float) -> Plane:
    cloud = fractal(rng, height, width, 160 * scale, 4)
    paper = ramp(rgb("e4d8bd", "efe6d0", "f5eedd"), 0.5 + 0.16 * cloud)
    fibres = np.zeros((height, width), np.float32)
    for _ in range(420):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        theta = rng.uniform(0, np.pi) + np.cumsum(rng.normal(0, 0.06, 60))
        px = np.clip(x + np.cumsum(np.cos(theta)) * scale, 0, width - 1).astype(int)
        py = np.clip(y + np.cumsum(np.sin(theta)) * scale, 0, height - 1).astype(int)
        fibres[py, px] += rng.choice([-1.0, 1.0])
    return paper * (1 + 0.05 * np.clip(blur(fibres, 0.6), -1, 1))[..., None]


def _ranges(rng: Random, width: int) -> list[tuple[Plane, float]]:
    """The ridge lines (y in parts of the width, one per column) from far to near, and how dark each is."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    lines = []
    for base, rise, dark, pitch in (
        (0.30, 0.11, 0.15, 2.2),
        (0.40, 0.19, 0.24, 2.8),
        (0.56, 0.17, 0.36, 3.3),
    ):
        lines.append((base - rise * _ridge(rng, width, pitch), dark))
    steep = smooth_noise(rng, 1, width, width / 22)[0] + 0.5 * smooth_noise(rng, 1, width, width / 60)[0]
    cliff = (
        1.04
        - 0.46 * np.exp(-((x / 0.21) ** 3.2))
        - 0.07 * np.exp(-(((x - 0.30) / 0.07) ** 2))
        + 0.014 * steep
    )
    lines.append((cliff.astype(np.float32), 0.52))
    return lines


def _washes(rng: Random, x: Plane, y: Plane, lines: list[tuple[Plane, float]]) -> Plane:
    """Range before range: each darkest along its ridge, pooled at wet edges, and lost in mist below."""
    height, width = x.shape
    total = np.zeros_like(x)
    bleed = fractal(rng, height, width, width * 0.05, 5)
    pools = fractal(rng, height, width, width * 0.12, 5)
    for ridge, dark in lines:
        depth = y - ridge[None, :] + 0.0035 * bleed
        inside = smoothstep(-0.003, 0.004, depth)
        body = np.exp(-np.clip(depth, 0, 9) / 0.14) * (0.75 + 0.25 * pools)
        rim = 0.45 * np.exp(-np.abs(depth - 0.006) / 0.008) * (0.7 + 0.4 * pools)
        cleft = 0.3 * smoothstep(0.1, 1.8, fractal(rng, width, height, width * 0.08, 4, stretch=2.5).T)
        mist = smoothstep(0.32, 0.06, depth)
        total = total * (1 - 0.85 * inside * mist) + dark * (body * (1 + cleft * 2) + rim) * mist * inside
    water = (
        0.06
        * smoothstep(1.08, 1.33, y)
        * (1 + 0.7 * fractal(rng, height, width, width * 0.01, 2, stretch=18))
    )
    return total + np.clip(water, 0, 1)


def _ridge(rng: Random, width: int, pitch: float) -> Plane:
    x = np.linspace(0, 1, width, dtype=np.float32)
    line = np.zeros(width, np.float32)
    for _ in range(5):
        at, wide, tall = rng.uniform(-0.05, 1.05), rng.uniform(0.06, 0.18), rng.uniform(0.35, 1.0)
        line = np.maximum(line, tall * np.exp(-(np.abs((x - at) / wide) ** 1.5)))
    rough = (
        smooth_noise(rng, 1, width, width / (pitch * 5))[0]
        + 0.5 * smooth_noise(rng, 1, width, width / (pitch * 13))[0]
    )
    return line + 0.07 * rough + 0.022 * smooth_noise(rng, 1, width, width / 90)[0]


def _crags(canvas: Canvas, rng: Random, lines: list[tuple[Plane, float]], scale: float) -> None:
    """Dry brush: the broken outline of each range, and axe-cut strokes dragged down its faces."""
    width = canvas.width
    for (ridge, dark), drop in zip(lines[1:], (75, 110, 230), strict=True):
        slope = np.gradient(blur(ridge[None, :] * width, 5 * scale)[0])
        for _ in range(round(1300 * dark * drop / 100)):
            x = rng.uniform(0, width - 1)
            at = int(x)
            fall = rng.random() ** 1.7
            y = ridge[at] * width + fall * drop * scale
            if y > 0.86 * canvas.height:
                continue
            down = np.arctan2(1.0, 0.8 * slope[at] / (1 + slope[at] ** 2))
            turn = down + rng.normal(0, 0.16) + np.array([0, 0.12, 0.3]) * rng.choice([-1, 1])
            reach = rng.uniform(14, 46) * scale * (0.7 + dark)
            path = np.array([x, y]) + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1), 0) * reach / 3
            faint = dark * 1.25 * (1 - 0.8 * fall) * rng.uniform(0.15, 1) ** 1.5
            brush = Brush(1, 1, opacity=faint, dry=rng.uniform(0.5, 0.95), streak=0.0, round_tip=0.6)
            canvas.stroke(path, rng.uniform(3, 11) * scale * (0.45 + dark), INK, INK * 1.5, brush)
        _outline(canvas, rng, ridge * width, dark, scale)


def _outline(canvas: Canvas, rng: Random, ridge: Plane, dark: float, scale: float) -> None:
    at = 0
    while at < canvas.width - 8:
        span = int(rng.uniform(30, 110) * scale) + 4
        columns = np.linspace(at, min(at + span, canvas.width - 1), 7).astype(int)
        path = np.stack([columns, ridge[columns] + rng.normal(0, 1.0) * scale], 1).astype(float)
        brush = Brush(1, 1, opacity=dark * rng.uniform(0.7, 1.6), dry=rng.uniform(0.4, 0.9), streak=0.0)
        if path[:, 1].max() < 0.85 * canvas.height:
            canvas.stroke(path, rng.uniform(2.5, 7) * scale * (0.5 + dark), INK, INK, brush)
        at += int(span * rng.uniform(0.7, 1.3))


def _limb(
    canvas: Canvas,
    rng: Random,
    start: np.ndarray,
    theta: float,
    length: float,
    girth: float,
    tips: list[np.ndarray],
) -> None:
    """A branch of knotted strokes that forks; the ends are collected in ``tips``."""
    turn = theta + np.cumsum(rng.normal(0, 0.26, 7))
    path = np.concatenate(
        [[start], start + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1), 0) * length / 7]
    )
    for first, last in ((0, 4), (2, 6), (4, 8)):
        piece = path[first:last]
        brush = Brush(1, 1, opacity=0.9, dry=rng.uniform(0.3, 0.75), streak=0.1, round_tip=0.7)
        canvas.stroke(piece, girth * (1 - 0.07 * first), INK, INK * 2.2, brush)
    tips.extend(path[4:][rng.random(4) < 0.5])
    if girth < 4.5 * canvas.height / 1024:
        return
    for at in rng.choice([3, 4, 5, 6, 7], 3, replace=False):
        side = rng.choice([-1, 1]) * rng.uniform(0.5, 1.1)
        flat = 0.55 * np.arctan2(np.sin(turn[at - 1] + side), np.cos(turn[at - 1] + side)) + 0.45 * theta
        _limb(canvas, rng, path[at], flat, length * rng.uniform(0.5, 0.68), girth * 0.52, tips)


def _pine(canvas: Canvas, rng: Random, scale: float) -> None:
    tips: list[np.ndarray] = []
    start = np.array([canvas.width * 1.03, canvas.height * 0.80])
    _limb(canvas, rng, start, np.pi + 0.62, 270 * scale, 27 * scale, tips)
    _limb(canvas, rng, start - np.array([0, 150 * scale]), np.pi + 0.12, 210 * scale, 17 * scale, tips)
    for tip in tips:
        shade = rng.uniform(0.3, 0.9)
        for theta in np.linspace(-np.pi * 0.98, -0.02 * np.pi, 13) + rng.normal(0, 0.12, 13):
            reach = rng.uniform(15, 27) * scale
            end = np.array([np.cos(theta), 0.8 * np.sin(theta)]) * reach
            path = tip + np.stack([end * 0.08, end * 0.6 + [0, -0.6 * scale], end])
            canvas.stroke(
                path,
                rng.uniform(1.3, 2.3) * scale,
                INK,
                INK * 1.6,
                Brush(1, 1, opacity=shade, dry=0.2, streak=0),
            )
        if rng.random() < 0.5:
            spot = tip + rng.normal(0, 5, 2) * scale
            wash = spot + np.array([[-14, 0], [0, 0], [14, 2]]) * scale
            canvas.stroke(wash, 22 * scale, INK, INK * 2, Brush(1, 1, opacity=0.16, dry=0.1, streak=0))


def _boat(canvas: Canvas, scale: float) -> None:
    at = np.array([0.36 * canvas.width, 0.885 * canvas.height])
    hull = np.array([[-52, -6], [-25, 4], [10, 6], [46, -3], [62, -12]]) * scale + at
    canvas.stroke(hull, 9 * scale, INK, INK * 2, Brush(1, 1, opacity=0.92, dry=0.25))
    hood = np.array([[-16, -2], [-10, -15], [6, -18], [18, -12], [22, -1]]) * scale + at
    canvas.stroke(hood, 8 * scale, INK * 1.8, INK * 3, Brush(1, 1, opacity=0.75, dry=0.45))
    canvas.stroke(
        np.array([[38, -4], [37, -30]]) * scale + at, 6 * scale, INK, INK, Brush(1, 1, opacity=0.9, dry=0.1)
    )
    canvas.stroke(
        np.array([[33, -33], [44, -31]]) * scale + at,
        4.5 * scale,
        INK,
        INK,
        Brush(1, 1, opacity=0.9, dry=0.1),
    )
    canvas.stroke(
        np.array([[40, -26], [66, 12]]) * scale + at,
        1.8 * scale,
        INK,
        INK,
        Brush(1, 1, opacity=0.85, dry=0.1),
    )
    for step in range(7):
        ripple = np.array([[-60 - 6 * step, 0], [0, 2.5], [70 + 5 * step, -1]]) * scale * (0.9 - 0.06 * step)
        place = at + np.array([8 * (step % 3), 13 + 8 * step]) * scale
        brush = Brush(1, 1, opacity=0.36 - 0.04 * step, dry=0.75)
        canvas.stroke(ripple + place, 2.6 * scale, INK, INK * 2, brush)


def _birds(canvas: Canvas, scale: float) -> None:
    for x, y, r in (
        (0.60, 0.115, 15),
        (0.66, 0.10, 12),
        (0.69, 0.13, 13),
        (0.745, 0.118, 10),
        (0.55, 0.14, 10),
    ):
        at = np.array([x * canvas.width, y * canvas.height])
        for sense in (-1, 1):
            wing = np.array([[0, 0], [0.5 * sense, -0.5], [sense, -0.25]]) * r * scale + at
            canvas.stroke(wing, 2.6 * scale, INK, INK * 2, Brush(1, 1, opacity=0.8, dry=0.35))


def _seal(canvas: Canvas, rng: Random, scale: float) -> None:
    """A square of cinnabar with cut lines, unevenly inked."""
    side = round(46 * scale)
    left, top = round(0.075 * canvas.width), round(0.068 * canvas.height)
    u, v = grid(side, side)
    u, v = u / side, v / side
    ring = np.maximum(np.abs(u - 0.5), np.abs(v - 0.5))
    cut = (np.abs(ring - 0.40) < 0.022) | ((ring < 0.34) & (np.abs(u - 0.5) < 0.03))
    for cx, cy, w, h in (
        (0.32, 0.28, 0.11, 0.022),
        (0.32, 0.44, 0.13, 0.022),
        (0.32, 0.64, 0.1, 0.1),
        (0.68, 0.34, 0.1, 0.12),
        (0.68, 0.60, 0.13, 0.022),
        (0.68, 0.74, 0.1, 0.022),
    ):
        bar = (np.abs(u - cx) < w) & (np.abs(v - cy) < h)
        hollow = (np.abs(u - cx) < w - 0.035) & (np.abs(v - cy) < h - 0.035)
        cut |= bar & ~hollow
    print_ = blur((~cut & (ring < 0.5)).astype(np.float32), 0.5)
    uneven = np.clip(0.85 + 0.16 * fractal(rng, side, side, max(2, 6 * scale), 2), 0.3, 1)
    box = np.s_[top : top + side, left : left + side]
    canvas.color[box] = mix(
        canvas.color[box], np.broadcast_to(rgb("b3281e")[0], (side, side, 3)), print_ * uneven
    )
