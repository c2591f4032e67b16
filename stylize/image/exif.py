"""The part of an EXIF block that decoding needs: orientation, resolution and color space."""

from __future__ import annotations

import struct

KEPT = {
    "ifd0": {0x0112, 0x011A, 0x011B, 0x0128, 0x8769},  # Orientation, XResolution, YResolution, its unit, Exif
    "exif": {0xA001, 0xA005, 0xA500},  # ColorSpace, interoperability, Gamma
    "interop": {0x0001},  # R03 is Adobe RGB
}
_BELOW = {0x8769: "exif", 0xA005: "interop"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}  # bytes of a value by its type
_TURN = 0x0112
_MOST = 64  # bytes of a value that is kept

Entry = tuple[int, int, int, "bytes | list[Entry]"]  # tag, type, count, value or the folder below


def minimal(block: bytes, orientation: int | None = None) -> bytes:
    """An EXIF block (from its byte order on) with nothing but what is needed; b"" if there is nothing.

    ``orientation`` (1 to 8) is put in place of the block's own, which may be b"".
    """
    order, entries = _parse(block)
    if orientation is not None:
        entries = [
            (_TURN, 3, 1, struct.pack(order + "H", orientation)),
            *(entry for entry in entries if entry[0] != _TURN),
        ]
    if not entries:
        return b""
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(order + "I", 8) + _written(entries, order, 8)


def _parse(block: bytes) -> tuple[str, list[Entry]]:
    """The order of a block's bytes and what is kept of it, which is nothing if it is broken."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2], "")
    try:
        if order and struct.unpack_from(order + "H", block, 2)[0] == 42:
            return order, _read(block, order, struct.unpack_from(order + "I", block, 4)[0], "ifd0")
    except struct.error:
        pass
    return order or "<", []


def _read(block: bytes, order: str, at: int, kind: str) -> list[Entry]:
    found, seen = list[Entry](), set[int]()
    for n in range(struct.unpack_from(order + "H", block, at)[0]):
        tag, type_, count = struct.unpack_from(order + "HHI", block, at + 2 + 12 * n)
        size = _SIZES.get(type_, 0) * count
        if tag not in KEPT[kind] or not 0 < size <= _MOST or tag in seen:
            continue
        seen.add(tag)
        start = at + 10 + 12 * n
        if size > 4 or tag in _BELOW:
            start = struct.unpack_from(order + "I", block, start)[0]
        if tag in _BELOW:
            try:
                below = _read(block, order, start, _BELOW[tag])
            except struct.error:
                continue
            if below:
                found.append((tag, 4, 1, below))
        elif len(value := block[start : start + size]) == size:
            found.append((tag, type_, count, value))
    return sorted(found, key=lambda entry: entry[0])


def _written(entries: list[Entry], order: str, at: int) -> bytes:
    """A folder of tags that begins ``at`` bytes into its block, with its values and the folders below."""
    head, values = struct.pack(order + "H", len(entries)), b""
    after = at + 2 + 12 * len(entries) + 4
    for tag, type_, count, value in entries:
        place = after + len(values)
        data = _written(value, order, place) if isinstance(value, list) else value
        head += struct.pack(order + "HHI", tag, type_, count)
        if isinstance(value, bytes) and len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack(order + "I", place)
            values += data + b"\0" * (len(data) % 2)
    return head + bytes(4) + values
