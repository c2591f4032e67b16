"""JPEG: the scans, and the segments before the first of them.

Each scan of a progressive file passes over all pixels and may take a few bytes. Pillow walks over the
segments before the first scan, and over what lies between them, in Python.
"""

from __future__ import annotations

import re

from PIL.JpegImagePlugin import MARKER

from ...errors import PictureError
from ..faults import called, overgrown
from . import tiff

MOST_SCANS = 100  # libtiff's limit too; an encoder of photos makes about ten
MOST_SEGMENTS = 10_000  # a profile has up to 255 and a large XMP packet some hundreds
MOST_STRAY = 1_000_000  # bytes between the segments before the first scan
MOST_EXIF = 8_000_000  # bytes, of all segments together

_EXIF = b"Exif\0\0"
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers that no length follows
_WITHOUT_HANDLER = {marker & 0xFF for marker, (_, _, handler) in MARKER.items() if handler is None}
# The next marker: after any number of fill bytes, and neither a stuffed byte nor a restart.
_NEXT = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def guarded(data: bytes, name: str) -> bytes:
    """The file, without EXIF data that is not sound. Raises PictureError."""
    first, exif = _header(data, name)
    parts = [data[start + 10 : end] for start, end in exif]
    if sum(map(len, parts)) > MOST_EXIF or not tiff.is_sound_exif(b"".join(parts)):
        first -= sum(end - start for start, end in exif)
        data = _without(data, exif)
    if data.count(b"\xff\xda", first) > MOST_SCANS:  # some of these may lie in other segments
        _check_scans(data, first, name)
    return data


def ends_early(data: bytes) -> bool:
    """Whether no end follows the first scan. Raises PictureError."""
    first, _ = _header(data, "")
    return data.find(b"\xff\xd9", first) < 0


def _header(data: bytes, name: str) -> tuple[int, list[tuple[int, int]]]:
    """Where the first scan's marker lies, as Pillow finds it (the end of the data if there is none), and
    where each segment of EXIF data begins and ends."""
    at, stray, exif = 2, 0, []
    for _ in range(MOST_SEGMENTS):
        found = _NEXT.search(data, at)
        if found is None:
            break
        stray += found.start() - at
        at, marker = found.end(), data[found.end() - 1]
        if marker == _SCAN:
            break
        if marker not in _WITHOUT_HANDLER:
            at += _length(data, at)
        if marker == _APP1 and data.startswith(_EXIF, found.end() + 2):
            exif.append((found.start(), at))
    else:
        raise overgrown(name, "JPEG")
    start = len(data) if found is None else found.start()
    stray += start - at if found is None else 0
    if stray > MOST_STRAY:
        raise overgrown(name, "JPEG")
    return start, exif


def _without(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), len(data)]
    return b"".join(data[start:end] for start, end in zip(starts, ends, strict=True))


def _check_scans(data: bytes, at: int, name: str) -> None:
    """Counts the scans from the first on as libjpeg meets them."""
    scans = 0
    for _ in range(MOST_SEGMENTS):
        found = _NEXT.search(data, at)
        if found is None or data[found.end() - 1] == _END:
            return
        at, marker = found.end(), data[found.end() - 1]
        scans += marker == _SCAN
        if scans > MOST_SCANS:
            raise PictureError(
                "{file} is a JPEG of more than {most} scans, which would take too long to read: "
                "open it in another program and save it as PNG.",
                file=called(name),
                most=MOST_SCANS,
            )
        at += 0 if marker in _ALONE else _length(data, at)
    raise overgrown(name, "JPEG")


def _length(data: bytes, at: int) -> int:
    """Bytes of a segment after its marker, the two of the length included."""
    return max(2, int.from_bytes(data[at : at + 2], "big"))
