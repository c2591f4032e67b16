"""Which files of a folder are taken for pictures. No torch and no Pillow here."""

from __future__ import annotations

import os

READABLE = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".jif",
        ".png",
        ".apng",
        ".webp",
        ".tif",
        ".tiff",
        ".bmp",
        ".dib",
        ".gif",
    }
)
HEAD = 12  # bytes


def has_suffix(name: str | os.PathLike[str]) -> bool:
    """Whether a file's name ends as that of a picture which can be read, in upper or lower case."""
    return os.path.splitext(name)[1].lower() in READABLE


def shows_picture(head: bytes) -> bool:
    """Whether a file of another name begins, with its first 12 bytes, as a JPEG, PNG, WebP or GIF.

    TIFF and BMP need their suffix: raw camera files begin as a TIFF does, and any text may begin with BM.
    """
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    )
