"""An afternoon by the river in dots of nearly pure color."""

from __future__ import annotations

import numpy as np

from .color import jitter, mix, ramp, rgb
from .noise import Plane, Random, fractal, grid, sample, smooth_noise, smoothstep

BANK = 0.40


def paint(rng: Random, size: int) -> Plane:
    """Sky, far bank, water with sails and a lawn in sun and shade, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.75)
    scale = size / 1024
    scene = _scene(rng, height, width)
    warm, cool = rgb("e8dcb8")[0], rgb("d6d3c4")[0]
    picture = mix(
        np.broadcast_to(warm, scene.shape), cool, smoothstep(-1, 1, smooth_noise(rng, height, width, 90))
    )
    for spacing, radius, cover in ((8.5, 5.6, 1.0), (6.6, 3.9, 0.95), (5.4, 2.9, 0.85), (4.6, 2.1, 0.45)):
        picture = _dots(rng, picture, scene, spacing * scale, radius * scale, cover)
    tooth = fractal(rng, height, width, 2.2, 2)
    return np.clip(picture * (1 + 0.025 * tooth[..., None]), 0, 1)


def _scene(rng: Random, height: int, width: int) -> Plane:
    x, y = grid(height, width)
    x, y = x / width, y / height
    clouds = fractal(rng, height, width, width * 0.16, 5, stretch=2.2)
    sky = ramp(rgb("4f8fe0", "8fbdf0", "f0dcc8", "fbcf8a"), y / BANK + 0.05 * clouds)
    sky = mix(sky, rgb("fbf1e0")[0], smoothstep(0.4, 1.6, clouds) * 0.85)
    scene, trees = _far_bank(rng, sky, x, y)
    water = _water(rng, scene, x, y)
    scene = np.where((y > BANK)[..., None], water, scene)
    scene = _sails(scene, x, y)
    return _lawn(rng, scene, x, y, trees)


def _far_bank(rng: Random, scene: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    height, width = x.shape
    leaves = fractal(rng, height, width, width * 0.045, 4)
    crowns = (
        smooth_noise(rng, 1, width, width * 0.05)[0] + 0.5 * smooth_noise(rng, 1, width, width * 0.018)[0]
    )
    top = BANK - 0.075 - 0.035 * crowns - 0.1 * np.exp(-(((x[0] - 0.86) / 0.1) ** 2))
    wood = smoothstep(-0.006, 0.01, y - top[None, :] - 0.006 * leaves) * (y <= BANK)
    tone = 0.45 + 0.22 * leaves - 1.3 * (y - top[None, :])
    scene = mix(scene, ramp(rgb("24406b", "2f6b5e", "5c9a4a", "a8bf4c", "ead36a"), tone), wood)
    for left, wide, tall, hue in (
        (0.30, 0.05, 0.05, "e0835a"),
        (0.37, 0.035, 0.035, "f2e3c4"),
        (0.57, 0.045, 0.04, "f0d9b0"),
    ):
        wall = (np.abs(x - left) < wide / 2) & (y > BANK - tall) & (y < BANK)
        roof = (
            (np.abs(x - left) < (y - BANK + tall * 1.7) * wide / tall)
            & (y <= BANK - tall)
            & (np.abs(x - left) < wide * 0.6)
        )
        scene = np.where(wall[..., None], rgb(hue)[0] * (1 - 0.35 * (x > left)[..., None]), scene)
        scene = np.where(roof[..., None], rgb("a8523f")[0], scene)
    return scene, leaves


def _water(rng: Random, scene: Plane, x: Plane, y: Plane) -> Plane:
    height, width = x.shape
    ripple = fractal(rng, height, width, width * 0.012, 3, stretch=9)
    depth = np.clip(y - BANK, 0, 1)
    mirror = sample(
        scene, (x + 0.006 * ripple) * width, np.clip(BANK - depth * 0.9 + 0.02 * ripple, 0, 1) * height
    )
    deep = ramp(rgb("7fa9d6", "4f86c0", "2f62a6"), depth / 0.4)
    water = mix(mirror * np.array([0.86, 0.92, 1.0], np.float32), deep, 0.35 + 0.12 * ripple)
    return mix(water, rgb("fff3cf")[0], smoothstep(1.3, 2.2, ripple) * 0.8)


def _sails(scene: Plane, x: Plane, y: Plane) -> Plane:
    for cx, foot, tall, lean, hue in (
        (0.47, 0.535, 0.26, 0.34, "fdf3dd"),
        (0.68, 0.46, 0.13, 0.30, "f6d9a6"),
        (0.245, 0.455, 0.10, 0.32, "f4b58a"),
    ):
        rise = (foot - y) / tall
        sail = (
            (rise > 0.04) & (rise < 1) & (x > cx) & (x - cx < lean * tall * np.clip(1 - rise, 0, 1) ** 0.85)
        )
        jib = (rise > 0.04) & (rise < 0.8) & (x < cx - 0.004) & (cx - x < 0.2 * tall * (0.8 - rise))
        hull = (np.abs(rise + 0.02) < 0.045) & (np.abs(x - cx - 0.02 * tall) < lean * tall * (0.75 + rise))
        light = (1.04 - 0.5 * (x - cx) / tall)[..., None]
        scene = np.where(sail[..., None], rgb(hue)[0] * light, scene)
        scene = np.where(jib[..., None], rgb("c9d3e6")[0], scene)
        scene = np.where(hull[..., None], rgb("5a2f4a")[0], scene)
        glint = (
            (rise < -0.06) & (rise > -0.75) & (np.abs(x - cx - 0.03 * np.sin(rise * 40) * tall) < 0.18 * tall)
        )
        scene = mix(scene, rgb(hue)[0], glint * 0.55 * np.exp(rise * 1.6))
    return scene


def _lawn(rng: Random, scene: Plane, x: Plane, y: Plane, leaves: Plane) -> Plane:
    height, width = x.shape
    shore = 0.70 + 0.2 * (x - 0.35) ** 2 - 0.16 * smoothstep(0.35, -0.2, x) + 0.06 * smoothstep(0.3, 0.9, x)
    lawn = smoothstep(-0.004, 0.006, y - shore - 0.004 * leaves)
    shade = smoothstep(
        -0.35,
        0.35,
        fractal(rng, height, width, width * 0.14, 3, stretch=3) + 4 * (y - 0.87) - 1.6 * (x - 0.4),
    )
    blades = fractal(rng, height, width, width * 0.02, 3)
    sun = ramp(rgb("9bb53a", "c6cf4f", "f0df70"), 0.5 + 0.2 * blades)
    dim = ramp(rgb("1f3f7a", "276052", "3f8a4e"), 0.5 + 0.2 * blades)
    scene = mix(scene, mix(sun, dim, shade), lawn)
    scene = _tree(scene, x, y, leaves)
    return _promenade(scene, x, y)


def _tree(scene: Plane, x: Plane, y: Plane, leaves: Plane) -> Plane:
    bole = 0.085 + 0.018 * np.sin(y * 5)
    trunk = smoothstep(0.004, -0.004, np.abs(x - bole) - 0.018 - 0.03 * smoothstep(0.7, 0.86, y)) * (y < 0.85)
    scene = mix(scene, ramp(rgb("b5763f", "6a3f5c", "2b2a5c"), (x - bole) * 18 + 0.5), trunk)
    crown = np.hypot((x - 0.10) / 0.27, (y - 0.10) / 0.27) + 0.07 * leaves
    tone = 0.5 + 0.24 * leaves - 1.1 * (y - 0.1) - 0.6 * (x - 0.1)
    foliage = ramp(rgb("1c2f66", "1f5f57", "4f9a45", "a9c246", "f0d95f"), tone)
    return mix(scene, foliage, smoothstep(1.04, 0.96, crown))


def _promenade(scene: Plane, x: Plane, y: Plane) -> Plane:
    people = ((0.33, 0.70, 1.0, "e8502f", "3a4f9a"), (0.42, 0.715, 0.9, "e9d9a6", "6a3f7a"),
              (0.66, 0.755, 1.25, "f4a23c", "a83f5a"), (0.86, 0.74, 0.9, "d94f7a", "efe6d0"))  # fmt: skip
    for cx, cy, grow, hue, dress in people:
        u, v = (x - cx) / grow, (y - cy) / grow
        cast = np.hypot((u - 0.06) / 0.075, (v - 0.178) / 0.014) < 1
        skirt = (np.abs(u) < 0.010 + 0.17 * np.clip(v - 0.065, 0, 1)) & (v > 0.062) & (v < 0.178)
        bodice = (np.abs(u) < 0.010 + 0.1 * (0.065 - v)) & (v > 0.028) & (v <= 0.065)
        head = np.hypot(u, (v - 0.013) * 0.75) < 0.0105
        handle = np.abs(u - 0.005 - 0.22 * (0.05 - v)) < 0.0025
        shade = (((u - 0.02) / 0.052) ** 2 + ((v + 0.008) / 0.036) ** 2 < 1) & (
            v < -0.006 - 0.12 * (u - 0.02)
        )
        light = (1.1 - 14 * u)[..., None]
        scene = mix(scene, rgb("20386e")[0], cast * 0.8)
        scene = np.where((skirt | bodice)[..., None], np.clip(rgb(dress)[0] * light, 0, 1), scene)
        scene = np.where((handle & (v > -0.02) & (v < 0.05))[..., None], rgb("4a2a3a")[0], scene)
        scene = np.where(head[..., None], rgb("e9a98a")[0] * light, scene)
        scene = np.where((head & (v < 0.009))[..., None], rgb("5a2f3a")[0], scene)
        scene = np.where(
            shade[..., None], np.clip(rgb(hue)[0] * (1.12 - 6 * (u - 0.02))[..., None], 0, 1), scene
        )
    return scene


def _dots(rng: Random, picture: Plane, scene: Plane, spacing: float, radius: float, cover: float) -> Plane:
    """A layer of round dabs on a shaken grid; where dabs overlap the one of higher rank lies on top."""
    height, width = scene.shape[:2]
    rows, columns = int(height / spacing) + 2, int(width / spacing) + 2
    cy, cx = np.mgrid[0:rows, 0:columns].astype(np.float32) + rng.uniform(
        -0.1, 1.1, (2, rows, columns)
    ).astype(np.float32)
    rank = rng.random((rows, columns)).astype(np.float32)
    reach = (
        radius
        * np.exp(rng.normal(0, 0.14, (rows, columns))).astype(np.float32)
        * (rng.random((rows, columns)) < cover)
    )
    colors = _pure(rng, sample(scene, cx.ravel() * spacing, cy.ravel() * spacing)).reshape(rows, columns, 3)
    x, y = grid(height, width)
    wobble = 0.16 * radius * smooth_noise(rng, height, width, radius)
    top = np.full((height, width), -1.0, np.float32)
    layer, alpha = picture.copy(), np.zeros((height, width), np.float32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row = np.clip((y / spacing).astype(int) + dy, 0, rows - 1)
            column = np.clip((x / spacing).astype(int) + dx, 0, columns - 1)
            away = np.hypot(x - cx[row, column] * spacing, (y - cy[row, column] * spacing) * 1.12) + wobble
            inside = np.clip((reach[row, column] - away) / 0.9 + 0.5, 0, 1)
            over = (inside > 0.02) & (rank[row, column] > top)
            edge = 1 - 0.13 * smoothstep(0.55, 1.0, away / (reach[row, column] + 1e-3))
            top = np.where(over, rank[row, column], top)
            layer = np.where(over[..., None], colors[row, column] * edge[..., None], layer)
            alpha = np.where(over, np.maximum(inside, alpha * (inside < 1)), alpha)
    return mix(picture, layer, alpha * 0.96)


def _pure(rng: Random, colors: np.ndarray) -> np.ndarray:
    """Each color split as a pointillist would: itself but purer, a neighbor, or its opposite."""
    gray = colors.mean(1, keepdims=True)
    purer = np.clip(gray + (colors - gray) * 1.45, 0, 1)
    dots = jitter(rng, purer, 0.055, 0.38, 0.2)
    other = rng.random(len(colors)) < 0.13
    opposite = np.clip(gray + (gray - colors) * 1.3 + 0.08, 0, 1)
    return np.where(other[:, None], jitter(rng, opposite, 0.05, 0.3, 0.3), dots)
