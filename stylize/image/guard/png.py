"""PNG: chunks that Pillow would unpack or keep though no picture needs them.

Pillow refuses a file for a text or a profile of more than a megabyte. Here texts are left out, except those
that may say which side is up, and the profile is unpacked by :func:`profile`, within a bound of its own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from ..faults import overgrown
from . import tiff

MOST_CHUNKS = 100_000  # libpng writes 8 KB of pixels into each
LONGEST_PROFILE = 16_000_000  # bytes, unpacked
LONGEST_TEXT = 1_000_000  # bytes, unpacked

TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP, _DIGITS = b"XML:com.adobe.xmp", b"Raw profile type exif"
_READ_TEXTS = (_XMP, _DIGITS, b"exif")  # by Pillow's getexif
_CHROMATICITIES = 32  # bytes of a cHRM chunk, which Pillow makes numbers of however long it is


def guarded(data: bytes, name: str) -> bytes:
    """The file without texts, profile and EXIF data that is not sound. Raises PictureError."""
    parts, start, count = [], 0, 0
    kept = dict.fromkeys(_READ_TEXTS, 0)
    for kind, at, end in chunks(data):
        count += 1
        if count > MOST_CHUNKS:
            raise overgrown(name, "PNG")
        if kind == b"eXIf":
            needed = tiff.is_sound_exif(data[at + 8 : end - 4])
        elif kind in TEXTS:
            needed = end - at - 12 <= LONGEST_TEXT and _is_read(kind, data[at + 8 : end - 4], kept)
        else:
            needed = kind != b"iCCP" and (kind != b"cHRM" or end - at - 12 == _CHROMATICITIES)
        if needed:
            continue
        parts.append(data[start:at])
        start = end
    return b"".join([*parts, data[start:]]) if parts else data


def profile(data: bytes) -> bytes | None:
    """The color profile; None if there is none, it is broken, or longer than ``LONGEST_PROFILE``."""
    for kind, at, end in chunks(data):
        if kind == b"iCCP":
            packed = data[at + 8 : end - 4].partition(b"\0")[2]
            return _unpacked(packed[1:], LONGEST_PROFILE) if packed[:1] == b"\0" else None
        if kind == b"IDAT":
            break
    return None


def ends_early(data: bytes) -> bool:
    """Whether the last chunk is missing, or not whole."""
    kind, end = b"", 0
    for kind, _, end in chunks(data):  # noqa: B007
        pass
    return kind != b"IEND" or end > len(data)


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk up to IEND; the end may lie beyond the data's."""
    at, kind = 8, b""
    while at + 8 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, at, at + 12 + length
        at += 12 + length


def _is_read(kind: bytes, body: bytes, kept: dict[bytes, int]) -> bool:
    """Whether this is the first text of a keyword that Pillow looks for, and sound."""
    key = body.partition(b"\0")[0]
    if key not in kept or kept[key]:
        return False
    kept[key] += 1
    text = _text(kind, body[len(key) + 1 :])
    if text is None or key == _XMP:
        return text is not None
    return tiff.is_sound_exif(_from_digits(text) if key == _DIGITS else text)


def exif_in_text(kind: bytes, body: bytes) -> bytes | None:
    """The EXIF data in a text chunk of ImageMagick's, b"" if they are broken; None in another chunk."""
    key, _, rest = body.partition(b"\0")
    return _from_digits(_text(kind, rest) or b"") if key == _DIGITS else None


def _from_digits(text: bytes) -> bytes:
    """What ImageMagick wrote as hexadecimal digits below three lines."""
    try:
        return bytes.fromhex("".join(text.decode("latin-1").split("\n")[3:]))
    except ValueError:
        return b""


def _text(kind: bytes, rest: bytes) -> bytes | None:
    """The text after the keyword; None if it is broken or longer than ``LONGEST_TEXT``."""
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _unpacked(rest[1:], LONGEST_TEXT) if rest[:1] == b"\0" else None
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    return _unpacked(parts[2], LONGEST_TEXT) if rest[0] else parts[2]


def _unpacked(packed: bytes, most: int) -> bytes | None:
    try:
        found = zlib.decompressobj().decompress(packed, most + 1)
    except zlib.error:
        return None
    return found if len(found) <= most else None
