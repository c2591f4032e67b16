"""How many frames or pages a picture file has, counted without decoding a pixel."""

from __future__ import annotations

import struct

from PIL import ExifTags, Image

from ..errors import Note, note
from .faults import called
from .guard import gif

MOST = 1000  # frames or pages that are counted
_STEPS = 1_000_000  # blocks of a GIF that are looked at
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType: no page of its own


def frame_notes(image: Image.Image, data: bytes, name: str) -> tuple[Note, ...]:
    """A note if a file (its bytes in ``data``) has more frames or pages than the first.

    The second picture of a camera's JPEG (MPO), and thumbnails, pyramids and masks in a TIFF do not count.
    """
    count = _count(image, data) if data else 1
    if count < 2:
        return ()
    shown = str(count) if count <= MOST else f"{MOST}+"
    return (note("{file} has {count} frames: the first one is painted.", file=called(name), count=shown),)


def _count(image: Image.Image, data: bytes) -> int:
    try:
        if image.format == "GIF":
            return _gif_frames(data)
        if image.format == "TIFF":
            return _tiff_pages(data)
    except (struct.error, IndexError):  # cut short behind the first frame
        return 1
    return int(getattr(image, "n_frames", 1)) if image.format in ("PNG", "WEBP") else 1


def _gif_frames(data: bytes) -> int:
    count, at = 0, 13 + gif.table(data[10])
    for _ in range(_STEPS):
        kind = data[at] if at < len(data) else 0x3B
        if kind == 0x2C:  # an image: nine bytes of place and size, its colors, the code size
            count += 1
            at += 11 + gif.table(data[at + 9])
        elif kind == 0x21:
            at += 2
        elif kind == 0:  # the end of a chain of blocks, or a stray byte
            at += 1
            continue
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        if count > MOST:
            break
    return count


def _tiff_pages(data: bytes) -> int:
    order = "<" if data[:2] == b"II" else ">"
    big = data[2 if order == ">" else 3] == 0 and 43 in data[2:4]
    number, entry, pointer = ("Q", 20, "Q") if big else ("H", 12, "I")
    (at,) = struct.unpack_from(order + pointer, data, 8 if big else 4)
    seen: set[int] = set()
    count = 0
    while at and at not in seen and count <= MOST and len(seen) <= 4 * MOST:
        seen.add(at)
        (entries,) = struct.unpack_from(order + number, data, at)
        first = at + struct.calcsize(order + number)
        count += not _is_part(data, order, big, first)
        (at,) = struct.unpack_from(order + pointer, data, first + entry * entries)
    return count


def _is_part(data: bytes, order: str, big: bool, at: int) -> bool:
    """Whether the first entry, where NewSubfileType stands, says that this is no page of its own."""
    tag, kind = struct.unpack_from(order + "HH", data, at)
    if tag != ExifTags.Base.NewSubfileType:
        return False
    (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + (12 if big else 8))
    return bool(value & (_REDUCED | _MASK))
