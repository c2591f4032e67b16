"""A guitar, a bottle and fruit broken into facets, in ochre, slate and umber."""

from __future__ import annotations

import numpy as np

from .canvas import Brush, Canvas, paint_layer
from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, edge_distance, fractal, grid, smooth_noise, smoothstep

EARTH = rgb("231c1a", "4a3524", "7d5a34", "a9814a", "cfae74", "e9d9b0")
SLATE = rgb("171c24", "2d3b48", "4f6670", "7f9391", "b4bdb0", "e3dfc8")
FRUIT = (
    (-0.20, 0.30, 0.062, "6a1f1a", "b8412a", "e08a52"),
    (-0.10, 0.275, 0.058, "6a5a1f", "b89a3a", "e6d27a"),
    (-0.02, 0.31, 0.055, "4a1f24", "9a2f33", "d96a52"),
    (-0.28, 0.315, 0.05, "3f4a1f", "7a8a3a", "c2c47a"),
)


def paint(rng: Random, size: int) -> Plane:
    """Oil on coarse linen, (H, W, 3) in 0..1."""
    width, height = round(size * 0.82), size
    scale = size / 1024
    x, y = grid(height, width)
    x, y = x / width, y / width
    facets, angle, lean = _facets(rng, x, y)
    target, lines = _still_life(rng, facets, angle, lean, x, y)
    dirs = angle + np.pi / 2 + 0.12 * smooth_noise(rng, height, width, 60 * scale)
    canvas = Canvas(rng, blur(target, 8 * scale) * 0.9)
    shades = (0.035, 0.10, 0.12)
    paint_layer(
        canvas, target, dirs, Brush(24 * scale, 62 * scale, dry=0.35, round_tip=0.3), 19 * scale, shades
    )
    paint_layer(
        canvas, target, dirs, Brush(14 * scale, 36 * scale, dry=0.5, round_tip=0.3), 12 * scale, shades
    )
    paint_layer(
        canvas, target, dirs, Brush(9 * scale, 26 * scale, dry=0.6, round_tip=0.3), 9.5 * scale, shades
    )
    _hatch(canvas, rng, facets, angle, target, scale)
    weight = np.clip(lines * (0.8 + 0.25 * fractal(rng, height, width, 9 * scale, 3)), 0, 1)
    canvas.color = mix(canvas.color, np.broadcast_to(rgb("15110f")[0], canvas.color.shape), weight)
    return canvas.lit(relief=0.32, gloss=0.06, weave=0.07, scale=scale)


def _facets(rng: Random, x: Plane, y: Plane) -> tuple[Plane, Plane, Plane]:
    """Shards cut by straight lines: the number of each, the direction of its light, and a ramp across it."""
    facets = np.zeros(x.shape, np.int64)
    for _ in range(15):
        theta = rng.choice([0.35, 0.62, 1.05, 1.57, 2.1, 2.55]) + rng.normal(0, 0.12)
        px, py = rng.uniform(0.05, 0.95), rng.uniform(0.05, 1.17)
        side = (x - px) * np.sin(theta) - (y - py) * np.cos(theta)
        along = (x - px) * np.cos(theta) + (y - py) * np.sin(theta)
        reach = rng.uniform(0.25, 0.8)
        facets = facets * 2 + ((side > 0) & (np.abs(along) < reach))
    present = np.bincount(facets.ravel()) > 0
    facets = (np.cumsum(present) - 1)[facets]
    count = facets.max() + 1
    theta = rng.choice([0.3, 0.9, 1.4, 2.2, 2.8], count) + rng.normal(0, 0.2, count)
    angle = theta[facets]
    lean = x * np.cos(angle) + y * np.sin(angle)
    size = np.bincount(facets.ravel(), minlength=count)
    mean = np.bincount(facets.ravel(), lean.ravel(), count) / size
    spread = np.sqrt(np.bincount(facets.ravel(), ((lean - mean[facets]) ** 2).ravel(), count) / size) + 1e-3
    return (
        facets,
        angle.astype(np.float32),
        ((lean - mean[facets]) / (2.6 * spread[facets])).astype(np.float32),
    )


