"""TIFF and EXIF: directories whose entries overlap or hold too many numbers, and pieces without end.

Each entry may point to the whole file, of which Pillow then keeps a copy. Numbers become Python's, fractions
objects. A tile may be far larger than the picture.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from ..faults import overgrown

MOST_ENTRIES = 4096
MOST_NUMBERS = 1_000_000
MOST_FRACTIONS = 50_000
MOST_PIECES = 100_000  # strips or tiles
MOST_PADDING = 4  # pixels in tiles to pixels in the picture, where that is not small
SMALL = 1 << 24  # pixels
SLACK = 1 << 16  # bytes that entries may claim more than once

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_BYTES, _FRACTIONS, _WHOLE = (1, 2, 7), (5, 10), {3: "H", 4: "I", 13: "I", 16: "Q"}
_POINTERS = (34665, 34853, 40965)  # to the directories of EXIF, GPS and interoperability
_WIDTH, _HEIGHT, _STRIPS, _TILES, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 273, 324, 322, 323
_STRIP_LENGTHS, _TILE_LENGTHS = 279, 325
_EXIF = b"Exif\0\0"


def guarded(data: bytes, name: str) -> bytes:
    """``data``. Raises PictureError."""
    if not _is_sound(data, _are_sound_pieces):
        raise overgrown(name, "TIFF")
    return data


def is_sound_exif(data: bytes) -> bool:
    """Whether EXIF data, with or without its own mark before it, may be read."""
    while data.startswith(_EXIF):
        data = data[len(_EXIF) :]
    return _is_sound(data)


def ends_early(data: bytes) -> bool:
    """Whether the first directory, a value in it, or a strip or tile lies beyond the end."""
    layout = _layout(data)
    start = layout and _number(data, 8 if layout.offset == "Q" else 4, layout, layout.offset)
    if layout is None or not start:
        return len(data) < 8
    found = {each.tag: each for each in islice(_entries(data, start, layout), MOST_ENTRIES)}
    count = _number(data, start, layout, layout.entries)
    if count is None or len(found) < min(count, MOST_ENTRIES):
        return True
    if any(each.at + each.number * _SIZES.get(each.kind, 0) > len(data) for each in found.values()):
        return True
    pieces = [(_STRIPS, _STRIP_LENGTHS), (_TILES, _TILE_LENGTHS)]
    return any(
        at + length > len(data)
        for offsets, lengths in pieces
        for at, length in zip(
            _values(data, found, offsets, layout), _values(data, found, lengths, layout), strict=False
        )
    )


class _Entry(NamedTuple):
    tag: int
    kind: int
    number: int
    at: int  # of its value in the data

    def size(self, data: bytes) -> int:
        """Bytes, as far as there are so many."""
        return max(0, min(self.number * _SIZES.get(self.kind, 0), len(data) - self.at))


class _Layout(NamedTuple):
    order: str
    entries: str  # how many a directory has
    entry: str
    offset: str


def _is_sound(data: bytes, pieces: Callable[..., bool] | None = None) -> bool:
    layout = _layout(data)
    if layout is None:
        return True
    left, seen = [_number(data, 8 if layout.offset == "Q" else 4, layout, layout.offset)], set()
    size = numbers = fractions = 0
    while left:
        start = left.pop()
        if start is None or start in seen:
            continue
        seen.add(start)
        entries = list(islice(_entries(data, start, layout), MOST_ENTRIES + 1))
        found = {each.tag: each for each in entries}
        for each in entries:
            size += each.size(data)
            numbers += 0 if each.kind in _BYTES else each.size(data) // _SIZES.get(each.kind, 1)
            fractions += each.size(data) // 8 if each.kind in _FRACTIONS else 0
        left += [_value(data, found, tag, layout) for tag in _POINTERS if tag in found]
        if len(entries) > MOST_ENTRIES or (pieces and len(seen) == 1 and not pieces(data, found, layout)):
            return False
    return size <= 2 * len(data) + SLACK and numbers <= MOST_NUMBERS and fractions <= MOST_FRACTIONS


def _layout(data: bytes) -> _Layout | None:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return None
    big = 43 in data[2:4]
    return _Layout(order, "Q", "HHQQ", "Q") if big else _Layout(order, "H", "HHII", "I")


def _entries(data: bytes, start: int, layout: _Layout) -> Iterator[_Entry]:
    count = _number(data, start, layout, layout.entries) or 0
    at, form = start + struct.calcsize("=" + layout.entries), struct.Struct(layout.order + layout.entry)
    room = struct.calcsize("=" + layout.offset)
    for place in range(at, min(at + count * form.size, len(data) - form.size + 1), form.size):
        tag, kind, number, offset = form.unpack_from(data, place)
        inside = number * _SIZES.get(kind, 0) <= room
        yield _Entry(tag, kind, number, place + form.size - room if inside else offset)


def _number(data: bytes, at: int, layout: _Layout, form: str) -> int | None:
    try:
        return int(struct.unpack_from(layout.order + form, data, at)[0])
    except struct.error:
        return None


def _value(data: bytes, found: dict[int, _Entry], tag: int, layout: _Layout) -> int | None:
    """The first of a tag's numbers; None if there is none."""
    entry = found.get(tag)
    return _number(data, entry.at, layout, _WHOLE[entry.kind]) if entry and entry.kind in _WHOLE else None


def _values(data: bytes, found: dict[int, _Entry], tag: int, layout: _Layout) -> tuple[int, ...]:
    """All of a tag's whole numbers, which lie within the data; of more than ``MOST_PIECES`` the first."""
    entry = found.get(tag)
    if entry is None or entry.kind not in _WHOLE:
        return ()
    count = min(entry.number, MOST_PIECES)
    return struct.unpack_from(f"{layout.order}{count}{_WHOLE[entry.kind]}", data, entry.at)


def _are_sound_pieces(data: bytes, found: dict[int, _Entry], layout: _Layout) -> bool:
    """Whether the strips or tiles are not too many, and not far larger than the picture."""
    if any(tag in found and found[tag].number > MOST_PIECES for tag in (_STRIPS, _TILES)):
        return False
    tags = (_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT)
    width, height, across, down = (_value(data, found, tag, layout) or 0 for tag in tags)
    if not (width and height and across and down):
        return True
    tiled = math.ceil(width / across) * across * math.ceil(height / down) * down
    return tiled <= max(MOST_PADDING * width * height, SMALL)
