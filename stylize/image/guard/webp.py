"""WebP: the number of chunks, and the EXIF data among them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..faults import overgrown
from . import tiff

MOST_CHUNKS = 100_000


def guarded(data: bytes, name: str) -> bytes:
    """The file, without EXIF data that is not sound. Raises PictureError."""
    unsound = []
    for count, (kind, start, end) in enumerate(chunks(data)):
        if count >= MOST_CHUNKS:
            raise overgrown(name, "WebP")
        if kind == b"EXIF" and not tiff.is_sound_exif(data[start + 8 : end]):
            unsound.append(start)
    if not unsound:
        return data
    changed = bytearray(data)
    for start in unsound:
        changed[start : start + 4] = b"none"  # an unknown chunk, which is passed over
    return bytes(changed)


def chunks(data: bytes, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk, with 8 bytes of head and without padding; the end may lie beyond
    the data's."""
    at, last = 12, len(data) if end is None else end
    while at + 8 <= last:
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, at, at + 8 + length
        at += 8 + length + length % 2


def ends_early(data: bytes) -> bool:
    """Whether there are fewer bytes than the header says."""
    return len(data) < 12 or int.from_bytes(data[4:8], "little") + 8 > len(data)
