"""A TIFF file whose every byte that no picture needs is zero: the tags of other kinds and what they point to.

The rest stays where it is, so that no offset changes. BigTIFF is read as well.
"""

from __future__ import annotations

import struct
from collections.abc import Set

from .recipes import xmp_packet, xmp_recipe

_KEPT = frozenset(
    {
        254,
        255,
        256,
        257,
        258,
        259,
        262,
        263,
        264,
        265,
        266,
        273,
        274,
        277,
        278,
        279,
        280,
        281,
        282,
        283,
        284,
        290,
        291,
        292,
        293,
        296,
        297,
        301,
        317,
        318,
        319,
        320,
        321,
        322,
        323,
        324,
        325,
        332,
        334,
        336,
        338,
        339,
        340,
        341,
        347,
        529,
        530,
        531,
        532,
        34675,
    }
)
_XMP, _EXIF, _INTEROP = 700, 34665, 40965
_BELOW: dict[int, Set[int]] = {_EXIF: frozenset({40961, _INTEROP}), _INTEROP: frozenset({1})}
_PARTS = {273: 279, 324: 325}  # offsets of strips and tiles, and their lengths
_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_WHOLE = {1: "B", 3: "H", 4: "I", 16: "Q"}
_OLD_JPEG = 6  # a compression whose tables lie wherever they like
MOST_PAGES, MOST_TAGS = 10_000, 200_000
MOST_COPIED = 3  # times the file, whose parts may overlap


def stripped(data: bytes) -> bytes:
    """The file without its metadata. Raises ValueError or struct.error for one that cannot be told apart."""
    return _Copy(data).made()


class _Copy:
    """A file in the making: zeros, into which is copied what a picture needs."""

    def __init__(self, data: bytes) -> None:
        self.data, self.out, self.end = data, bytearray(len(data)), 0
        self.tags = self.copied = 0
        self.order = "<" if data[:1] == b"I" else ">"
        self.big = data[2:4] in (b"+\0", b"\0+")
        self.offset, self.counter, self.room = ("Q", "Q", 8) if self.big else ("I", "H", 4)

    def made(self) -> bytes:
        head = 16 if self.big else 8
        self._put(0, self.data[:head])
        at, seen = self._whole(self.offset, head - self.room), set[int]()
        while at:
            if at in seen or len(seen) >= MOST_PAGES:
                raise ValueError("pages in a circle")
            seen.add(at)
            at = self._folder(at, _KEPT | {_XMP, _EXIF}, more=True)
        return bytes(self.out[: self.end])

    def _folder(self, at: int, kept: Set[int], *, more: bool = False) -> int:
        """Copies a folder of tags without the others; where the next one begins."""
        count, first = self._whole(self.counter, at), at + struct.calcsize(self.counter)
        length = 4 + 2 * self.room
        entries, values = list[bytes](), dict[int, list[int]]()
        self.tags += count
        if self.tags > MOST_TAGS:
            raise ValueError("more tags than is sound")
        for n in range(count):
            place = first + n * length
            entry = self.data[place : place + length]
            tag = self._whole("H", place)
            if len(entry) < length:
                raise ValueError("cut short")
            if tag in kept:
                new = self._entry(tag, place, entry, values)
                entries += [new] if new else []
        if values.get(259) == [_OLD_JPEG]:
            raise ValueError("old JPEG")
        for offsets, lengths in _PARTS.items():
            self._parts(values.get(offsets, []), values.get(lengths, []))
        following = self._whole(self.offset, first + count * length)
        tail = struct.pack(self.order + self.offset, following if more else 0)
        self._put(at, struct.pack(self.order + self.counter, len(entries)) + b"".join(entries) + tail)
        return following if more else 0

    def _entry(self, tag: int, place: int, entry: bytes, values: dict[int, list[int]]) -> bytes:
        """A tag's entry, once its value is copied; b"" if it is left out."""
        kind, count = self._whole("H", place + 2), self._whole(self.offset, place + 4)
        size = _SIZES.get(kind, 0) * count
        inside = size <= self.room
        start = place + 4 + self.room if inside else self._whole(self.offset, place + 4 + self.room)
        value = self.data[start : start + size]
        if tag in _BELOW:
            self._folder(self._whole(self.offset, place + 4 + self.room), _BELOW[tag])
            return entry
        if len(value) < size or not size:
            raise ValueError("cut short")
        if tag == _XMP:
            return self._recipe(entry, start, value)
        if kind in _WHOLE:
            values[tag] = list(struct.unpack(f"{self.order}{count}{_WHOLE[kind]}", value))
        if not inside:
            self._put(start, value)
        return entry

    def _recipe(self, entry: bytes, start: int, value: bytes) -> bytes:
        """The entry of a packet with the recipe alone in the old one's place, if there is room for it."""
        found = xmp_recipe(value)
        packet = b"" if found is None else xmp_packet(found.decode("utf-8"))
        if not self.room < len(packet) <= len(value):
            return b""
        self._put(start, packet)
        count = struct.pack(self.order + self.offset, len(packet))
        return entry[:2] + struct.pack(self.order + "H", 1) + count + entry[4 + self.room :]

    def _parts(self, offsets: list[int], lengths: list[int]) -> None:
        if len(offsets) != len(lengths):
            raise ValueError("no lengths")
        for start, length in zip(offsets, lengths, strict=True):
            if not length and start:
                raise ValueError("no length")
            if self.copied + length > MOST_COPIED * len(self.out):
                raise ValueError("more than is sound")
            self._put(start, self.data[start : start + length])

    def _put(self, at: int, data: bytes) -> None:
        self.copied += len(data)
        if at + len(data) > len(self.out) or self.copied > MOST_COPIED * len(self.out):
            raise ValueError("beyond the end")
        self.out[at : at + len(data)] = data
        self.end = max(self.end, at + len(data))

    def _whole(self, kind: str, at: int) -> int:
        return int(struct.unpack_from(self.order + kind, self.data, at)[0])
