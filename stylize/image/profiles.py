"""Which color space a picture is in: from its file's tags and profile, in order of precedence."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from ..errors import Note, note
from . import guard, spaces
from .faults import called
from .spaces import Curve, Curves, Space

_SRGB_GAMMA, _NEAR = 0.45455, 0.01  # a gAMA that stands for sRGB's own curve
_PQ, _HLG = 16, 18
_CURVES: dict[int, Curve] = {
    1: spaces.bt709_curve,
    4: spaces.power(2.2),
    5: spaces.power(2.8),
    6: spaces.bt709_curve,
    8: spaces.power(1),
    13: spaces.srgb_curve,
    14: spaces.bt709_curve,
    15: spaces.bt709_curve,
    _PQ: spaces.pq_curve,
    _HLG: spaces.hlg_curve,
}
_EXIF, _INTEROP, _COLOR_SPACE, _UNCALIBRATED = 0x8769, 0xA005, 0xA001, 0xFFFF
_WHITE, _PRIMARIES, _TRANSFER = 318, 319, 301

ColorSpace = Space | bytes  # numbers, or an ICC profile; nothing means sRGB


def color_space(image: Image.Image, data: bytes, name: str) -> tuple[ColorSpace, tuple[Note, ...]]:
    """The space of an image that was not loaded yet, with its file in ``data``, and what to say of it.

    PNG's own order (third edition): cICP, iCCP, sRGB, then gAMA and cHRM. Of every other kind the ICC
    profile, then a TIFF's tags, then EXIF, which tells Adobe RGB by ColorSpace 2 or the interoperability
    index R03 (DCF 2.0).
    """
    if image.format == "PNG" and (coded := _coded(data, name)) is not None:
        return coded
    if image.mode == "LAB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(), ()
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile[36:40] == b"acsp":
        return profile, ()
    if image.format == "PNG" and {"srgb", "gamma", "chromaticity"} & set(image.info):
        return b"" if "srgb" in image.info else _by_gamma(image.info) or b"", ()
    try:
        return _tagged(getattr(image, "tag_v2", {})) or _adobe(image) or b"", ()
    except Exception:  # broken tags cost the right colors, not the picture
        return b"", ()


def _coded(data: bytes, name: str) -> tuple[ColorSpace, tuple[Note, ...]] | None:
    """By PNG's coding-independent code points (H.273), of full or narrow range."""
    found = _chunks(data)
    body = found.get(b"cICP", b"")
    if len(body) != 4 or body[2] != 0 or body[0] not in spaces.H273 or body[1] not in _CURVES:
        return None
    curve, primaries = _CURVES[body[1]], spaces.H273[body[0]]
    if body[3] == 0:
        curve = _narrow(curve, 8 if data[25] == 3 else data[24])  # a palette has 8 bits
    if body[1] == _HLG:
        return spaces.space(primaries, curve, spaces.hlg_tone_map), _hdr(name)
    if body[1] == _PQ:
        return spaces.space(primaries, curve, spaces.tone_map_from(_peak(found))), _hdr(name)
    plain = tuple(body) == (1, 13, 0, 1)
    return b"" if plain else spaces.space(primaries, curve), ()


def _hdr(name: str) -> tuple[Note, ...]:
    return (
        note(
            "{file} holds HDR light: its highlights are compressed to what an ordinary display shows.",
            file=called(name),
        ),
    )


def _narrow(curve: Curve, bits: int) -> Curve:
    """``curve`` after black has been brought from 16 to 0 and white from 235 to the top."""
    unit = 2 ** (bits - 8) / (2**bits - 1) if bits >= 8 else 1 / 255
    return lambda values: curve(((values - 16 * unit) / (219 * unit)).clip(0, 1))


def _peak(found: dict[bytes, bytes]) -> float:
    """The brightest light in cd/m2: of the content (cLLI), else of the display it was made on (mDCV)."""
    for kind, at in ((b"cLLI", 0), (b"mDCV", 16)):
        body = found.get(kind, b"")
        value = struct.unpack_from(">I", body, at)[0] / 10000 if len(body) >= at + 4 else 0
        if value > 0:
            return min(float(value), 10000.0)
    return 1000.0


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The small chunks of a PNG before its pixels, the first of each kind."""
    found: dict[bytes, bytes] = {}
    for kind, start, end in guard.png.chunks(data):
        if kind == b"IDAT":
            break
        if end - start - 12 <= 32:
            found.setdefault(kind, data[start + 8 : end - 4])
    return found


def _by_gamma(info: Mapping[str | tuple[int, int], Any]) -> Space | None:
    """By gAMA and cHRM."""
    white_first = info.get("chromaticity")
    primaries = spaces.SRGB if white_first is None else (*white_first[2:8], *white_first[:2])
    gamma = info.get("gamma")
    usual = gamma is None or abs(gamma - _SRGB_GAMMA) <= _NEAR or not 0.05 <= gamma <= 20
    if usual and spaces.alike(primaries, spaces.SRGB):
        return None
    return _sound(primaries, spaces.srgb_curve if usual or gamma is None else spaces.power(1 / gamma))


def _sound(primaries: spaces.Primaries, curve: Curves) -> Space | None:
    """Nothing for chromaticities that are none."""
    try:
        found = spaces.space(primaries, curve)
    except (ZeroDivisionError, np.linalg.LinAlgError):
        return None
    return found if np.isfinite(found.matrix).all() and np.abs(found.matrix).max() < 100 else None


def _tagged(tags: Mapping[int, Any]) -> Space | None:
    """By the tags of a TIFF of gray or RGB."""
    if not {_PRIMARIES, _TRANSFER} & set(tags) or tags.get(262) not in (1, 2):
        return None
    curve = _transfer(tags)
    primaries: spaces.Primaries = spaces.SRGB
    if _PRIMARIES in tags:
        primaries = (*map(float, tags[_PRIMARIES]), *map(float, tags.get(_WHITE, spaces.D65)))
    if spaces.alike(primaries, spaces.SRGB) and curve is None:
        return None
    return _sound(primaries, curve or spaces.power(2.2))


def _transfer(tags: Mapping[int, Any]) -> Curves | None:
    """TransferFunction: one curve, or three."""
    bits = tags.get(258, 1)
    length = 1 << (bits[0] if isinstance(bits, tuple) else bits)
    values = np.array(tags.get(_TRANSFER, ()), float) / 65535
    if values.size not in (length, 3 * length) or length > 65536:
        return None
    curves = [spaces.table(part) for part in values.reshape(-1, length)]
    return curves[0] if len(curves) == 1 else (curves[0], curves[1], curves[2])


def _adobe(image: Image.Image) -> Space | None:
    if image.mode not in ("L", "LA", "RGB", "RGBA", "P", "I;16"):
        return None
    exif = image.getexif()
    named = exif.get_ifd(_EXIF).get(_COLOR_SPACE)
    index = exif.get_ifd(_INTEROP).get(1) if named == _UNCALIBRATED else None
    mark = index.decode("latin-1") if isinstance(index, bytes) else str(index)
    if named == 2 or mark.strip("\0 ") == "R03":
        return spaces.space(spaces.ADOBE_RGB, spaces.power(563 / 256))
    return None
