"""What is looked at in a file's bytes before a decoder gets them.

A decoder's time and memory should follow from the number of pixels. Each format has parts by which a small
file asks for more, without a bound in Pillow or the library under it. They are counted here in time linear
in the file's size, and what a picture does not need is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from ...errors import PictureError
from . import bmp, gif, jpeg, png, tiff, webp

Guard = Callable[[bytes, str], bytes]

_GUARDS: dict[str, Guard] = {
    "BMP": bmp.guarded,
    "GIF": gif.guarded,
    "JPEG": jpeg.guarded,
    "PNG": png.guarded,
    "TIFF": tiff.guarded,
    "WebP": webp.guarded,
}
_ENDS: dict[str, Callable[[bytes], bool]] = {
    "JPEG": jpeg.ends_early,
    "PNG": png.ends_early,
    "TIFF": tiff.ends_early,
    "WebP": webp.ends_early,
}


def guarded(kind: str, data: bytes, name: str) -> bytes:
    """The bytes of a file of that kind that a decoder may have. Raises PictureError."""
    return _GUARDS[kind](data, name)


def ends_early(kind: str, data: bytes) -> bool:
    """Whether a file of one of the formats that are written is cut short, by its own account of its parts."""
    try:
        return kind in _ENDS and _ENDS[kind](data)
    except PictureError:  # it has too many parts to look through
        return False


__all__ = ["ends_early", "gif", "guarded", "png", "webp"]
