"""PNG files of 16 bits a channel, for uploads without their metadata: Pillow does not write such in color.

Results have 8 bits.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from .resolution import Dpi

if TYPE_CHECKING:
    from torch import Tensor


def encode(tensor: Tensor, *, dpi: Dpi | None = None) -> bytes:
    """A PNG file of (1, C, H, W) sRGB in [0, 1], C 3 for RGB or 4 for RGBA, rounded to steps of 16 bits."""
    values = tensor.detach()[0].float().clamp(0, 1).mul(65535).round().permute(1, 2, 0).cpu().numpy()
    height, width, channels = values.shape
    rows = np.zeros((height, 1 + 2 * channels * width), np.uint8)  # the first byte: not filtered
    rows[:, 1:] = values.astype(">u2", order="C").view(np.uint8).reshape(height, -1)
    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)),
        chunk(b"sRGB", b"\0"),
    ]
    if dpi:
        across, down = (round(value / 0.0254) for value in dpi)  # pixels per meter
        parts.append(chunk(b"pHYs", struct.pack(">IIB", across, down, 1)))
    parts += [chunk(b"IDAT", zlib.compress(rows.tobytes(), 4)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