def _still_life(
    rng: Random, facets: Plane, angle: Plane, lean: Plane, x: Plane, y: Plane
) -> tuple[Plane, Plane]:
    """The picture before painting, and its black lines. Every facet sees the objects from its own side."""
    count = facets.max() + 1
    shift = rng.normal(0, 0.035, (2, count)).astype(np.float32)
    turn = rng.normal(0, 0.16, count).astype(np.float32)[facets]
    u, v = x - 0.5 + shift[0][facets], y - 0.6 + shift[1][facets]
    u, v = u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)
    tone = rng.uniform(0.18, 0.8, count).astype(np.float32)[facets]
    warm = (rng.random(count) < 0.55)[facets]
    shade = np.clip(tone + 0.42 * lean * rng.choice([-1, 1], count)[facets], 0.02, 1)
    target = np.where(warm[..., None], ramp(EARTH, shade), ramp(SLATE, shade))
    lines = np.zeros_like(x)
    for paint_one in (_table, _bottle, _guitar, _bowl, _page):
        target, lines = paint_one(target, lines, shade, u, v)
    edges = edge_distance(facets)
    strong = (rng.random(count) < 0.6)[facets]
    width = x.shape[1]
    lines = np.maximum(lines, smoothstep(2.2, 0.8, edges * 820 / width) * (0.25 + 0.6 * strong))
    return target, blur(lines, 0.7 * width / 840)


def _lay(
    target: Plane, lines: Plane, inside: Plane, hue: Plane, level: Plane, thick: float = 0.004
) -> tuple[Plane, Plane]:
    """A shape of color with an outline where ``level`` crosses 0."""
    target = np.where(inside[..., None], hue, target)
    lines = np.where(inside, lines * 0.4, lines)
    return target, np.maximum(lines, smoothstep(thick, thick * 0.4, np.abs(level)))


def _table(target: Plane, lines: Plane, shade: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane]:
    level = v - 0.30 + 0.18 * u
    knots = np.sin((v * 90 + 6 * np.sin(u * 9) + 14 * u * u) * 1.0)
    hue = ramp(rgb("3a2417", "74461f", "a86c2f", "c9924f"), np.clip(shade * 0.8 + 0.13 * knots, 0, 1))
    return _lay(target, lines, level > 0, hue, level)


def _bottle(target: Plane, lines: Plane, shade: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane]:
    across, up = u + 0.235, 0.29 - v
    half = np.where(up < 0.34, 0.075, 0.075 - 0.05 * smoothstep(0.34, 0.44, up))
    half = np.where(up > 0.56, 0.033, half)
    level = np.maximum(np.abs(across) - half, np.maximum(-up, up - 0.60))
    hue = ramp(
        rgb("0f1d1a", "1f4438", "3f7358", "8fae7a", "dfe3b8"),
        np.clip(0.5 * shade + 0.5 - 4.5 * across * np.sign(np.sin(up * 9)), 0, 1),
    )
    target, lines = _lay(target, lines, level < 0, hue, level)
    label = np.maximum(np.abs(across) - half + 0.008, np.abs(up - 0.17) - 0.07)
    target, lines = _lay(target, lines, label < 0, ramp(EARTH, 0.75 + 0.3 * (shade - 0.5)), label, 0.003)
    script = (np.abs(np.sin(up * 150)) > 0.8) & (np.sin(across * 260 + up * 900) > -0.4) & (label < -0.014)
    return target, np.maximum(lines, 0.7 * script)


