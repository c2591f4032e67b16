"""WebP: the number of chunks, and the EXIF data among them."""

from __future__ import annotations

import struct

from ..faults import overgrown
from . import tiff

MOST_CHUNKS = 100_000


def guarded(data: bytes, name: str) -> bytes:
    """The file, without EXIF data that is not sound. Raises PictureError."""
    at = 12
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return data
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"EXIF" and not tiff.is_sound_exif(data[at + 8 : at + 8 + length]):
            data = data[:at] + b"none" + data[at + 4 :]  # an unknown chunk, which is passed over
        at += 8 + length + length % 2
    raise overgrown(name, "WebP")


def ends_early(data: bytes) -> bool:
    """Whether there are fewer bytes than the header says."""
    return len(data) < 12 or int.from_bytes(data[4:8], "little") + 8 > len(data)
