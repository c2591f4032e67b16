"""Color spaces given by chromaticities and curves, and their conversion to sRGB (IEC 61966-2-1).

Primaries and curves by ITU-T H.273, PQ and HLG by ITU-R BT.2100, tone mapping by ITU-R BT.2390.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]
Curves = Curve | tuple[Curve, Curve, Curve]
Primaries = Sequence[float]  # x and y of red, green, blue and white

D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
SRGB: Primaries = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *D65)
ADOBE_RGB: Primaries = (0.640, 0.330, 0.210, 0.710, 0.150, 0.060, *D65)
BT2020: Primaries = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65)
H273: dict[int, Primaries] = {
    1: SRGB,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C),
    9: BT2020,
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *D65),
}
_ALIKE = 0.003  # of chromaticities that mean the same
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D50_XYZ = np.array([0.9642, 1.0, 0.8249])
WHITE_NITS = 203.0  # of HDR: what a white sheet has
_BAND = 1 << 20  # pixels that are worked on at once


@dataclass(frozen=True)
class Space:
    """A space of RGB, or of gray.

    ``curve`` takes values in [0, 1] to linear light with white at 1, one for all channels or three.
    ``matrix`` takes that to linear sRGB. ``tone_map`` comes between: it brings HDR light (height, width, 3)
    into [0, 1].
    """

    curve: Curves
    matrix: np.ndarray
    tone_map: Curve | None = None


def space(primaries: Primaries, curve: Curves, tone_map: Curve | None = None) -> Space:
    """A space with the given primaries and white, which becomes the white of sRGB."""
    return Space(curve, _from_xyz(SRGB, D65_XYZ) @ _to_xyz(primaries, D65_XYZ), tone_map)


def alike(one: Primaries, other: Primaries) -> bool:
    """Whether chromaticities are the same but for rounding."""
    return bool(np.abs(np.subtract(one, other)).max() <= _ALIKE)


def power(exponent: float) -> Curve:
    """The curve of a plain gamma."""
    return lambda values: values**exponent


def table(values: np.ndarray) -> Curve:
    """The curve through values at equal distances."""
    positions = np.linspace(0, 1, len(values))
    return lambda given: np.interp(given, positions, values)


def srgb_curve(values: np.ndarray) -> np.ndarray:
    """Linear light of sRGB."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def bt709_curve(values: np.ndarray) -> np.ndarray:
    """Linear light of BT.709, BT.601 and BT.2020."""
    return np.where(values < 0.081, values / 4.5, ((values.clip(0) + 0.099) / 1.099) ** (1 / 0.45))


def pq_curve(values: np.ndarray) -> np.ndarray:
    """Light of PQ, 1 at 203 cd/m2."""
    return _from_pq(values) / WHITE_NITS


def hlg_curve(values: np.ndarray) -> np.ndarray:
    """Light of an HLG scene, in [0, 1]."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)


def hlg_tone_map(light: np.ndarray) -> np.ndarray:
    """An HLG scene as a display of 1000 cd/m2 shows it, brought into [0, 1]."""
    luminance = light @ np.array([0.2627, 0.6780, 0.0593])
    return tone_map_from(1000)(light * (luminance**0.2)[..., None] * (1000 / WHITE_NITS))


def tone_map_from(peak: float) -> Curve:
    """The curve of BT.2390 from light of up to ``peak`` cd/m2 to 203, by the brightest channel."""

    def tone_map(light: np.ndarray) -> np.ndarray:
        highest = light.max(axis=2, keepdims=True)
        result: np.ndarray = light * (
            _rolled_off(highest * WHITE_NITS, peak) / WHITE_NITS / highest.clip(1e-6)
        )
        return result

    return tone_map


def _rolled_off(nits: np.ndarray, peak: float) -> np.ndarray:
    if peak <= WHITE_NITS:
        return nits.clip(0, WHITE_NITS)
    top, wanted = (float(_to_pq(np.array(each))) for each in (peak, WHITE_NITS))
    most = wanted / top
    knee = 1.5 * most - 0.5
    given = (_to_pq(nits) / top).clip(0, 1)
    t = (given - knee) / (1 - knee)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    )
    return _from_pq(np.where(given < knee, given, bent) * top)


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def _from_pq(values: np.ndarray) -> np.ndarray:
    root = values ** (1 / _M2)
    return 10000 * ((root - _C1).clip(0) / (_C2 - _C3 * root)) ** (1 / _M1)


def _to_pq(nits: np.ndarray) -> np.ndarray:
    root = (nits / 10000).clip(0, 1) ** _M1
    return ((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1, (1 - x - y) / y])


D65_XYZ = _xyz(*D65)


def _to_xyz(primaries: Primaries, white: np.ndarray) -> np.ndarray:
    """From linear RGB to XYZ, where the primaries' own white becomes ``white`` (Bradford)."""
    columns = np.stack([_xyz(*primaries[n : n + 2]) for n in (0, 2, 4)], 1)
    own = _xyz(*primaries[6:8])
    result: np.ndarray = adaptation(own, white) @ (columns * np.linalg.solve(columns, own))
    return result


