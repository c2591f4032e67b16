"""A raccoon in three chalks, black, red and white, hatched on buff paper.

Drawn from the photo ``photos/raccoon.jpg``, which is in the public domain.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .canvas import Brush, Canvas, scatter, trace
from .color import luminance, mix, ramp, rgb
from .noise import Plane, Random, blur, fractal, grid, sample, smooth_noise, smoothstep

PHOTO = Path(__file__).resolve().parent.parent / "photos" / "raccoon.jpg"
BLACK, RED, WHITE = rgb("1d1a1c", "9c3f22", "fbf6ea")


def paint(rng: Random, size: int) -> Plane:
    """A chalk drawing on toned paper, (H, W, 3) in 0..1."""
    width, height = size, round(size * 0.75)
    scale = size / 1024
    photo = np.asarray(
        Image.open(PHOTO).convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    ) / np.float32(255)
    tone, warm = _tones(photo, scale)
    fur = _direction(tone, scale)
    fade = _vignette(rng, height, width)
    blank = np.zeros((height, width, 3), np.float32)
    black, red, white = (Canvas(rng, blank) for _ in range(3))
    dark = (1 - tone) * fade
    _follow(black, fur, smoothstep(0.42, 0.95, dark), 5.6 * scale, 26 * scale, 1.9 * scale)
    _follow(black, fur, smoothstep(0.66, 1.0, dark), 3.6 * scale, 12 * scale, 2.0 * scale)
    for theta, low in ((0.78, 0.50), (-0.70, 0.64), (0.10, 0.78)):
        _hatch(black, theta, smoothstep(low, low + 0.22, dark), 5.2 * scale, scale)
    _hatch(red, 0.95, smoothstep(0.30, 0.62, dark) * (0.35 + 0.65 * warm), 6.0 * scale, scale)
    _follow(red, fur, smoothstep(0.28, 0.7, dark) * (0.3 + 0.7 * warm), 7.5 * scale, 30 * scale, 2.4 * scale)
    _follow(white, fur, smoothstep(0.60, 0.92, tone) * fade, 4.8 * scale, 17 * scale, 2.0 * scale)
    _contours(black, tone, fade, scale)
    return _deposit(rng, [red, black, white], scale)


def _tones(photo: Plane, scale: float) -> tuple[Plane, Plane]:
    """Lightness with the contrast evened out, and how warm each place is; both 0..1."""
    light = luminance(photo)
    around = blur(light, 60 * scale)
    spread = np.sqrt(blur((light - around) ** 2, 60 * scale)) + 0.05
    tone = np.clip(0.52 + 0.5 * (0.6 * (light - around) / spread * 0.45 + (around - 0.45) * 0.9), 0, 1)
    tone = np.clip((tone - 0.18) / 0.66 + 1.1 * (light - blur(light, 11 * scale)), 0, 1)
    warm = smoothstep(-0.12, 0.12, blur(photo[..., 0] - photo[..., 1], 6 * scale))
    return tone, warm


def _direction(tone: Plane, scale: float) -> Plane:
    """The direction of hairs and edges, from the smoothed structure tensor."""
    gy, gx = np.gradient(blur(tone, 1.2 * scale))
    xx, yy, xy = (blur(product, 5 * scale) for product in (gx * gx, gy * gy, gx * gy))
    return (0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2).astype(np.float32)


def _vignette(rng: Random, height: int, width: int) -> Plane:
    """1 in the middle, 0 towards a ragged edge, where the drawing is left unfinished."""
    x, y = grid(height, width)
    r = np.hypot((x / width - 0.52) / 0.56, (y / height - 0.47) / 0.58)
    return smoothstep(1.0, 0.72, r + 0.07 * fractal(rng, height, width, width * 0.12, 3))


def _follow(canvas: Canvas, angle: Plane, amount: Plane, spacing: float, length: float, width: float) -> None:
    """Short curved strokes along ``angle``, as many and as firm as ``amount`` asks."""
    places = scatter(canvas.rng, canvas.height, canvas.width, spacing, keep=amount)
    paths = trace(places, angle, length, 0.07 * canvas.rng.normal(size=len(places)), 3)
    _draw(canvas, paths, sample(amount, places[:, 0], places[:, 1]), width)


def _hatch(canvas: Canvas, theta: float, amount: Plane, spacing: float, scale: float) -> None:
    """Parallel strokes at one angle, with the slight bow of a turning wrist."""
    rng = canvas.rng
    reach = np.hypot(canvas.width, canvas.height) / 2
    along, across = np.meshgrid(np.arange(-reach, reach, 20 * scale), np.arange(-reach, reach, spacing))
    along = along + rng.uniform(-9, 9, along.shape) * scale
    across = across + rng.normal(0, 0.16 * spacing, across.shape)
    x = canvas.width / 2 + along * np.cos(theta) - across * np.sin(theta)
    y = canvas.height / 2 + along * np.sin(theta) + across * np.cos(theta)
    places = np.stack([x.ravel(), y.ravel()], 1)
    inside = ((places > 0) & (places < [canvas.width - 1, canvas.height - 1])).all(1)
    places = places[inside]
    firm = sample(amount, places[:, 0], places[:, 1])
    chosen = firm > rng.uniform(0.03, 0.55, len(firm))
    angle = np.full((canvas.height, canvas.width), theta, np.float32)
    paths = trace(places[chosen], angle, 27 * scale, np.full(chosen.sum(), 0.05), 1)
    _draw(canvas, paths, firm[chosen], 1.9 * scale)


def _draw(canvas: Canvas, paths: np.ndarray, firm: np.ndarray, width: float) -> None:
    one = np.ones(3, np.float32)
    widths = width * np.exp(canvas.rng.normal(0, 0.2, len(paths)))
    for path, press, wide in zip(paths, firm, widths, strict=True):
        brush = Brush(1, 1, opacity=0.22 + 0.45 * press, dry=0.25, streak=0.0)
        canvas.stroke(path, wide, one, one, brush)


def _contours(canvas: Canvas, tone: Plane, fade: Plane, scale: float) -> None:
    """Firm accents where light meets dark."""
    gy, gx = np.gradient(blur(tone, 2.2 * scale))
    edge = np.hypot(gx, gy) * scale
    edge = smoothstep(0.035, 0.10, edge) * fade * smoothstep(0.8, 0.5, tone)
    along = np.arctan2(gx, -gy)
    places = scatter(canvas.rng, canvas.height, canvas.width, 5 * scale, keep=edge * 0.8)
    _draw(
        canvas, trace(places, along, 22 * scale, np.zeros(len(places)), 3), np.ones(len(places)), 2.4 * scale
    )


def _deposit(rng: Random, layers: list[Canvas], scale: float) -> Plane:
    """Chalk catches on the tooth of laid paper: light pressure reaches the ridges only."""
    height, width = layers[0].height, layers[0].width
    _, y = grid(height, width)
    laid = 0.35 * np.sin(2 * np.pi * y / (5.2 * scale) + 0.5 * smooth_noise(rng, height, width, 90 * scale))
    tooth = fractal(rng, height, width, 2.6 * scale, 2, 0.8) + laid
    tooth = (tooth.ravel().argsort().argsort() / tooth.size).reshape(height, width).astype(np.float32)
    blot = fractal(rng, height, width, 130 * scale, 4)
    paper = ramp(rgb("b7a182", "c9b493", "d6c4a4"), 0.5 + 0.17 * blot) * (1 + 0.05 * (tooth - 0.5))[..., None]
    for layer, hue in zip(layers, (RED, BLACK, WHITE), strict=True):
        press = np.clip(layer.color[..., 0] * 1.25, 0, 1)
        smudge = 0.16 * blur(press, 5 * scale)
        caught = smoothstep(tooth - 0.18, tooth + 0.22, press * 1.05) * np.clip(press * 2.2, 0, 1)
        paper = mix(paper, np.broadcast_to(hue, paper.shape), np.clip(caught * 0.9 + smudge, 0, 0.95))
    return np.clip(paper, 0, 1)
