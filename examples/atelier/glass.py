"""Stained glass: a rising sun over hills, a river and irises, in leaded panes."""

from __future__ import annotations

import numpy as np

from .color import jitter, mix, rgb
from .noise import Plane, Random, blur, edge_distance, fractal, grid, smooth_noise, smoothstep

SKY = rgb("f7d774", "f0a04b", "d9607a", "8a4fa0", "3f4fa8", "23306f", "1a2456")
HILL = rgb("b7c24a", "5f9a3f", "2f7a4f", "1f5f5a", "17475f")
WATER = rgb("bfe6e0", "6fc3d0", "3a93bf", "235f9e")

IRISES = (
    (0.17, 0.97, 0.10),
    (0.34, 1.07, 0.085),
    (0.80, 0.98, 0.105),
    (0.63, 1.11, 0.078),
    (0.90, 1.13, 0.055),
    (0.09, 1.13, 0.055),
)


def paint(rng: Random, size: int) -> Plane:
    """Colored panes, streaked and seeded with bubbles, with the light behind them; (H, W, 3) in 0..1."""
    width, height = round(size * 0.8), size
    scale = size / 1024
    x, y = grid(height, width)
    wobble = 3.0 * scale * smooth_noise(rng, height, width, 60 * scale)
    regions, colors = _cartoon((x + wobble) / width, (y + np.roll(wobble, 40, 1)) / width)
    _, labels = np.unique(regions, return_inverse=True)
    labels = labels.reshape(height, width)
    panes = _panes(rng, labels, colors, scale)
    return _leaded(rng, panes, edge_distance(labels), scale)


def _cartoon(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """A number for each pane and its color; ``x`` in 0..1, ``y`` in 0..1.25."""
    regions, colors = _sky(x, y)
    for layer in (_hills, _river, _trees, _flowers):
        regions, colors = layer(regions, colors, x, y)
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1.25 - y))
    along = np.where(np.minimum(x, 1 - x) < np.minimum(y, 1.25 - y), y, x)
    turn = np.floor(along / 0.125 + 0.25)
    frame = rgb("7a1f3a", "d9a53a")[(turn % 2).astype(int)]
    frame = np.where((edge < 0.014)[..., None], rgb("1f3f7a")[0], frame)
    border = edge < 0.052
    number = 9000 + turn + 40 * (edge < 0.014) + 100 * (x < y) + 200 * (x + y < 1)
    return np.where(border, number, regions), np.where(border[..., None], frame, colors)


def _sky(x: Plane, y: Plane) -> tuple[Plane, Plane]:
    dx, dy = x - 0.5, y - 0.58
    r, theta = np.hypot(dx, dy), np.arctan2(-dy, dx) + np.pi
    disc = r < 0.115
    ring = np.floor((r - 0.115) / 0.088 + 0.22 * np.sin(theta * 4 + 1))
    ray = np.floor(theta / (2 * np.pi) * 26 + 0.42 * (ring % 2) + 0.16 * np.sin(r * 14))
    ring = np.clip(ring, 0, 9)
    colors = SKY[np.clip(ring + (ray % 2 == 0) * 0.6, 0, 6).astype(int)]
    lens = np.hypot(dx / 0.55, dy)
    colors = np.where(
        disc[..., None], np.where((lens < 0.06)[..., None], rgb("fdf0b0")[0], rgb("f6b32f")[0]), colors
    )
    number = np.where(disc, 1 + np.floor(theta / (2 * np.pi) * 8) * (r > 0.05), 100 + ring * 40 + ray)
    return number, colors