def _from_xyz(primaries: Primaries, white: np.ndarray) -> np.ndarray:
    return np.linalg.inv(_to_xyz(primaries, white))


def adaptation(white: np.ndarray, to: np.ndarray) -> np.ndarray:
    """From XYZ under one white to XYZ under another."""
    gains = (_BRADFORD @ to) / (_BRADFORD @ white)
    result: np.ndarray = np.linalg.inv(_BRADFORD) @ (gains[:, None] * _BRADFORD)
    return result


def profile_space(profile: bytes) -> Space | None:
    """The space of an ICC profile that consists of curves and a matrix, RGB or gray; None for others."""
    try:
        tags = _icc_tags(profile)
        if {b"A2B0", b"A2B1"} & set(tags):
            return None
        if profile[16:20] == b"GRAY":
            return Space(_icc_curve(tags[b"kTRC"]), np.eye(3))
        to_xyz = np.stack([_fixed(tags[name], 3, 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], 1)
        curves = [_icc_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
    except Exception:  # a broken profile costs exact colors, not the picture
        return None
    return Space((curves[0], curves[1], curves[2]), _from_xyz(SRGB, D50_XYZ) @ to_xyz)


def _icc_tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(min(count, 100)))
    return {name: profile[at : at + size] for name, at, size in entries}


def _fixed(body: bytes, count: int, at: int) -> np.ndarray:
    return np.array(struct.unpack_from(f">{count}i", body, at)) / 65536


def _icc_curve(body: bytes) -> Curve:
    if body[:4] == b"para":
        return _parametric(int.from_bytes(body[8:10], "big"), body)
    (count,) = struct.unpack_from(">I", body, 8)
    values = np.frombuffer(body, ">u2", count, 12)
    if count == 0:
        return power(1)
    return power(float(values[0]) / 256) if count == 1 else table(values / 65535)


def _parametric(kind: int, body: bytes) -> Curve:
    """ICC.1, parametricCurveType: (a x + b) ^ g + e from x = d on, c x + f below."""
    given = _fixed(body, (1, 3, 4, 5, 7)[kind], 12)
    g, a, b, c, d, e, f = np.pad(given, (0, 7 - len(given)))
    if kind == 0:
        return power(float(g))
    if kind in (1, 2):
        c, d, e, f = 0.0, -b / a, c, c
    return lambda x: np.where(x >= d, (a * x + b).clip(0) ** g + e, c * x + f)


_ROOTS = 65535
_encoded: list[np.ndarray] = []


def _encode(linear: np.ndarray) -> np.ndarray:
    """uint16 sRGB of linear light, by a table over its square root, within 1e-5."""
    if not _encoded:
        light = (np.arange(_ROOTS + 1) / _ROOTS) ** 2
        values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        _encoded.append((values * 65535).round().astype(np.uint16))
    result: np.ndarray = _encoded[0][(np.sqrt(linear.clip(0, 1)) * _ROOTS + 0.5).astype(np.uint16)]
    return result


def to_srgb(values: np.ndarray, space: Space) -> np.ndarray:
    """uint16 of the same shape from (H, W), (H, W, 1) or (H, W, 3) uint8, uint16 or floats in [0, 1]."""
    planes = values.reshape(*values.shape[:2], -1)
    found = np.empty(planes.shape, np.uint16)
    light = _light(planes.dtype, space)
    step = max(1, _BAND // planes.shape[1])
    for top in range(0, len(planes), step):
        band = np.stack([light[n](planes[top : top + step, :, n]) for n in range(planes.shape[2])], 2)
        gray = band.shape[2] == 1
        if space.tone_map is not None:
            band = space.tone_map(np.broadcast_to(band, (*band.shape[:2], 3)))[..., : 1 if gray else 3]
        found[top : top + step] = _encode(band if gray else band @ space.matrix.T.astype(band.dtype))
    return found.reshape(values.shape)


def _light(dtype: np.dtype, space: Space) -> list[Curve]:
    """For each channel, from values to float32 linear light: by a table where they are whole numbers."""
    curves = space.curve if isinstance(space.curve, tuple) else (space.curve,) * 3
    if dtype.kind == "f":
        return [_float32(curve) for curve in curves]
    most = np.iinfo(dtype).max
    positions = np.arange(most + 1) / most
    tables = [np.asarray(curve(positions), np.float32) for curve in curves]
    return [each.__getitem__ for each in tables]


def _float32(curve: Curve) -> Curve:
    return lambda values: np.asarray(curve(values), np.float32)