def _guitar(target: Plane, lines: Plane, shade: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane]:
    theta = -1.12
    along = (u - 0.10) * np.cos(theta) + (v - 0.06) * np.sin(theta)
    across = -(u - 0.10) * np.sin(theta) + (v - 0.06) * np.cos(theta)
    waist = 0.165 + 0.045 * np.cos((along + 0.16) * 15) - 0.18 * (along + 0.04)
    level = np.maximum(
        np.abs(across) - waist * np.sqrt(np.clip(1 - ((along + 0.055) / 0.29) ** 2, 0, 1)),
        np.abs(along + 0.055) - 0.29,
    )
    grain = 0.08 * np.sin(across * 240 + 3 * np.sin(along * 20))
    wood = ramp(
        rgb("3f2413", "84491f", "bf7a32", "e0ab5a", "f3d797"),
        np.clip(shade * 0.75 + 0.2 + grain + 0.5 * across, 0, 1),
    )
    target, lines = _lay(target, lines, level < 0, wood, level, 0.005)
    hole = np.hypot(along - 0.035, across)
    target, lines = _lay(target, lines, hole < 0.058, ramp(EARTH, 0.08 + 0.1 * shade), hole - 0.058)
    lines = np.maximum(lines, 0.8 * smoothstep(0.003, 0.001, np.abs(hole - 0.075)))
    neck = np.maximum(np.abs(across) - 0.024, np.abs(along - 0.33) - 0.29)
    target, lines = _lay(target, lines, neck < 0, ramp(rgb("1a1210", "3f2a20", "6a4a34"), shade), neck, 0.004)
    frets = (np.abs(np.sin(along * 62)) < 0.09) & (neck < 0)
    target = np.where(frets[..., None], rgb("c9b88a")[0], target)
    bridge = np.maximum(np.abs(across) - 0.06, np.abs(along + 0.19) - 0.011)
    target, lines = _lay(target, lines, bridge < 0, ramp(EARTH, 0.12 + 0 * shade), bridge)
    strings = (
        (np.abs(np.mod(across + 0.0025, 0.0078) - 0.0039) < 0.0011)
        & (np.abs(across) < 0.0205)
        & (along > -0.19)
        & (along < 0.6)
    )
    return np.where(strings[..., None], rgb("f0e6c4")[0], target), lines


def _bowl(target: Plane, lines: Plane, shade: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane]:
    for cx, cy, r, *hues in FRUIT:
        away = np.hypot(u - cx, v - cy)
        hue = ramp(rgb(*hues), np.clip(0.55 - 5.5 * (u - cx) - 5 * (v - cy) + 0.3 * (shade - 0.5), 0, 1))
        target, lines = _lay(target, lines, away < r, hue, away - r)
    level = np.maximum(np.hypot(u + 0.14, (v - 0.32) * 1.2) - 0.20, 0.335 - v)
    hue = ramp(SLATE, np.clip(0.85 - 2.2 * (u + 0.3) + 0.35 * (shade - 0.5), 0, 1))
    return _lay(target, lines, level < 0, hue, level, 0.005)


def _page(target: Plane, lines: Plane, shade: Plane, u: Plane, v: Plane) -> tuple[Plane, Plane]:
    across, up = (u - 0.24) * 0.94 + (v - 0.36) * 0.34, (v - 0.36) * 0.94 - (u - 0.24) * 0.34
    level = np.maximum(np.abs(across) - 0.155, np.abs(up) - 0.095)
    target, lines = _lay(
        target, lines, level < 0, ramp(rgb("a8987a", "d9ccab", "f3ead2"), 0.3 + 0.6 * shade), level
    )
    inside = level < -0.018
    staff = inside & (np.abs(np.mod(up * 62, 2.6) - 1.0) < 1.0) & (np.mod(up * 62 * 2.5, 1) < 0.22)
    note = inside & (
        np.hypot(np.mod(across, 0.042) - 0.021, np.mod(up + 0.02 * np.floor(across / 0.042), 0.042) - 0.021)
        < 0.0066
    )
    return target, np.maximum(lines, np.maximum(0.75 * staff, 0.9 * note))


def _hatch(canvas: Canvas, rng: Random, facets: Plane, angle: Plane, target: Plane, scale: float) -> None:
    """Charcoal or chalk hatching across a third of the facets."""
    count = facets.max() + 1
    kind = rng.choice([0, 1, 2], count, p=[0.62, 0.24, 0.14])
    dark, light = rgb("1a1512", "efe4c6")
    for y in np.arange(4, canvas.height, 8.0 * scale):
        for x in np.arange(4, canvas.width, 15.0 * scale):
            facet = facets[int(y), int(x)]
            if kind[facet] == 0 or rng.random() < 0.15:
                continue
            theta = angle[int(y), int(x)] + 0.5 * kind[facet]
            half = rng.uniform(8, 13) * scale * np.array([np.cos(theta), np.sin(theta)])
            at = np.array([x, y]) + rng.normal(0, 1.2 * scale, 2)
            hue = dark if kind[facet] == 1 else light
            brush = Brush(1, 1, opacity=rng.uniform(0.35, 0.75), dry=0.6, streak=0.0, body=0.4)
            canvas.stroke(np.stack([at - half, at + half]), rng.uniform(1.8, 3.2) * scale, hue, hue, brush)
