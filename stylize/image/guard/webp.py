"""WebP: the number of chunks, and the EXIF data among them."""

from __future__ import annotations

import struct

from ..faults import overgrown
from . import tiff

MOST_CHUNKS = 100_000


def guarded(data: bytes, name: str) -> bytes:
    """``data``. Raises PictureError."""
    at = 12
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(data):
            return data
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"EXIF":
            tiff.check_exif(data[at + 8 : at + 8 + length], name, "WebP")
        at += 8 + length + length % 2
    raise overgrown(name, "WebP")
