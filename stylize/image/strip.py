"""A picture file without its metadata: places, times, cameras, comments, earlier versions.

Nothing is decoded: what is left are the file's own bytes, so the pixels are the same, and the same file gives
the same bytes. Kept are the orientation, the density, all that decides colors, every frame or page, and
the recipe of a picture that Stylize made.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import PictureError
from . import deep_png, exif, guard, tiff
from .bleeding import straight
from .deep_png import chunk
from .files import Limits, kind_of
from .orientation import orientation_of
from .reading import Picture, load
from .recipes import KEY, xmp_packet, xmp_recipe
from .writing import encode_png

if TYPE_CHECKING:
    from torch import Tensor

_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_PNG_KEPT = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"iCCP",
    b"sRGB",
    b"gAMA",
    b"cHRM",
    b"cICP",
    b"pHYs",
    b"mDCV",
    b"cLLI",
    b"sBIT",
    b"acTL",
    b"fcTL",
    b"fdAT",
}
_OURS, _RECIPE = b"Software\0Stylize", KEY.encode() + b"\0"
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
_ROUNDING = 1e-5  # of a value in [0, 1]; a step of 16 bits is 1.5e-5
_MOST = 50_000  # parts of a file, each of which takes its time
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # in coded data, which it ends


def stripped(data: bytes) -> bytes | None:
    """The file without its metadata; None for one of a rare sort, which cannot be taken apart here.

    Raises PictureError for what is no picture.
    """
    kind = kind_of(data, "")
    ways = {"GIF": _gif, "BMP": _bmp, "TIFF": tiff.stripped}
    try:
        return _turned(kind, data) if kind in _TURNABLE else ways[kind](data)
    except (struct.error, IndexError, ValueError):
        return None


def _turned(kind: str, data: bytes) -> bytes | None:
    """A file whose orientation may be stated in what is left out: it goes to EXIF then."""
    way, orientation = _TURNABLE[kind], orientation_of(kind, data)
    bare = way(data)
    if orientation_of(kind, bare) == orientation:
        return bare
    bare = way(data, orientation)
    return bare if orientation_of(kind, bare) == orientation else None


def without_metadata(data: bytes, limits: Limits | None = None) -> bytes:
    """The file without its metadata; one of a rare sort as a PNG file of its pixels. Raises PictureError."""
    bare = stripped(data)
    if bare is not None and (bare == data or kind_of(data, "") != "TIFF"):
        return bare
    picture = load(data, limits)
    if bare is not None and _same(picture, bare, limits):  # some TIFFs do not say where all their pixels are
        return bare
    return _as_png(picture)


def _same(picture: Picture, bare: bytes, limits: Limits | None) -> bool:
    try:
        other = load(bare, limits)
    except PictureError:
        return False
    alike = (_equal(picture.tensor, other.tensor), _equal(picture.alpha, other.alpha))
    return all(alike) and picture.dpi == other.dpi


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool((one == other).all())


def _as_png(picture: Picture) -> bytes:
    """A PNG file of the pixels and the alpha, of 16 bits where 8 are not enough."""
    import torch

    color, alpha = picture.tensor, picture.alpha
    if alpha is not None:
        color = straight(color, alpha)
    if _is_deep(color, alpha):
        pixels = color if alpha is None else torch.cat([color, alpha], 1)
        return deep_png.encode(pixels, dpi=picture.dpi)
    return encode_png(color, alpha=alpha, dpi=picture.dpi)


def _is_deep(color: Tensor, alpha: Tensor | None) -> bool:
    """Whether 8 bits a channel would change what is seen."""
    if alpha is None:
        return _loss(color) > _ROUNDING
    return _loss(color, alpha) > _ROUNDING or _loss(alpha) > _ROUNDING


def _loss(values: Tensor, weight: Tensor | float = 1.0) -> float:
    """By how much at most 8 bits would change values that count by that weight."""
    return float(values.mul(255).round().div(255).sub(values).mul(weight).abs().amax())


def is_file_of(data: bytes, sha256: str, limits: Limits | None = None) -> bool:
    """Whether a file, as it is or without its metadata, is the one of that sha256."""
    if hashlib.sha256(data).hexdigest() == sha256:
        return True
    try:
        return hashlib.sha256(without_metadata(data, limits)).hexdigest() == sha256
    except PictureError:
        return False


def _jpeg(data: bytes, orientation: int | None = None) -> bytes:
    parts, at, seen = [data[:2]], 2, 0
    blocks: list[bytes] = []  # of EXIF, which decoders join
    place = 0
    while True:
        if (seen := seen + 1) > _MOST:
            raise ValueError("more parts than is sound")
        at = data.index(b"\xff", at)
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == 0xD9:
            return _with_exif(parts, blocks, place, orientation) + b"\xff\xd9"
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            continue
        size = struct.unpack_from(">H", data, at)[0]
        body = data[at + 2 : at + size]
        at += size
        if size < 2 or at > len(data):
            raise ValueError("cut short")
        if marker == 0xE1 and body.startswith(_EXIF):
            place = place or len(parts)
            blocks.append(body[len(_EXIF) :])
            continue
        kept = _segment(marker, body)
        if kept is not None:
            parts.append(_whole(marker, kept))
        if marker == 0xDA:
            end = _MARKER.search(data, at)
            stop = end.start() if end else len(data)
            parts.append(data[at:stop])
            if end is None:
                return _with_exif(parts, blocks, place, orientation)
            at = stop


def _whole(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _with_exif(parts: list[bytes], blocks: list[bytes], place: int, orientation: int | None) -> bytes:
    """A JPEG's parts with what is kept of its EXIF at its place, or else before all but a JFIF header."""
    block = exif.minimal(b"".join(blocks), orientation)
    place = place or 1 + parts[1].startswith(b"\xff\xe0")
    own = [_whole(0xE1, _EXIF + block)] if block else []
    return b"".join([*parts[:place], *own, *parts[place:]])


