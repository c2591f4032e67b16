"""The samples of a TIFF whatever their depth and layout, which Pillow reads for the common ones only.

Pillow unpacks strips and tiles, of one plane after the other, as if each byte were a gray pixel; what the
bytes mean is settled here (TIFF 6.0; predictors: Adobe's TIFF Technical Note 3 for floats).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import TiffImagePlugin

MOST_BYTES = 2_000_000_000  # unpacked
_LOSSLESS = {1, 5, 8, 32946, 32773, 34925, 50000}  # none, LZW, deflate twice, PackBits, LZMA, Zstandard
_BAND = 1 << 22  # bytes that are worked on at once
_UINT, _INT, _FLOAT, _VOID = 1, 2, 3, 4

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL = 256, 257, 258, 259, 262, 266
STRIPS, SAMPLES, ROWS, STRIP_BYTES, PLANAR, PREDICTOR = 273, 277, 278, 279, 284, 317
TILE_WIDTH, TILE_LENGTH, TILES, TILE_BYTES, EXTRA, FORMAT = 322, 323, 324, 325, 338, 339
_TAKEN_OVER = (COMPRESSION, FILL)
_LONG8 = 16


class Unread(Exception):
    """A sort of TIFF that is not read; the text names the tag and the value."""


class TiffFile(TiffImagePlugin.TiffImageFile):
    """Opens a TIFF also where Pillow knows no mode for its pixels; ``samples`` or nothing reads it then."""

    known = True

    def _setup(self) -> None:
        try:
            super()._setup()
        except Exception:
            if not {WIDTH, LENGTH} <= set(self.tag_v2):
                raise
            self.known = False
            self._mode = "L"
            turned = self.tag_v2.get(274) in (5, 6, 7, 8)
            self._size = (self.tag_v2[WIDTH], self.tag_v2[LENGTH])[:: -1 if turned else 1]
            self.info["icc_profile"] = self.tag_v2.get(34675)


@dataclass(frozen=True)
class Layout:
    """How the samples lie in the file.

    ``kind`` is the SampleFormat. ``tile`` is (width, length) of a tile, or of a strip.
    """

    size: tuple[int, int]
    samples: int
    bits: int
    kind: int
    planar: bool
    tile: tuple[int, int]
    tiled: bool
    predictor: int
    order: str

    @property
    def together(self) -> int:
        """Samples that lie side by side."""
        return 1 if self.planar else self.samples

    @property
    def across(self) -> int:
        """Tiles side by side."""
        return -(-self.size[0] // self.tile[0])

    @property
    def count(self) -> int:
        """Tiles or strips of a plane."""
        return self.across * -(-self.size[1] // self.tile[1])

    @property
    def row_bytes(self) -> int:
        """Of a tile."""
        return -(-self.tile[0] * self.together * self.bits // 8)


def is_lossless(image: TiffImagePlugin.TiffImageFile) -> bool:
    """Whether the pixels are packed in a way that :func:`samples` undoes."""
    return image.tag_v2.get(COMPRESSION, 1) in _LOSSLESS


def layout_of(image: TiffImagePlugin.TiffImageFile) -> Layout:
    """Raises Unread, and nearly anything for hostile tags."""
    tags = image.tag_v2
    size = (int(tags[WIDTH]), int(tags[LENGTH]))
    bits, kinds = _all(tags.get(BITS, 1)), _all(tags.get(FORMAT, _UINT))
    samples = int(tags.get(SAMPLES, len(bits)))
    tiled = TILES in tags
    tile = (
        (tags[TILE_WIDTH], tags[TILE_LENGTH]) if tiled else (size[0], min(tags.get(ROWS, size[1]), size[1]))
    )
    if len(set(bits[:samples])) > 1:
        raise Unread(f"BitsPerSample {', '.join(map(str, bits))}")
    if len(set(kinds[:samples])) > 1 or kinds[0] not in (_UINT, _INT, _FLOAT, _VOID):
        raise Unread(f"SampleFormat {', '.join(map(str, kinds))}")
    found = Layout(
        size,
        samples,
        bits[0],
        _UINT if kinds[0] == _VOID else kinds[0],
        tags.get(PLANAR, 1) == 2 and samples > 1,
        tile,
        tiled,
        tags.get(PREDICTOR, 1),
        "<" if tags.prefix[:1] == b"I" else ">",
    )
    _check(found)
    return found


def _check(layout: Layout) -> None:
    whole = layout.bits in (8, 16, 32, 64)
    if layout.samples > 16:
        raise Unread(f"SamplesPerPixel {layout.samples}")
    if not whole and (layout.kind != _UINT or layout.bits > 16):
        raise Unread(f"BitsPerSample {layout.bits}, SampleFormat {layout.kind}")
    if layout.kind == _FLOAT and layout.bits == 8:
        raise Unread("BitsPerSample 8, SampleFormat 3")
    fits = {1: True, 2: whole, 3: layout.kind == _FLOAT}
    if not fits.get(layout.predictor, False):
        raise Unread(f"Predictor {layout.predictor}")
    tile = layout.tile[1] * layout.row_bytes
    if (
        min(layout.tile) < 1
        or max(layout.count * tile, tile) * layout.samples // layout.together > MOST_BYTES
    ):
        raise Unread("TileWidth, TileLength")


def samples(layout: Layout, image: TiffImagePlugin.TiffImageFile, data: bytes) -> np.ndarray:
    """(height, width, samples) of unsigned or signed integers, or of float32 or float64, in native order.

    ``data`` is the whole file. Raises nearly anything for hostile bytes.
    """
    planes = [_bytes(layout, image, data, n) for n in range(layout.samples if layout.planar else 1)]
    width, height = layout.size
    found = np.empty((height, width, layout.samples), _dtype(layout))
    step = max(1, _BAND // (layout.across * layout.row_bytes))
    for n, plane in enumerate(planes):
        channels = slice(n, n + 1) if layout.planar else slice(None)
        for top in range(0, height, step):
            rows = _rows(layout, plane[top : top + step])
            found[top : top + step, :, channels] = rows.reshape(len(rows), -1, layout.together)[:, :width]
    return found


def _dtype(layout: Layout) -> np.dtype[Any]:
    whole = 8 if layout.bits <= 8 else max(16, layout.bits)
    kind = {_UINT: "u", _INT: "i", _FLOAT: "f"}[layout.kind]
    return np.dtype(f"{kind}{4 if kind == 'f' and whole == 16 else whole // 8}")


def _bytes(layout: Layout, image: TiffImagePlugin.TiffImageFile, data: bytes, plane: int) -> np.ndarray:
    """A plane's unpacked bytes, (height, tiles across, bytes of a tile's row)."""
    where, lengths = (TILES, TILE_BYTES) if layout.tiled else (STRIPS, STRIP_BYTES)
    part = slice(plane * layout.count, (plane + 1) * layout.count)
    offsets, sizes = _all(image.tag_v2[where])[part], _all(image.tag_v2.get(lengths, ()))[part]
    if len(offsets) != layout.count:
        raise ValueError("strips or tiles are missing")
    row, height = layout.row_bytes, layout.size[1]
    tags: dict[int, tuple[int, ...]] = {
        WIDTH: (layout.across * row,),
        LENGTH: (height,),
        BITS: (8,),
        PHOTOMETRIC: (1,),
        SAMPLES: (1,),
    }
    tags |= {tag: _all(image.tag_v2[tag]) for tag in _TAKEN_OVER if tag in image.tag_v2}
    tags |= {TILE_WIDTH: (row,), TILE_LENGTH: layout.tile[1:]} if layout.tiled else {ROWS: layout.tile[1:]}
    tags |= {lengths: sizes} if sizes else {}
    with TiffImagePlugin.TiffImageFile(BytesIO(_file(tags, where, offsets, data))) as gray:
        return np.asarray(gray).reshape(height, layout.across, row)


def _file(tags: dict[int, tuple[int, ...]], where: int, offsets: tuple[int, ...], data: bytes) -> bytes:
    """A BigTIFF with these tags whose pixels lie in another file, which follows."""
    begin = 16 + 8 + 20 * (len(tags) + 1) + 8
    begin += sum(8 * len(values) for values in (*tags.values(), offsets) if len(values) > 1)
    tags = dict(sorted((tags | {where: tuple(begin + at for at in offsets)}).items()))
    entries, behind = b"", b""
    end = 16 + 8 + 20 * len(tags) + 8
    for tag, values in tags.items():
        packed = struct.pack(f"<{len(values)}Q", *values)
        entries += struct.pack("<HHQ", tag, _LONG8, len(values))
        entries += packed if len(values) == 1 else struct.pack("<Q", end + len(behind))
        behind += packed if len(values) > 1 else b""
    return struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(tags)) + entries + bytes(8) + behind + data


def _rows(layout: Layout, packed: np.ndarray) -> np.ndarray:
    """Samples of some rows, (rows, tiles, pixels of a tile, samples side by side)."""
    rows, tiles, _ = packed.shape
    shape = (rows, tiles, layout.tile[0], layout.together)
    size = layout.bits // 8
    if layout.bits not in (8, 16, 32, 64):
        number = layout.tile[0] * layout.together
        bits = np.unpackbits(packed, axis=2, count=number * layout.bits).reshape(*shape, layout.bits)
        return bits @ (1 << np.arange(layout.bits)[::-1]).astype(np.uint16)
    if layout.predictor == 3:
        total = packed.reshape(rows, tiles, -1, layout.together).cumsum(axis=2, dtype=np.uint8)
        total = total.reshape(rows, tiles, size, -1).swapaxes(2, 3)
        return np.ascontiguousarray(total).view(f">f{size}").reshape(shape)
    values = np.ascontiguousarray(packed).view(f"{layout.order}u{size}").reshape(shape)
    values = values.astype(values.dtype.newbyteorder("="))
    if layout.predictor == 2:
        values = values.cumsum(axis=2, dtype=values.dtype)
    return values.view(f"{ {_UINT: 'u', _INT: 'i', _FLOAT: 'f'}[layout.kind] }{size}")


def _all(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,)
