"""BMP: run lengths, which Pillow unpacks in Python, byte by byte at the end of a row.

A step of the code may skip 255 rows, whatever their length.
"""

from __future__ import annotations

import struct

from ..faults import overgrown

MOST_PIXELS = 16_000_000  # of a packed file
MOST_BYTES = 10_000_000
LONGEST_ROW = 65_535  # pixels

_PACKED = (1, 2)  # 8 and 4 bits


def guarded(data: bytes, name: str) -> bytes:
    """``data``. Raises PictureError."""
    if len(data) >= 34 and data[14] >= 40:
        width, height, _, _, packing = struct.unpack_from("<iiHHI", data, 18)
        large = abs(width * height) > MOST_PIXELS or len(data) > MOST_BYTES or abs(width) > LONGEST_ROW
        if packing in _PACKED and large:
            raise overgrown(name, "BMP")
    return data
