"""Sun, sea and two fish in small stones set in mortar."""

from __future__ import annotations

import numpy as np

from .color import jitter, mix, ramp, rgb
from .noise import Plane, Random, blur, edge_distance, fractal, grid, sample, smooth_noise, smoothstep

SUN = (0.5, 0.36)
SEA = 0.66


def paint(rng: Random, size: int) -> Plane:
    """Glass and marble stones, lit from the upper left, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.82)
    scale = size / 1024
    x, y = grid(height, width)
    colors, field, regions = _scene(rng, x / width, y / width)
    gy, gx = np.gradient(blur(field, 1.5 * scale))
    angle = np.arctan2(gy, gx)
    borders = edge_distance(regions)
    labels, centers = _settle(rng, angle, borders, 11.5 * scale)
    return _stones(rng, labels, centers, colors, scale)


def _scene(rng: Random, x: Plane, y: Plane) -> tuple[Plane, Plane, Plane]:
    """Colors, a field whose level lines the rows of stones follow, and the number of each region."""
    colors, field, regions = _sky(x, y)
    parts = [_sea(x, y)]
    parts += [_fish(x, y, *each) for each in ((0.27, 0.575, 0.15, -0.42, 0), (0.745, 0.60, 0.135, 0.38, 1))]
    for index, (inside, hue, level, region) in enumerate(parts):
        colors = np.where(inside[..., None], hue, colors)
        field = np.where(inside, level, field)
        regions = np.where(inside, 100 * (index + 1) + region, regions)
    return _border(rng, colors, field, regions, x, y)


def _sky(x: Plane, y: Plane) -> tuple[Plane, Plane, Plane]:
    dx, dy = x - SUN[0], y - SUN[1]
    r, theta = np.hypot(dx, dy), np.arctan2(dy, dx)
    ray = np.cos(theta * 18) > 0
    flame = 0.205 + 0.05 * np.abs(np.mod(theta * 9 / np.pi, 1) - 0.5) * 2
    heavens = rgb("17346b", "2357a0", "3f86c2", "7ab4d6", "b7d8dc", "e9e6c4")
    swirl = np.sin(r * 62 + 2.4 * np.sin(theta * 5 + 12 * r))
    colors = ramp(heavens, 0.78 - (r - 0.2) * 1.7 + 0.17 * swirl)
    rays = np.where(ray[..., None], rgb("f4b52a")[0], rgb("d9571e")[0])
    colors = np.where((r < flame)[..., None], rays, colors)
    disc = ramp(rgb("fff0b0", "fbd25a", "f2a524", "c8411a"), r / 0.13)
    colors = np.where((r < 0.13)[..., None], disc, colors)
    colors = np.where((np.abs(r - 0.138) < 0.008)[..., None], rgb("7a1f1c")[0], colors)
    regions = np.where(r < 0.13, 1, np.where(r < 0.146, 2, np.where(r < flame, 3 + ray, 5)))
    return colors, r, regions


def _sea(x: Plane, y: Plane) -> tuple[Plane, Plane, Plane, Plane]:
    pitch = 0.105
    best = np.full(x.shape, 9.0, np.float32)
    owner = np.zeros(x.shape, np.int32)
    for step in range(8):
        middle = np.mod(x + pitch / 2 * (step % 2), pitch) - pitch / 2
        r = np.hypot(middle, y - (SEA + 0.055 + 0.048 * step))
        inside = (r < pitch * 0.56) & (y < SEA + 0.055 + 0.048 * step + 0.03)
        best = np.where(inside, r, best)
        owner = np.where(inside, step + 1, owner)
    inside = (owner > 0) | (y > SEA + 0.02)
    shells = rgb("eef3e4", "8fd0c8", "3fa3ad", "1f6f95", "174a7c", "0f2f57")
    tone = 1 - best / (pitch * 0.56) + 0.04 * owner
    colors = ramp(shells, np.where(best < 5, tone, 0.7))
    return inside, colors, np.where(best < 5, best, y), owner


def _fish(
    x: Plane, y: Plane, cx: float, cy: float, reach: float, tilt: float, kind: int
) -> tuple[Plane, Plane, Plane, Plane]:
    u = ((x - cx) * np.cos(tilt) + (y - cy) * np.sin(tilt)) / reach * (1 if kind == 0 else -1)
    v = (-(x - cx) * np.sin(tilt) + (y - cy) * np.cos(tilt)) / reach
    v = v + 0.22 * u * u - 0.06
    half = 0.36 * np.sqrt(np.clip(1 - u * u, 0, 1)) * (1 + 0.25 * u)
    body = (np.abs(u) < 1) & (np.abs(v) < half)
    tail = (u < -0.8) & (u > -1.45) & (np.abs(v) < 0.08 - 0.75 * (u + 0.85)) & (np.abs(v) > -(u + 1.2) * 0.5)
    fin = (u > -0.45) & (u < 0.35) & (v < -half * 0.9) & (v > -half - 0.2 * np.cos((u + 0.05) * 3.4))
    back = (rgb("8c1f2c", "d9532c", "f2a03c", "fbe3b0"), rgb("0f3d33", "1f7f5f", "8cc06a", "f6efaf"))[kind]
    scales = 0.09 * np.cos(u * 42 + np.where(np.cos(v * 40) > 0, 0, np.pi))
    colors = ramp(back, (v / (half + 1e-3) + 1) / 2 + scales)
    colors = np.where((tail | fin)[..., None], ramp(back, 0.35 + 0.4 * np.cos(v * 26)), colors)
    gill = np.abs(np.hypot(u - 0.9, v) - 0.45) < 0.045
    colors = np.where((gill & body)[..., None], rgb("5a1420", "0f2c34")[kind], colors)
    eye = np.hypot(u - 0.66, v + 0.08)
    colors = np.where(
        (eye < 0.15)[..., None],
        np.where((eye < 0.075)[..., None], rgb("0d1020")[0], rgb("fdf6dc")[0]),
        colors,
    )
    outline = body & (half - np.abs(v) < 0.05)
    colors = np.where(outline[..., None], rgb("4a1220", "0d2a33")[kind], colors)
    region = np.where(eye < 0.15, 4, np.where(body, 1, np.where(tail, 2, 3)))
    level = np.where(eye < 0.17, eye, np.where(body, v - half * 0.2, v + 0.5 * np.abs(u)))
    return body | tail | fin | (eye < 0.15) & body, colors, level * reach, region


def _border(
    rng: Random, colors: Plane, field: Plane, regions: Plane, x: Plane, y: Plane
) -> tuple[Plane, Plane, Plane]:
    inner = np.minimum(np.minimum(x, x.max() - x), np.minimum(y, y.max() - y))
    along = np.where(np.minimum(x, x.max() - x) < np.minimum(y, y.max() - y), y, x)
    guilloche = np.sin(along * 2 * np.pi / 0.075) * 0.011
    strand = np.minimum(np.abs(inner - 0.033 - guilloche), np.abs(inner - 0.033 + guilloche))
    band = np.where((strand < 0.0065)[..., None], rgb("e0a83a")[0], rgb("6b1f24")[0])
    band = np.where((np.abs(inner - 0.054) < 0.0058)[..., None], rgb("f1e8cf")[0], band)
    frame = inner < 0.060
    colors = np.where(frame[..., None], band, colors)
    regions = np.where(frame, 900 + (inner > 0.048) + 2 * (strand < 0.0065), regions)
    return colors, np.where(frame, inner, field), regions


def _settle(
    rng: Random, angle: Plane, borders: Plane, pitch: float, rounds: int = 14
) -> tuple[Plane, np.ndarray]:
    """Stones as the cells of a Voronoi diagram in a turned maximum metric, moved to their centroids.

    After Hausner 2001, "Simulating decorative mosaics". Returns (H, W) stone numbers and (N, 2) centers.
    """
    height, width = angle.shape
    rows, columns = round(height / pitch), round(width / pitch)
    y, x = (np.mgrid[0:rows, 0:columns].reshape(2, -1) + 0.5) * pitch
    centers = np.stack([x, y], 1) + rng.uniform(-0.25, 0.25, (x.size, 2)) * pitch
    free = (borders > 0.11 * pitch).astype(np.float64).ravel()
    px, py = (plane.ravel() for plane in grid(height, width))
    labels = np.zeros((height, width), np.int32)
    for _ in range(rounds):
        labels = _nearest(centers, angle, pitch * 1.7)
        flat = labels.ravel()
        mass = np.bincount(flat, free, len(centers)) + 1e-6
        moved = np.stack([np.bincount(flat, free * p, len(centers)) / mass for p in (px, py)], 1)
        centers = np.where((mass > 4)[:, None], moved, centers)
    return labels, centers


def _nearest(centers: np.ndarray, angle: Plane, reach: float) -> Plane:
    height, width = angle.shape
    best = np.full((height, width), 1e9, np.float32)
    labels = np.zeros((height, width), np.int32)
    turns = angle[tuple(np.clip(centers[:, ::-1].T, 0, [[height - 1], [width - 1]]).astype(int))]
    for number, ((cx, cy), c, s) in enumerate(zip(centers, np.cos(turns), np.sin(turns), strict=True)):
        left, top = max(0, int(cx - reach)), max(0, int(cy - reach))
        box = np.s_[top : int(cy + reach) + 1, left : int(cx + reach) + 1]
        near = best[box]
        dx = (np.arange(left, left + near.shape[1]) - cx).astype(np.float32)[None, :]
        dy = (np.arange(top, top + near.shape[0]) - cy).astype(np.float32)[:, None]
        away = np.maximum(np.abs(c * dx + s * dy), np.abs(c * dy - s * dx))
        closer = away < near
        near[closer] = away[closer]
        labels[box][closer] = number
    return labels


def _stones(rng: Random, labels: Plane, centers: np.ndarray, colors: Plane, scale: float) -> Plane:
    height, width = labels.shape
    count = len(centers)
    hues = jitter(rng, sample(blur(colors, 1.2 * scale), centers[:, 0], centers[:, 1]), 0.05, 0.13, 0.16)
    gap = edge_distance(labels)
    chip = 0.4 * scale * smooth_noise(rng, height, width, 3 * scale)
    stone = smoothstep(0.5 * scale, 1.5 * scale, gap + chip)
    x, y = grid(height, width)
    tilt = rng.normal(0, 0.35, (2, count)).astype(np.float32)
    slant = tilt[0][labels] * (x - centers[labels, 0]) + tilt[1][labels] * (y - centers[labels, 1])
    relief = smoothstep(0, 3.4 * scale, gap) * 3.2 * scale + slant * 0.22
    relief = relief * stone + 0.35 * fractal(rng, height, width, 3 * scale, 2) * (0.4 + 0.6 * (1 - stone))
    gy, gx = np.gradient(blur(relief, 0.6 * scale))
    light = np.clip(1 - 0.26 * (gx + gy), 0.45, 1.5)
    veins = 1 + 0.06 * fractal(rng, height, width, 9 * scale, 3)
    mortar = ramp(rgb("3d342f", "6e6258", "9a8d7e"), 0.45 + 0.2 * fractal(rng, height, width, 5 * scale, 3))
    picture = mix(mortar, hues[labels] * veins[..., None], stone) * light[..., None]
    glint = (rng.random(count) < 0.10)[labels] * smoothstep(4.0 * scale, 1.0 * scale, np.hypot(
        x - centers[labels, 0] + 2 * scale, y - centers[labels, 1] + 2 * scale)) * stone  # fmt: skip
    return np.clip(picture + 0.28 * glint[..., None], 0, 1)
