"""The orientation of a picture, 1 to 8 as in EXIF, from EXIF or, without that, from XMP."""

from __future__ import annotations

import io

from PIL import ExifTags, Image, PngImagePlugin

from . import guard
from .files import open_image

_PIXEL = (
    b"\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55",
    b"\0\0\0\x0aIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71",
    b"\0\0\0\0IEND\xae\x42\x60\x82",
)  # of a PNG


def orientation(image: Image.Image) -> int:
    """As Pillow finds it, which loads a PNG."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken EXIF costs the turn, not the picture
        return 1


def orientation_of(kind: str, data: bytes) -> int:
    """As :func:`orientation` of a JPEG, PNG or WebP file, of which no pixel is decoded."""
    try:
        image = _without_pixels(data) if kind == "PNG" else open_image(data, "")
    except Exception:  # no picture that could be turned
        return 1
    return orientation(image)


def _without_pixels(data: bytes) -> Image.Image:
    """A PNG of one pixel with the texts and the EXIF data of another, in the same order."""
    data = guard.guarded("PNG", data, "")
    head, pixel, end = _PIXEL
    parts, metadata = [data[:8], head], (b"eXIf", *guard.png.TEXTS)
    for kind, start, stop in guard.png.chunks(data):
        if kind in metadata:
            parts.append(data[start:stop])
        elif kind == b"IDAT" and pixel not in parts:
            parts.append(pixel)
    return PngImagePlugin.PngImageFile(io.BytesIO(b"".join([*parts, end])))
