"""A harbour at sunset laid on with a palette knife: slabs of orange, rose and teal."""

from __future__ import annotations

import numpy as np

from .canvas import Brush, Canvas, paint_layer
from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, fractal, grid, sample, smooth_noise, smoothstep

HORIZON = 0.47
SUN = (0.40, 0.40)
SKY = rgb("3b2a63", "7d3565", "c8473f", "ee7b32", "f9b548", "fde39a")
SEA = rgb("fbd58a", "ef9350", "c1564f", "6f3f6b", "2c4a73", "174a5c")


def paint(rng: Random, size: int) -> Plane:
    """Thick oil, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.8)
    scale = size / 1024
    x, y = grid(height, width)
    x, y = x / width, y / height
    target, angle = _scene(rng, x, y)
    angle = angle + 0.16 * smooth_noise(rng, height, width, 55 * scale)
    canvas = Canvas(rng, blur(target, 14 * scale) * 0.8)
    shades = (0.035, 0.13, 0.12)
    slab = Brush(46 * scale, 92 * scale, dry=0.12, streak=0.07, round_tip=0.12, body=1.2)
    paint_layer(canvas, target, angle, slab, 30 * scale, shades)
    slab = Brush(27 * scale, 56 * scale, dry=0.18, streak=0.08, round_tip=0.12, body=1.1)
    paint_layer(canvas, target, angle, slab, 19 * scale, shades)
    detail = smoothstep(0.015, 0.06, np.abs(target - blur(target, 10 * scale)).mean(2))
    slab = Brush(14 * scale, 34 * scale, dry=0.2, streak=0.08, round_tip=0.15, body=1.1)
    paint_layer(canvas, target, angle, slab, 10 * scale, (0.05, 0.17, 0.15), keep=0.12 + 0.88 * detail)
    slab = Brush(7 * scale, 22 * scale, dry=0.25, streak=0.1, round_tip=0.2, body=1.3)
    paint_layer(canvas, target, angle, slab, 7 * scale, (0.05, 0.15, 0.15), keep=detail**2)
    _rigging(canvas, rng, scale)
    return canvas.lit(relief=0.5, gloss=0.14, weave=0.015, scale=scale)


def _scene(rng: Random, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """What to paint and the direction of the knife."""
    height, width = x.shape
    away = np.hypot((x - SUN[0]) * 1.0, (y - SUN[1]) * 0.8)
    clouds = fractal(rng, height, width, width * 0.10, 4, stretch=3)
    sky = ramp(SKY, 1.02 - 1.28 * away + 0.10 * clouds - 0.12 * smoothstep(0.25, 0.0, y))
    sky = mix(sky, rgb("6a3f7d")[0], smoothstep(0.5, 1.6, clouds) * smoothstep(0.05, 0.3, away) * 0.75)
    sky = mix(sky, rgb("fff1c0")[0], smoothstep(0.058, 0.046, away))
    angle = np.where(y < HORIZON, 0.35 * clouds * 0.5 - 0.22, 0.0) + np.zeros_like(x)
    ring = smoothstep(0.26, 0.10, away) * (y < HORIZON)
    angle = angle * (1 - ring) + ring * (np.arctan2(y - SUN[1], x - SUN[0]) + np.pi / 2)
    target, houses = _town(rng, sky, x, y)
    angle = np.where(houses, np.pi / 2, angle)
    target = np.where((y > HORIZON)[..., None], _sea(rng, target, x, y), target)
    target, angle = _boats(target, angle, x, y)
    return target, angle.astype(np.float32)


def _town(rng: Random, target: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Hills, houses and a quay; also says where the houses stand."""
    houses = np.zeros(x.shape, bool)
    hills = HORIZON - 0.05 - 0.035 * np.sin(6 * x + 1) - 0.05 * smoothstep(0.45, 1.0, x)
    target = mix(
        target,
        ramp(rgb("5a3a6f", "8a4a6a", "b55f5a"), (y - hills) * 9),
        smoothstep(-0.004, 0.004, y - hills) * (y < HORIZON),
    )
    walls = rgb("f0c48a", "d97a52", "b5566a", "8a5f8f", "e9a15c", "5f6f9a", "f6dcb0")
    left = 0.60
    while left < 1.0:
        wide, tall = rng.uniform(0.04, 0.065), rng.uniform(0.06, 0.15)
        wall = (x > left) & (x < left + wide) & (y > HORIZON - tall) & (y < HORIZON + 0.012)
        gable = (
            (np.abs(x - left - wide / 2) < wide * 0.62 * (1 - (HORIZON - tall - y) / 0.034))
            & (y <= HORIZON - tall)
            & (y > HORIZON - tall - 0.034)
        )
        hue = walls[rng.integers(7)]
        light = np.where(x < left + wide * 0.3, 1.12, 0.72)[..., None]
        target = np.where(wall[..., None], np.clip(hue * light, 0, 1), target)
        target = np.where(gable[..., None], rgb("7a2f35", "9a4a35", "4a3550")[rng.integers(3)], target)
        houses |= wall
        lit = wall & (np.mod((x - left) / wide * 2.2, 1) > 0.62) & (np.mod((y - HORIZON) / 0.036, 1) > 0.6)
        target = np.where(lit[..., None], rgb("fbd65f", "3a2a4a")[int(rng.random() < 0.35)], target)
        left += wide * rng.uniform(0.9, 1.15)
    quay = (x > 0.57) & (y > HORIZON + 0.008) & (y < HORIZON + 0.03)
    return np.where(quay[..., None], rgb("3f2f4a")[0], target), houses