def _hills(regions: Plane, colors: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    for index in range(5):
        crest = 0.60 + 0.058 * index - 0.05 * np.sin(5.2 * x + 2.1 * index * index + 0.8) * (1 - 0.1 * index)
        cut = np.floor(x * (5 + index) + 0.5 * np.sin(y * 9 + index * 2) + 0.37 * index)
        below = y > crest
        regions = np.where(below, 1000 + 50 * index + cut, regions)
        colors = np.where(below[..., None], HILL[index], colors)
    return regions, colors


def _river(regions: Plane, colors: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    t = np.clip((y - 0.70) / 0.55, 0, 1)
    middle = 0.53 + 0.13 * np.sin(8.5 * t**0.8 + 0.4) * (0.35 + t)
    half = 0.022 + 0.19 * t**1.4
    inside = (np.abs(x - middle) < half) & (y > 0.70)
    lane = np.floor((x - middle) / half * 1.6 + 0.5)
    cut = np.floor(np.log(t + 0.06) * 5.2 + 0.35 * lane)
    regions = np.where(inside, 2000 + 20 * np.maximum(cut, -11) + lane, regions)
    tone = np.clip(1.4 + 1.2 * np.sin(cut * 2.4 + lane * 1.7), 0, 3).astype(int)
    return regions, np.where(inside[..., None], WATER[tone], colors)


def _trees(regions: Plane, colors: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    for index, (cx, foot, tall) in enumerate(((0.155, 0.80, 0.40), (0.865, 0.78, 0.34), (0.27, 0.74, 0.22))):
        trunk = (
            (np.abs(x - cx - 0.02 * np.sin(y * 14)) < 0.012 + 0.02 * np.clip(y - foot + 0.06, 0, 1))
            & (y > foot - tall * 0.5)
            & (y < foot)
        )
        crown_y = foot - tall * 0.72
        dx, dy = (x - cx) / 0.62, y - crown_y
        r, theta = np.hypot(dx, dy) / (tall * 0.36), np.arctan2(dy, dx)
        crown = r < 1 + 0.10 * np.cos(theta * 7 + index)
        leaf = np.floor((theta + 0.5 * r) / (2 * np.pi) * 7 + 0.3 * index) * (r > 0.42)
        hue = rgb("d8452f", "f08a2f", "b52a4a", "f2b93a", "8f2f3f")[
            (np.mod(leaf * 2 + (r > 0.42) * 3 + index, 5)).astype(int)
        ]
        regions = np.where(trunk, 3000 + index, regions)
        colors = np.where(trunk[..., None], rgb("6a4030")[0], colors)
        regions = np.where(crown, 3100 + 30 * index + leaf, regions)
        colors = np.where(crown[..., None], hue, colors)
    return regions, colors


def _flowers(regions: Plane, colors: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    for index, (cx, cy, reach) in enumerate(IRISES):
        bend = 0.02 * np.sin((y - cy) * 16 + index)
        stem = (np.abs(x - cx - bend) < 0.009) & (y > cy)
        side = np.where(x > cx, 1, 0)
        blade = (
            np.abs(np.abs(x - cx) - 0.62 * np.clip(1.27 - y, 0, 1) ** 1.2 * 0.55)
            < 0.016 * np.clip((y - cy - 0.02) * 9, 0, 1)
        ) & (y > cy)
        regions = np.where(stem | blade, 4000 + 10 * index + np.where(stem, 3, side), regions)
        colors = np.where((stem | blade)[..., None], rgb("3f9a4a", "8fc04a")[side], colors)
        r, theta = np.hypot(x - cx, y - cy) / reach, np.arctan2(y - cy, x - cx) + 0.3 * index
        petal = np.floor(theta / (2 * np.pi) * 6)
        bloom = r < 0.62 + 0.40 * np.abs(np.cos(theta * 3))
        heart = r < 0.27
        inner = bloom & (r < 0.5) & (reach > 0.08)
        pick = rgb("5b3fb0", "a34fc0", "e35f9a", "f2e3f0")
        hue = pick[np.mod(petal + index, 2).astype(int) + (1 if index % 3 == 1 else 0)]
        hue = np.where(inner[..., None], np.clip(hue * 1.15 + 0.18, 0, 1), hue)
        hue = np.where(heart[..., None], rgb("fbc52f")[0], hue)
        regions = np.where(bloom, 5000 + 40 * index + np.where(heart, 30, petal + 12 * inner), regions)
        colors = np.where(bloom[..., None], hue, colors)
    return regions, colors


def _panes(rng: Random, labels: Plane, colors: Plane, scale: float) -> Plane:
    """Each pane of one color, with its own streaks, thickness and ripples."""
    height, width = labels.shape
    count = labels.max() + 1
    weight = np.bincount(labels.ravel(), minlength=count)[:, None]
    mean = (
        np.stack([np.bincount(labels.ravel(), colors[..., c].ravel(), count) for c in range(3)], 1) / weight
    )
    hues = jitter(rng, mean.astype(np.float32), 0.045, 0.10, 0.14)
    other = jitter(rng, hues, 0.09, 0.30, 0.1)
    x, y = grid(height, width)
    turn = rng.uniform(0, np.pi, count).astype(np.float32)[labels]
    swirl = 26 * scale * fractal(rng, height, width, 60 * scale, 3)
    streak = np.sin((x * np.cos(turn) + y * np.sin(turn) + swirl) / (17 * scale) + labels * 1.7)
    cloud = fractal(rng, height, width, 46 * scale, 4)
    part = smoothstep(-0.9, 1.8, 0.7 * streak + 0.6 * cloud)
    glass = mix(hues[labels], other[labels], part)
    ripple = fractal(rng, height, width, 9 * scale, 3, stretch=1.6)
    gy, gx = np.gradient(blur(ripple, 1.4 * scale))
    glass = glass * (1 + 0.10 * cloud + 0.5 * scale * (gx + gy))[..., None]
    return np.clip(glass + _bubbles(rng, height, width, scale)[..., None], 0, 1)


def _bubbles(rng: Random, height: int, width: int, scale: float) -> Plane:
    seeds = smooth_noise(rng, height, width, 4.2 * scale)
    gy, gx = np.gradient(blur(smoothstep(2.1, 2.7, seeds), 0.7 * scale))
    return 0.5 * np.clip(gx + gy, -0.3, 0.4)


def _leaded(rng: Random, panes: Plane, edge: Plane, scale: float) -> Plane:
    """Came laid over the joints, round and dull, with the light of the panes spilling over it."""
    height, width = edge.shape
    half = (3.7 + 0.6 * smooth_noise(rng, height, width, 40 * scale)) * scale
    came = smoothstep(half + 0.8 * scale, half - 0.8 * scale, edge)
    shade = 0.6 + 0.4 * smoothstep(half, half + 16 * scale, edge)
    light = panes * (shade * (0.92 + 0.28 * smoothstep(4 * scale, 30 * scale, edge)))[..., None]
    bulge = np.sqrt(np.clip(1 - (edge / (half + 0.5)) ** 2, 0, 1)) * 4 * scale
    bulge = blur(bulge + 0.35 * scale * fractal(rng, height, width, 5 * scale, 3), 0.9 * scale)
    gy, gx = np.gradient(bulge)
    metal = 0.15 + 0.17 * np.clip(-(gx + gy), -0.8, 1.4) + 0.02 * fractal(rng, height, width, 3 * scale, 2)
    lead = np.clip(metal, 0.03, 0.6)[..., None] * rgb("e8ecf6")[0]
    picture = mix(light, lead, came)
    bloom = blur(light**2, 14 * scale)
    return np.clip(picture + 0.17 * bloom + 0.03, 0, 1)
