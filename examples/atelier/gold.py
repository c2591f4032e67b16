"""A tree of spirals in gold leaf, with enamel eyes, squares and a meadow of small flowers."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from .color import mix, ramp, rgb
from .noise import Plane, Random, blur, distance, fractal, grid, smooth_noise, smoothstep

FINE = 2  # ornaments are drawn this many times finer, then shrunk
LEAF = rgb("7a5414", "b07f26", "d6a842", "ecc968", "fbe9ae")
ENAMEL = ("1f5f6b", "2f8a7a", "b5302a", "e0782a", "3a3f8a", "6a2f5f", "f4ead0", "1a1614", "8fae4a", "d9a441")


def paint(rng: Random, size: int) -> Plane:
    """Gold, bronze and enamel, (H, W, 3) in 0..1."""
    width, height = size, size
    scale = size / 1024
    board = _Board(width * FINE, height * FINE)
    _tree(rng, board)
    trunk = board.plane(height, width)
    _fill(rng, board, trunk, scale)
    _meadow(rng, board)
    _pillar(rng, board)
    return _gild(rng, board, height, width, scale)


class _Board:
    """Color, cover and a few heights of what is laid on the gold; lengths in parts of the width."""

    def __init__(self, width: int, height: int) -> None:
        self.unit = width
        self.color = Image.new("RGB", (width, height))
        self.cover = Image.new("L", (width, height), 0)
        self.tree = Image.new("L", (width, height), 0)

    def plane(self, height: int, width: int) -> Plane:
        """How much of each pixel the tree covers."""
        return np.asarray(self.tree.resize((width, height), Image.Resampling.BOX)) / np.float32(255)

    def polygon(self, points: np.ndarray, code: str) -> None:
        flat = [tuple(p) for p in np.asarray(points) * self.unit]
        ImageDraw.Draw(self.color).polygon(flat, fill="#" + code)
        ImageDraw.Draw(self.cover).polygon(flat, fill=255)

    def disc(self, x: float, y: float, rx: float, code: str, ry: float | None = None) -> None:
        ry = rx if ry is None else ry
        box = [(x - rx) * self.unit, (y - ry) * self.unit, (x + rx) * self.unit, (y + ry) * self.unit]
        ImageDraw.Draw(self.color).ellipse(box, fill="#" + code)
        ImageDraw.Draw(self.cover).ellipse(box, fill=255)

    def limb(self, path: np.ndarray, first: float, last: float, code: str, tree: bool = False) -> None:
        widths = np.linspace(first, last, len(path))
        for (x, y), wide in zip(path, widths, strict=True):
            self.disc(x, y, wide / 2, code)
        if tree:
            draw = ImageDraw.Draw(self.tree)
            for (x, y), wide in zip(path * self.unit, widths * self.unit / 2, strict=True):
                draw.ellipse((x - wide, y - wide, x + wide, y + wide), fill=255)


def _tree(rng: Random, board: _Board) -> None:
    for x, lean, reach, sense in (
        (0.40, -0.12, 1.0, -1),
        (0.43, 0.16, 1.05, 1),
        (0.37, -0.45, 0.8, -1),
        (0.46, 0.50, 0.72, 1),
    ):
        _spiral(rng, board, np.array([x, 0.86]), -np.pi / 2 + lean, 1.36 * reach, 0.054 * reach, sense, 0)
    trunk = np.stack([0.415 + 0.012 * np.sin(np.linspace(0, 5, 200)), np.linspace(0.70, 0.93, 200)], 1)
    board.limb(trunk, 0.070, 0.125, "3f2a12", tree=True)
    board.limb(trunk, 0.058, 0.112, "a8742a")
    for k in range(0, 200, 8):
        for side in np.linspace(-0.8, 0.8, 5):
            x, y = trunk[k] + [side * (0.028 + 0.00012 * k), 0.004 * np.cos(side * 5)]
            board.disc(x, y, 0.0048, ("f0cf74", "4a2f14", "e0b050")[(k // 8 + int(side * 5)) % 3], 0.0062)


def _spiral(
    rng: Random,
    board: _Board,
    start: np.ndarray,
    heading: float,
    length: float,
    girth: float,
    sense: int,
    depth: int,
) -> None:
    """A branch that winds up into a spiral, with smaller ones budding from its outer side."""
    steps = 420
    s = np.linspace(0, 1, steps)
    turn = heading + sense * (0.5 * s + 13.5 * s**2.6) * (0.9 + 0.06 * depth)
    stride = length / steps * (1 - 0.62 * s)
    path = start + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * stride[:, None], 0)
    if depth < 4 and length > 0.12:
        for at in (0.20, 0.33, 0.46, 0.58)[: 4 - (depth > 1)]:
            k = int((at + rng.uniform(-0.04, 0.04)) * steps)
            side = -sense if rng.random() < 0.75 else sense
            part = length * rng.uniform(0.42, 0.58)
            bud = turn[k] + side * rng.uniform(0.3, 0.7)
            _spiral(rng, board, path[k], bud, part, girth * (1 - at) * 0.85, side, depth + 1)
    last = max(0.0035, girth * 0.16)
    board.limb(path, girth + 0.0065, last + 0.005, "3a2610", tree=True)
    board.limb(path, girth, last, ("b5822e", "c9963a", "9a6a24")[depth % 3])
    board.limb(path - [0.0012, 0.0016], girth * 0.42, last * 0.35, "edc974")
    for k in range(12, steps - 60, max(6, int(0.016 / (length / steps)))):
        if girth * (1 - s[k]) > 0.010:
            board.disc(
                path[k, 0],
                path[k, 1],
                girth * (1 - s[k]) * 0.16,
                ("2a1a10", "fbeec0", "8a2f20")[(k // 6) % 3],
            )


def _fill(rng: Random, board: _Board, trunk: Plane, scale: float) -> None:
    """Enamel motifs wherever the branches leave room for them."""
    height, width = trunk.shape
    room = distance(trunk > 0.05)
    taken: list[tuple[float, float, float]] = []
    motifs = (_eye, _rings, _triangle, _petals)
    for _ in range(2600):
        x, y = rng.uniform(0.02, 0.98), rng.uniform(0.02, 0.80)
        r = min(rng.uniform(0.008, 0.03), room[int(y * height), int(x * width)] / width - 0.004)
        if r < 0.0075 or any((x - a) ** 2 + (y - b) ** 2 < (r + c + 0.0035) ** 2 for a, b, c in taken):
            continue
        taken.append((x, y, r))
        motifs[rng.choice(4, p=[0.3, 0.32, 0.22, 0.16])](rng, board, x, y, r)


def _pick(rng: Random) -> str:
    return ENAMEL[rng.integers(len(ENAMEL))]


def _eye(rng: Random, board: _Board, x: float, y: float, r: float) -> None:
    theta = rng.uniform(0, np.pi)
    t = np.linspace(-1, 1, 24)
    for grow, code in ((1.0, "2a1a10"), (0.82, "f6ecd0"), (0.58, _pick(rng))):
        lens = (
            np.concatenate(
                [np.stack([t, 0.55 * (1 - t * t)], 1), np.stack([t[::-1], -0.55 * (1 - t * t)], 1)]
            )
            * r
            * grow
        )
        board.polygon(
            lens @ np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]]) + [x, y], code
        )
    board.disc(x, y, r * 0.2, "16100c")


def _rings(rng: Random, board: _Board, x: float, y: float, r: float) -> None:
    for grow in np.linspace(1, 0.2, rng.integers(3, 6)):
        board.disc(x, y, r * grow, _pick(rng) if grow < 1 else "2a1a10")


def _triangle(rng: Random, board: _Board, x: float, y: float, r: float) -> None:
    theta = rng.uniform(0, 2 * np.pi) + np.array([0, 2.094, 4.189])
    for grow, code in ((1.0, "2a1a10"), (0.76, _pick(rng)), (0.36, _pick(rng))):
        board.polygon(np.stack([np.cos(theta), np.sin(theta)], 1) * r * grow + [x, y], code)


def _petals(rng: Random, board: _Board, x: float, y: float, r: float) -> None:
    hue, start = _pick(rng), rng.uniform(0, np.pi)
    board.disc(x, y, r, "2f1d10")
    for theta in start + np.linspace(0, 2 * np.pi, 6, endpoint=False):
        board.disc(x + 0.6 * r * np.cos(theta), y + 0.6 * r * np.sin(theta), 0.32 * r, hue)
    board.disc(x, y, r * 0.3, "f6d36a")


def _meadow(rng: Random, board: _Board) -> None:
    x = np.linspace(-0.02, 1.02, 200)
    hill = 0.885 + 0.018 * np.sin(7 * x + 0.8)
    board.polygon(np.concatenate([np.stack([x, hill], 1), [[1.02, 1.02], [-0.02, 1.02]]]), "26402a")
    for _ in range(1500):
        cx = rng.uniform(0, 1)
        cy = np.interp(cx, x, hill) + 0.004 + rng.random() ** 0.9 * 0.13
        r = rng.uniform(0.004, 0.010)
        code = ("3f6f3a", "5f8f3f", "2f5a4a", "8fae4a")[rng.integers(4)] if rng.random() < 0.5 else _pick(rng)
        board.disc(cx, cy, r, "16241a", r * 0.85)
        board.disc(cx, cy, r * 0.76, code, r * 0.62)
        if rng.random() < 0.55:
            board.disc(cx, cy, r * 0.28, ("f6d36a", "f4ead0", "b5302a")[rng.integers(3)])


def _pillar(rng: Random, board: _Board) -> None:
    """An upright panel of blocks, black, white and silver, set in a gold frame."""
    left, right, top, foot = 0.805, 0.955, 0.055, 0.915
    for grow, code in ((0.014, "2a1a10"), (0.010, "e0b850"), (0.003, "2a1a10"), (0.0, "d9ad48")):
        corners = [
            [left - grow, top - grow],
            [right + grow, top - grow],
            [right + grow, foot + grow],
            [left - grow, foot + grow],
        ]
        board.polygon(np.array(corners), code)
    y = top + 0.003
    while y < foot - 0.012:
        tall = min(rng.choice([0.014, 0.024, 0.036, 0.05]), foot - 0.002 - y)
        if rng.random() < 0.22:
            _frieze(rng, board, left, right, y, tall)
        else:
            _blocks(rng, board, left, right, y, tall)
        y += tall + 0.003


def _blocks(rng: Random, board: _Board, left: float, right: float, y: float, tall: float) -> None:
    x = left + 0.003
    while x < right - 0.008:
        wide = min(rng.uniform(0.010, 0.030), right - 0.002 - x)
        code = rng.choice(["16120f", "efe6d0", "9a9690", "16120f", "c98a2a", "8a2f20", "1f5f6b"])
        board.polygon(
            np.array([[x, y], [x + wide - 0.003, y], [x + wide - 0.003, y + tall], [x, y + tall]]), code
        )
        if rng.random() < 0.45:
            board.disc(
                x + wide / 2 - 0.0015,
                y + tall / 2,
                min(wide, tall) * 0.3,
                rng.choice(["efe6d0", "d9ad48", "16120f"]),
            )
        x += wide


def _frieze(rng: Random, board: _Board, left: float, right: float, y: float, tall: float) -> None:
    """A row of rings or of triangles."""
    board.polygon(
        np.array([[left, y], [right, y], [right, y + tall], [left, y + tall]]),
        rng.choice(["3a2412", "1f3a3f", "efe6d0"]),
    )
    count = max(3, int((right - left) / (tall * 1.05)))
    motif = _rings if rng.random() < 0.6 else _triangle
    for x in np.linspace(left, right, count + 1)[:-1] + (right - left) / count / 2:
        motif(rng, board, x, y + tall / 2, min(tall, (right - left) / count) * 0.44)


def _gild(rng: Random, board: _Board, height: int, width: int, scale: float) -> Plane:
    """Leaf laid in squares, the enamel on it, and one light over all of it."""
    small = (width, height)
    color = np.asarray(board.color.resize(small, Image.Resampling.BOX), np.float32) / 255
    cover = np.asarray(board.cover.resize(small, Image.Resampling.BOX), np.float32) / 255
    color = color / np.maximum(cover, 0.02)[..., None]
    tree = board.plane(height, width)
    x, y = grid(height, width)
    leaf, seams = _leaf(rng, x, y, scale)
    swirl = _swirls(rng, height, width, scale)
    daub = (
        1
        + 0.10 * fractal(rng, height, width, 12 * scale, 3)
        + 0.05 * smooth_noise(rng, height, width, 3 * scale)
    )
    picture = mix(leaf, np.clip(color * daub[..., None], 0, 1), cover)
    inset = blur(np.asarray(board.cover.resize(small, Image.Resampling.BOX), np.float32) / 255, 1.2 * scale)
    bark = smoothstep(0, 14 * scale, distance(tree < 0.5, 32))
    edges = _raised(color * cover[..., None], scale)
    relief = 1.3 * inset + 2.6 * bark + 0.34 * swirl * (1 - cover) - 0.9 * seams * (1 - cover) + edges
    relief = relief + 0.10 * fractal(rng, height, width, 4 * scale, 3)
    gy, gx = np.gradient(blur(relief, 0.9 * scale))
    slope = -(gx + 1.1 * gy) * scale
    metal = 1 - 0.55 * cover + 0.5 * tree
    shade = 1 + np.clip(slope * 0.55, -0.42, 0.5)
    sheen = np.clip(slope - 0.10, 0, 1) * 0.9 * metal
    return np.clip(picture * shade[..., None] + sheen[..., None] * rgb("fff0bf")[0], 0, 1)


def _raised(color: Plane, scale: float) -> Plane:
    """Lighter enamel stands a little higher: relief in px."""
    return 0.9 * blur(color.mean(2), 0.8 * scale)


def _leaf(rng: Random, x: Plane, y: Plane, scale: float) -> tuple[Plane, Plane]:
    height, width = x.shape
    side = 84 * scale
    row, column = (y / side + 0.3).astype(int), (x / side + 0.6).astype(int)
    tint = rng.normal(0, 0.07, (row.max() + 1, column.max() + 1)).astype(np.float32)[row, column]
    cloud = fractal(rng, height, width, cell=190 * scale, octaves=5)
    wear = smoothstep(1.0, 2.4, fractal(rng, height, width, cell=36 * scale, octaves=5))
    gold = ramp(LEAF, 0.60 + tint + 0.11 * cloud)
    gold = mix(gold, np.broadcast_to(rgb("8a3a22")[0], gold.shape), wear * 0.55)
    u, v = np.mod(y / side + 0.3, 1), np.mod(x / side + 0.6, 1)
    seam = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v)) * side + 0.9 * scale * smooth_noise(
        rng, height, width, cell=12 * scale
    )
    return gold, smoothstep(1.6 * scale, 0.2 * scale, np.abs(seam))


def _swirls(rng: Random, height: int, width: int, scale: float) -> Plane:
    """Small whorls pressed into the leaf."""
    x, y = grid(height, width)
    pitch = 46 * scale
    best = np.full((height, width), 9.0, np.float32)
    wave = np.zeros((height, width), np.float32)
    rows, columns = int(height / pitch) + 3, int(width / pitch) + 3
    cy, cx = np.mgrid[0:rows, 0:columns] + rng.uniform(0.1, 0.9, (2, rows, columns))
    spin = rng.choice([-1.0, 1.0], (rows, columns))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row = np.clip((y / pitch).astype(int) + dy, 0, rows - 1)
            column = np.clip((x / pitch).astype(int) + dx, 0, columns - 1)
            ox, oy = x / pitch - cx[row, column], y / pitch - cy[row, column]
            r = np.hypot(ox, oy)
            coil = np.sin(r * 30 + spin[row, column] * np.arctan2(oy, ox)) * smoothstep(0.75, 0.5, r)
            wave = np.where(r < best, coil, wave)
            best = np.minimum(best, r)
    return wave
