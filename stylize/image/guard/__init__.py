"""What is looked at in a file's bytes before a decoder gets them.

A decoder's time and memory should follow from the number of pixels. Each format has parts by which a small
file asks for more, without a bound in Pillow or the library under it. They are counted here in time linear
in the file's size, and what a picture does not need is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from . import bmp, gif, jpeg, png, tiff, webp

Guard = Callable[[bytes, str], bytes]

_GUARDS: dict[str, Guard] = {
    "BMP": bmp.guarded, "GIF": gif.guarded, "JPEG": jpeg.guarded, "PNG": png.guarded, "TIFF": tiff.guarded,
    "WebP": webp.guarded,
}  # fmt: skip


def guarded(kind: str, data: bytes, name: str) -> bytes:
    """The bytes of a file of that kind that a decoder may have. Raises PictureError."""
    return _GUARDS[kind](data, name)


__all__ = ["guarded", "png"]
