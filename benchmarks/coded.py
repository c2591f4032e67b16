"""Pictures that carry a number in their colors, and files that were made to do harm.

A number's bits are the signs of Cb and Cr in a grid of blocks. Painted with the content's own colors
(``color=luminance``) or not at all (strength 0), a picture still tells whose it is.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

GRID = 4  # blocks a side, each with two bits
BITS = 2 * GRID * GRID
TOLERATED = 5  # bits that painting may turn; two random numbers differ in 16 of 32
DEPTH = 56  # of 127, how far Cb and Cr are from gray


def picture(number: int, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A picture of that size with ``number`` in it, and noise in its lightness."""
    bits = np.array([number >> n & 1 for n in range(BITS)], np.int16).reshape(GRID, GRID, 2)
    small = np.full((GRID, GRID, 3), 128, np.uint8)
    small[..., 1:] = 128 + (2 * bits - 1) * DEPTH
    blocks = np.array(Image.fromarray(small, "YCbCr").resize((width, height), Image.Resampling.NEAREST))
    coarse = rng.integers(96, 160, (max(2, height // 16), max(2, width // 16)), dtype=np.uint8)
    blocks[..., 0] = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray(blocks, "YCbCr").convert("RGB")


def number_of(image: Image.Image) -> int:
    """The number in a picture, as far as its colors still tell."""
    small = image.convert("RGB").convert("YCbCr").resize((GRID * 8,) * 2, Image.Resampling.BOX)
    colors = np.asarray(small, np.float32)[..., 1:] - 128
    middles = colors.reshape(GRID, 8, GRID, 8, 2)[:, 2:6, :, 2:6].mean((1, 3))
    return sum(int(bit) << n for n, bit in enumerate((middles > 0).ravel()))


def distance(one: int, other: int) -> int:
    """How many bits differ."""
    return (one ^ other).bit_count()


def encoded(image: Image.Image, kind: str) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return file.getvalue()


def hostile(rng: np.random.Generator) -> dict[str, bytes]:
    """Files by their names: bombs, cut ones, and what is no picture."""
    sound = encoded(Image.fromarray(rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)), "PNG")
    photo = encoded(Image.fromarray(rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)), "JPEG")
    return {
        "wide.png": _png_bomb(30000),
        "scans.jpg": _scan_bomb(2000, 2000, 2000),
        "wide.tif": _tiff_bomb(60000),
        "cut.png": sound[: len(sound) // 2],
        "cut-head.jpg": photo[:40],
        "text.jpg": b"not a picture\n" * 50,
        "page.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "empty.webp": b"",
    }


def slow() -> bytes:
    """A JPEG that is read, but takes long for it: nearly as many scans as are allowed."""
    return _scan_bomb(2800, 2800, 95)


def _png_bomb(side: int) -> bytes:
    """A bilevel picture of ``side`` squared pixels in a small file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _scan_bomb(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG with many scans that hold nothing."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    def bits(text: str) -> bytes:
        text += "1" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")

    blocks = (width + 7) // 8 * ((height + 7) // 8)
    runs = "0" + format(blocks - 16384, "014b")  # one end-of-band run over all blocks: from 16384 to 32767
    tables = segment(0xDB, b"\0" + bytes([1] * 64))
    tables += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    tables += segment(0xC4, b"\x00" + bytes([1, *[0] * 15]) + b"\0")
    tables += segment(0xC4, b"\x10" + bytes([1, *[0] * 15]) + b"\xe0")
    first = segment(0xDA, b"\1\1\0\0\0\0") + bits("0" * blocks)
    more = segment(0xDA, b"\1\1\0\1\x3f\0") + bits(runs)
    return b"\xff\xd8" + tables + first + more * scans + b"\xff\xd9"


def _tiff_bomb(side: int) -> bytes:
    """The head of a TIFF that says to be of ``side`` squared pixels, with one strip that is not there."""
    entries = [(256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200),
               (277, 3, 1), (278, 4, side), (279, 4, 1000)]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4) + bytes(200)
