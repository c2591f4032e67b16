"""Starlit swirls: thick strokes that follow whirling air over a sleeping valley."""

from __future__ import annotations

import numpy as np

from .canvas import Brush, Canvas, paint_layer
from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, fractal, grid, sample, smooth_noise, smoothstep

SKY = rgb("0d1b46", "16307a", "2450a4", "3f7fc4", "74b0d8", "b9d6d4", "e9e3b0")
HILLS = rgb("0a1730", "123251", "1d4f66", "2f7267", "6b9460")
# center x, y and reach as parts of the picture's width, and the sense of rotation
WHIRLS = (
    (0.42, 0.33, 0.17, 1.0),
    (0.66, 0.43, 0.11, -1.0),
    (0.15, 0.47, 0.10, -1.0),
    (0.93, 0.22, 0.10, 1.0),
)
STARS = (
    (0.08, 0.12, 0.042),
    (0.25, 0.09, 0.030),
    (0.30, 0.52, 0.026),
    (0.57, 0.13, 0.036),
    (0.73, 0.24, 0.030),
    (0.80, 0.52, 0.030),
    (0.03, 0.33, 0.026),
    (0.47, 0.55, 0.020),
)
MOON = (0.875, 0.115, 0.068)


def paint(rng: Random, size: int) -> Plane:
    """A night sky in blues and yellows, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.8)
    scale = size / 1024
    x, y = grid(height, width)
    x, y = x / width, y / width
    angle, band = _air(rng, x, y)
    target = _sky(rng, y, band)
    target, angle = _lights(target, angle, x, y)
    target, angle = _land(rng, target, angle, x, y)
    angle += 0.12 * smooth_noise(rng, height, width, 40 * scale)
    canvas = Canvas(rng, blur(target, 6 * scale) * 0.75)
    shades = (0.045, 0.16, 0.12)
    paint_layer(canvas, target, angle, Brush(28 * scale, 120 * scale, dry=0.25), 21 * scale, shades)
    paint_layer(canvas, target, angle, Brush(17 * scale, 84 * scale, dry=0.35), 14 * scale, shades)
    detail = 0.55 + 0.45 * smoothstep(0.02, 0.07, np.abs(target - blur(target, 9 * scale)).mean(2))
    fine = Brush(10 * scale, 52 * scale, dry=0.4, streak=0.16)
    paint_layer(canvas, target, angle, fine, 10 * scale, (0.07, 0.22, 0.2), keep=detail * 0.7)
    _lamps(canvas, rng, scale)
    return canvas.lit(relief=0.5, weave=0.02, scale=scale)


def _air(rng: Random, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """The direction of the air and a number that is constant along its streams."""
    height, width = x.shape
    psi = 0.16 * np.sin(5.5 * x + 1.0) * np.exp(-(((y - 0.36) / 0.26) ** 2)) + 1.25 * y
    for cx, cy, reach, sense in WHIRLS:
        r2 = ((x - cx) ** 2 + (y - cy) ** 2) / reach**2
        psi = psi + sense * 2.7 * reach * np.exp(-r2 * 0.8)
    psi = psi + 0.006 * fractal(rng, height, width, cell=width * 0.12, octaves=3)
    gy, gx = np.gradient(psi)
    return np.arctan2(-gx, gy), psi


def _sky(rng: Random, y: Plane, band: Plane) -> Plane:
    tones = smooth_noise(rng, 1, 900, 16)[0] + 0.6 * smooth_noise(rng, 1, 900, 5)[0]
    span = (band - band.min()) / (band.max() - band.min()) * 880
    streak = sample(np.stack([tones, tones]), span, np.zeros_like(span))
    level = 0.12 + 0.75 * smoothstep(0.0, 0.62, y) + 0.13 * streak
    return ramp(SKY, level * 0.86)


def _lights(target: Plane, angle: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    core, glow, pale = rgb("fde48c", "f6b829", "a9d3a4")
    for cx, cy, reach in (*STARS, MOON):
        r = np.hypot(x - cx, y - cy) / reach
        rings = smoothstep(1.0, 0.35, r) * (0.75 + 0.25 * np.cos(r * 9))
        halo = np.exp(-((r / 1.25) ** 4))
        target = mix(target, mix(np.broadcast_to(pale, target.shape), glow, rings), halo * 0.9)
        target = mix(target, core, smoothstep(0.55, 0.3, r))
        near = np.exp(-((r / 1.9) ** 4))
        around = np.arctan2(y - cy, x - cx) + np.pi / 2
        angle = _turn(angle, around, near)
    cx, cy, reach = MOON
    shadow = smoothstep(0.5, 0.4, np.hypot(x - cx + 0.022, y - cy + 0.006) / reach)
    lune = smoothstep(0.62, 0.52, np.hypot(x - cx, y - cy) / reach)
    target = mix(target, rgb("e8a93a")[0], lune)
    return mix(target, rgb("a9bf8e")[0], shadow * lune), angle


def _turn(angle: Plane, other: Plane, amount: Plane) -> Plane:
    """``angle`` turned towards ``other``, as lines without a sense."""
    c = (1 - amount) * np.cos(2 * angle) + amount * np.cos(2 * other)
    s = (1 - amount) * np.sin(2 * angle) + amount * np.sin(2 * other)
    return np.arctan2(s, c) / 2


def _land(rng: Random, target: Plane, angle: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Hills and two poplars laid over the sky."""
    height, width = x.shape
    rolls = fractal(rng, height, width, width * 0.1, 3)
    for index, (base, wave, phase) in enumerate(((0.60, 5.0, 0.4), (0.645, 6.5, 2.4), (0.70, 8.0, 4.4))):
        crest = base - 0.035 * np.sin(wave * x + phase) - 0.014 * np.sin(2.7 * wave * x + phase)
        below = smoothstep(-0.002, 0.004, y - crest)
        depth = (y - crest) * 9
        tone = 0.1 + 0.22 * index + 0.14 * rolls + 0.45 * np.exp(-depth * 3.5)
        target = mix(target, ramp(HILLS, tone), below)
        slope = np.arctan(-0.035 * wave * np.cos(wave * x + phase) * np.exp(-depth * 0.5) + 0.25 * rolls)
        angle = _turn(angle, slope, below)
    return _poplars(rng, target, angle, x, y)