def _sea(rng: Random, target: Plane, x: Plane, y: Plane) -> Plane:
    height, width = x.shape
    ripple = fractal(rng, height, width, width * 0.022, 3, stretch=5)
    depth = (y - HORIZON) / (1 - HORIZON)
    path = np.exp(-(((x - SUN[0] + 0.015 * ripple) / (0.05 + 0.20 * depth)) ** 2))
    mirror = sample(target, (x + 0.012 * ripple * depth) * width, (2 * HORIZON - y + 0.015 * ripple) * height)
    sea = ramp(SEA, 0.25 + 0.85 * depth - 0.62 * path * (1 - 0.4 * depth) + 0.10 * ripple)
    sea = mix(sea, mirror * 0.82, smoothstep(0.75, 0.0, depth) * 0.55)
    glint = smoothstep(0.5, 1.5, ripple) * path
    sea = mix(sea, rgb("fff0b4")[0], glint * 0.85)
    return mix(
        sea, rgb("3fa3a0")[0], smoothstep(0.7, 1.8, -ripple) * (1 - path) * 0.65 * smoothstep(0.1, 0.5, depth)
    )


def _boats(target: Plane, angle: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    for cx, foot, reach, hull, sail in (
        (0.205, 0.70, 0.125, "1f3f5f", "f4e3c0"),
        (0.755, 0.66, 0.105, "8f2f35", "e9a86a"),
        (0.52, 0.545, 0.05, "3a2a4a", "f9d9a0"),
        (0.90, 0.86, 0.13, "1f5f66", "f0c890"),
    ):
        u, v = (x - cx) / reach, (y - foot) / reach
        body = (v > -0.28 + 0.10 * u * u * -1) & (v < 0.22 - 0.3 * u * u) & (np.abs(u) < 1.0 + 0.35 * v * -1)
        canvas = (v < -0.36) & (v > -2.6) & (u > 0.06) & (u < 0.78 * (1 + (v + 0.36) / 2.24))
        jib = (v < -0.34) & (v > -2.1) & (u < -0.03) & (u > -0.72 * (1 + (v + 0.34) / 1.76))
        shadow = (np.abs(u + 0.10 * np.sin(v * 14)) < 0.85 - 0.35 * v) & (v > 0.18) & (v < 1.6)
        target = mix(target, rgb(hull)[0] * 0.75, shadow * 0.55 * np.exp(-np.clip(v, 0, 9) * 0.9))
        tone = np.clip(1.12 - 0.45 * u - 0.05 * v, 0.4, 1.2)[..., None]
        target = np.where(
            body[..., None], np.clip(rgb(hull)[0] * (1.25 - 1.3 * (v + 0.1))[..., None], 0, 1), target
        )
        rim = body & (v < -0.16)
        target = np.where(rim[..., None], rgb("f6dcb0")[0], target)
        target = np.where(canvas[..., None], np.clip(rgb(sail)[0] * tone, 0, 1), target)
        target = np.where(
            jib[..., None],
            np.clip(rgb(sail)[0] * tone * np.array([0.85, 0.62, 0.66], np.float32), 0, 1),
            target,
        )
        angle = np.where(canvas | jib, 1.35, np.where(body, 0.06 * u, angle))
    return target, angle


def _rigging(canvas: Canvas, rng: Random, scale: float) -> None:
    """Masts and stays, scratched on with the edge of the knife."""
    edge = Brush(1, 1, dry=0.25, streak=0.05, round_tip=0.2, body=1.5)
    for cx, foot, reach in (
        (0.205, 0.70, 0.125),
        (0.755, 0.66, 0.105),
        (0.52, 0.545, 0.05),
        (0.90, 0.86, 0.13),
    ):
        at = np.array([cx * canvas.width, foot * canvas.height])
        unit = np.array([reach * canvas.width, reach * canvas.height])
        for first, last, wide in (
            ((0.01, -0.25), (0.01, -2.75), 4.5),
            ((0.02, -0.36), (0.82, -0.40), 3.2),
            ((-0.95, -0.25), (0.0, -2.6), 1.8),
        ):
            path = np.array([first, ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2), last]) * unit + at
            hue = rgb("2f1f2f", "5a3a35")[rng.integers(2)]
            canvas.stroke(path, wide * scale * (0.5 + reach * 5), hue, hue * 1.6, edge)
