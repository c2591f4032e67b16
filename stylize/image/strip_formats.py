"""The files of each kind without their metadata, see :mod:`.strip`.

All of it raises struct.error, IndexError or ValueError for a file that cannot be taken apart.
"""

from __future__ import annotations

import re
import struct

from . import exif, guard
from .deep_png import chunk
from .recipes import KEY, xmp_packet, xmp_recipe

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
_MOST = 50_000  # parts of a file, each of which takes its time
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # in coded data, which it ends


def jpeg(data: bytes, orientation: int | None = None) -> bytes:
    """A JPEG, whose EXIF states the orientation if one is given."""
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


def png(data: bytes, orientation: int | None = None) -> bytes:
    """A PNG, whose EXIF states the orientation if one is given."""
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


def webp(data: bytes, orientation: int | None = None) -> bytes:
    """A WebP, whose EXIF states the orientation if one is given."""
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


def gif(data: bytes) -> bytes:
    """A GIF with its frames, their timing and its profile."""
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


def bmp(data: bytes) -> bytes:
    """A BMP, cut off after the pixels and a profile. Raises ValueError where no end of theirs is certain."""
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