def _segment(marker: int, body: bytes) -> bytes | None:
    """What is kept of a JPEG's segment; None for nothing."""
    if marker == 0xE0:
        return body[:12] + b"\0\0" if body.startswith(b"JFIF\0") and len(body) >= 14 else None
    if marker == 0xE1 and body.startswith(_XMP):
        packet = _recipe_alone(body[len(_XMP) :])
        return _XMP + packet if packet and len(packet) <= 65504 else None
    if marker == 0xE2:
        return body if body.startswith(b"ICC_PROFILE\0") else None
    if marker == 0xEE:
        return body[:12] if body.startswith(b"Adobe") and len(body) >= 12 else None
    return None if 0xE0 <= marker <= 0xEF or marker == 0xFE else body


def _recipe_alone(packet: bytes) -> bytes:
    """An XMP packet with nothing but the recipe; b"" if it has none."""
    found = xmp_recipe(packet)
    return b"" if found is None else xmp_packet(found.decode("utf-8"))


def _png(data: bytes, orientation: int | None = None) -> bytes:
    parts, kind, end, has_exif = [data[:8]], b"", 8, False
    digits: bytes | None = None
    for kind, start, end in guard.png.chunks(data):
        whole, body = data[start:end], data[start + 8 : end - 4]
        if len(whole) < end - start and kind != b"IEND":
            raise ValueError("cut short")
        if kind == b"eXIf":
            block, has_exif = exif.minimal(body, orientation), True
            if block:
                parts.append(chunk(kind, block))
        elif kind in _PNG_KEPT or body == _OURS or (kind == b"iTXt" and body.startswith(_RECIPE)):
            parts.append(whole)
        elif digits is None and kind in guard.png.TEXTS:  # of several, the first counts
            digits = guard.png.exif_in_text(kind, body)
    if kind != b"IEND" and end < len(data):
        raise ValueError("cut short")
    block = b"" if has_exif else exif.minimal((digits or b"").removeprefix(_EXIF), orientation)
    return b"".join([*parts[:2], chunk(b"eXIf", block) if block else b"", *parts[2:]])


def _webp(data: bytes, orientation: int | None = None) -> bytes:
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    chunks = []
    for count, (kind, start, stop) in enumerate(guard.webp.chunks(data, end)):
        body = data[start + 8 : stop]
        if count >= _MOST:
            raise ValueError("more parts than is sound")
        if stop > len(data):
            raise ValueError("cut short")
        if kind == b"EXIF":
            body = exif.minimal(body.removeprefix(_EXIF), orientation)
        elif kind == b"XMP ":
            body = _recipe_alone(body)
        elif kind not in _WEBP_KEPT:
            body = b""
        if body:
            chunks.append((kind, body))
    if orientation is not None and b"EXIF" not in dict(chunks):
        chunks.append((b"EXIF", exif.minimal(b"", orientation)))
        chunks.sort(key=lambda chunk: chunk[0] == b"XMP ")
    kinds = {kind for kind, _ in chunks}
    flags = 0x08 * (b"EXIF" in kinds) | 0x04 * (b"XMP " in kinds)
    parts = []
    for kind, body in chunks:
        if kind == b"VP8X":
            body = bytes((body[0] & ~0x0C | flags,)) + body[1:]
        parts.append(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
    inner = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def _gif(data: bytes) -> bytes:
    at = 13 + guard.gif.table(data[10])
    parts = [data[:at]]
    while at < len(data):
        start, mark = at, data[at]
        if mark == 0x3B:
            break
        if mark == 0x2C:
            at = _blocks(data, at + 11 + guard.gif.table(data[at + 9]))
            kept = True
        elif mark == 0x21:
            label, at = data[at + 1], _blocks(data, at + 2)
            kept = label == 0xF9 or (label == 0xFF and data[start + 3 : start + 14] in _GIF_KEPT)
        else:
            raise ValueError("no such block")
        if kept:
            parts.append(data[start:at])
    return b"".join([*parts, b"\x3b"])


def _blocks(data: bytes, at: int) -> int:
    """Where a row of a GIF's sub-blocks ends."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _bmp(data: bytes) -> bytes:
    """Cut off after the pixels, where a length of theirs is certain; other files have no more than that."""
    offset, head = struct.unpack_from("<II", data, 10)
    if head < 40:
        width, height, bits = (*struct.unpack_from("<HH", data, 18), struct.unpack_from("<H", data, 24)[0])
        packing, size = 0, 0
    else:
        width, height, _, bits, packing, size = struct.unpack_from("<iiHHII", data, 18)
    if packing in (0, 3, 6):
        size = (width * bits + 31) // 32 * 4 * abs(height)
    if not 0 < size <= len(data) - offset:
        raise ValueError("no certain end")
    if head >= 124:  # a profile may follow; one that is only linked to is the name of a file
        space, start, length = data[70:74], *struct.unpack_from("<II", data, 126)
        if space == b"LINK":
            raise ValueError("a linked profile")
        size = max(size, start + 14 + length - offset) if space == b"MBED" else size
    return data[: offset + size]


_TURNABLE: dict[str, Callable[..., bytes]] = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp}