def _poplars(rng: Random, target: Plane, angle: Plane, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    height, width = x.shape
    flames = fractal(rng, height, width, cell=width * 0.03, octaves=3)
    for cx, top, foot, girth in ((0.115, 0.16, 0.80, 0.040), (0.185, 0.36, 0.80, 0.028)):
        t = np.clip((y - top) / (foot - top), 0, 1)
        sway = cx + 0.012 * np.sin(13 * y + cx * 40) + 0.004 * flames
        half = girth * np.sqrt(t) * (1.1 - 0.35 * t) + 0.004 * flames * t
        inside = smoothstep(0.003, -0.003, np.abs(x - sway) - half) * (y > top)
        tone = 0.16 + 0.12 * flames + 0.2 * smoothstep(-1, 1, (x - sway) / (half + 1e-4))
        target = mix(target, ramp(rgb("07130f", "12291f", "23503a", "4d7a3c", "8f9a45"), tone), inside)
        upright = np.pi / 2 - 0.5 * np.cos(13 * y + cx * 40) * 0.25 + 0.35 * flames * 0.6 + (x - sway) * 4
        angle = _turn(angle, upright, inside)
    return target, angle


def _lamps(canvas: Canvas, rng: Random, scale: float) -> None:
    """The village: a string of lamps, each a dab of yellow in a smear of orange."""
    ember, lamp, white = rgb("c9722c", "f4bd45", "fdeeb4")
    for _ in range(34):
        x = (0.34 + 0.6 * rng.random()) * canvas.width
        y = (0.865 + 0.05 * np.sin(x / canvas.width * 9) + rng.normal(0, 0.012)) * canvas.height
        size = rng.uniform(6, 11) * scale
        upright = np.array([[0.0, -0.7], [0.0, 0.3], [0.1, 1.6]]) * size + [x, y]
        canvas.stroke(upright, 1.5 * size, ember, lamp, Brush(9, 20, opacity=0.75, dry=0.3))
        canvas.stroke(upright[:2], 0.9 * size, lamp, white, Brush(9, 20, dry=0.0, body=1.5))
