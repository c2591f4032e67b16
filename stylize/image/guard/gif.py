"""GIF: blocks without end, and comments that Pillow puts together piece by piece.

The file is rewritten with its images and what controls them; comments and other extensions are left out.
"""

from __future__ import annotations

import re

from ..faults import overgrown

MOST_BLOCKS = 1_000_000  # an encoder puts 255 bytes into each
PER_IMAGE = 10  # what an image costs besides its blocks

_EXTENSION, _IMAGE, _END, _CONTROL = b"!", b",", b";", 0xF9
_NEXT = re.compile(b"[!,;]")


def guarded(data: bytes, name: str) -> bytes:
    """The header, the images and their controls. Raises PictureError."""
    at = 13 + _table_at(data, 10)
    parts, control, cost = [data[:at]], b"", 0
    while found := _NEXT.search(data, at):
        start, kind = found.start(), found.group()
        if kind == _END:
            parts.append(_END)
            break
        if kind == _EXTENSION:
            at, blocks = _past_blocks(data, start + 2)
            if data[start + 1 : start + 2] == bytes([_CONTROL]):
                control = data[start:at]
        else:
            at, blocks = _past_blocks(data, start + 11 + _table_at(data, start + 9))
            parts += [control, data[start:at]]
            control, cost = b"", cost + PER_IMAGE
        cost += blocks + 1
        if cost > MOST_BLOCKS:
            raise overgrown(name, "GIF")
    return b"".join(parts)


def table(flags: int) -> int:
    """Bytes of the table of colors that follows these flags."""
    return 3 << (flags & 7) + 1 if flags & 128 else 0


def _table_at(data: bytes, at: int) -> int:
    return table(data[at]) if at < len(data) else 0


def _past_blocks(data: bytes, at: int) -> tuple[int, int]:
    """Where a chain of blocks is over, and how many they are."""
    blocks = 0
    while at < len(data) and data[at] and blocks <= MOST_BLOCKS:
        at += data[at] + 1
        blocks += 1
    return at + 1, blocks
