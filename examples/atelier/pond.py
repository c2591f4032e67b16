"""A lily pond in short broken dabs: willow green, lilac sky and pink flowers."""

from __future__ import annotations

import numpy as np

from .canvas import Brush, Canvas, paint_layer, scatter
from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, fractal, grid, smoothstep

WATER = rgb("1d3a68", "2d678f", "4c9aa0", "84bfa4", "9fb4de", "c6b0e6", "f0ccd6")

ISLANDS = (
    (0.20, 0.16, 0.13),
    (0.78, 0.20, 0.15),
    (0.42, 0.33, 0.12),
    (0.88, 0.45, 0.15),
    (0.12, 0.52, 0.17),
    (0.50, 0.60, 0.13),
    (0.80, 0.80, 0.24),
    (0.22, 0.88, 0.26),
    (0.60, 0.06, 0.10),
)


def paint(rng: Random, size: int) -> Plane:
    """Water with the sky and willows in it, and islands of lilies, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.85)
    scale = size / 1024
    x, y = grid(height, width)
    x, y = x / width, y / height
    target = _water(rng, x, y)
    pads, tone = _pads(rng, x, y)
    upright = np.pi / 2 + 0.22 * fractal(rng, height, width, 70 * scale, 2)
    level = 0.1 * fractal(rng, height, width, 160 * scale, 2)
    canvas = Canvas(rng, blur(target, 10 * scale) * 0.85 + 0.04)
    shades = (0.05, 0.2, 0.18)
    paint_layer(
        canvas, target, upright, Brush(22 * scale, 74 * scale, dry=0.45, bend=0.16), 18 * scale, shades
    )
    paint_layer(canvas, target, upright, Brush(13 * scale, 52 * scale, dry=0.6, bend=0.2), 12 * scale, shades)
    paint_layer(canvas, target, level, Brush(9 * scale, 36 * scale, dry=0.65), 25 * scale, (0.09, 0.25, 0.2))
    leaves = ramp(rgb("123c3a", "2b6b4f", "5f9a54", "a3bd62", "c9d4a0", "9fb7d0"), tone)
    for width_px, length, spacing in ((15, 42, 10.5), (9, 28, 7.5)):
        brush = Brush(width_px * scale, length * scale, dry=0.4, bend=0.15)
        paint_layer(canvas, leaves, level, brush, spacing * scale, (0.07, 0.22, 0.2), keep=pads)
    _flowers(canvas, rng, pads, scale)
    return canvas.lit(relief=0.3, weave=0.04, scale=scale)


def _water(rng: Random, x: Plane, y: Plane) -> Plane:
    height, width = x.shape
    drape = fractal(rng, width, height, width * 0.06, 4, stretch=7).T
    glade = np.exp(-(((x - 0.56 - 0.1 * np.sin(3 * y)) / 0.2) ** 2))
    level = 0.22 + 0.55 * glade * smoothstep(-0.1, 0.75, y + 0.15) + 0.13 * drape + 0.08 * y
    water = ramp(WATER, level)
    willow = smoothstep(0.0, 1.6, drape) * (1 - glade)
    water = mix(water, ramp(rgb("1f4a3c", "4f8550", "9dae52"), 0.5 + 0.3 * drape), willow * 0.75)
    blush = np.exp(-(((x - 0.6) / 0.16) ** 2) - ((y - 0.72) / 0.2) ** 2)
    return mix(water, rgb("f0c3b4")[0], blush * 0.5)


def _pads(rng: Random, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Where lily pads float (a chance) and how light they are."""
    height, width = x.shape
    cover = np.zeros_like(x)
    tone = np.full_like(x, 0.3)
    ragged = fractal(rng, height, width, cell=width * 0.03, octaves=3, stretch=2)
    for cx, cy, reach in ISLANDS:
        squash = 0.28 + 0.14 * cy
        r = np.hypot((x - cx) / reach, (y - cy) / (reach * squash)) + 0.13 * ragged
        inside = smoothstep(1.05, 0.9, r)
        cover = np.maximum(cover, inside)
        rim = (y - cy) / (reach * squash)
        tone = np.where(
            inside > 0,
            0.52 - 0.16 * rim + 0.2 * ragged + 0.1 * np.cos(9 * (x - cx) / reach + 4 * ragged),
            tone,
        )
    return cover, tone


def _flowers(canvas: Canvas, rng: Random, pads: Plane, scale: float) -> None:
    """Each flower a handful of thick dabs: rose in the shadow, white where the light falls."""
    blush, rose, white, heart = rgb("f3bcc6", "cf5f86", "fff6ea", "f2b636")
    places = scatter(rng, canvas.height, canvas.width, 54 * scale, keep=blur(pads, 8 * scale) > 0.75)
    for x, y in places[np.argsort(places[:, 1])]:
        size = rng.uniform(8, 15) * scale * (0.7 + 0.6 * y / canvas.height)
        dabs = [
            (rose, 0.25, 0.35),
            (rose, -0.5, 0.2),
            (blush, 0.6, 0.0),
            (blush, -0.4, -0.15),
            (white, 0.0, -0.35),
        ]
        if rng.random() < 0.4:
            dabs = [(blush, 0.3, 0.3), (white, -0.5, 0.0), (white, 0.5, -0.1), (white, 0.0, -0.4)]
        for color, dx, dy in [*dabs, (heart, 0.1, 0.0)]:
            at = np.array([x, y]) + np.array([dx, dy]) * size + rng.normal(0, 0.15 * size, 2)
            theta = rng.normal(-1.4 * dx, 0.5) + np.pi / 2 * (rng.random() < 0.4)
            reach = size * (0.25 if color is heart else 0.55)
            half = np.array([np.cos(theta), np.sin(theta)]) * reach
            path = at + np.stack([-half, np.array([0, 0.15 * size]), half])
            canvas.stroke(path, reach * 1.1, color, blush, Brush(8, 20, dry=0.25, body=1.5))
