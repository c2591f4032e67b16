"""Pictures and files for these tests: by PIL, or byte by byte where PIL makes none."""

import io
import struct
import zlib

import numpy as np
import torch
from PIL import Image, ImageCms

WIDTH, HEIGHT = 7, 5
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")


def array(height=HEIGHT, width=WIDTH, channels=3):
    return np.random.default_rng(1).integers(0, 256, (height, width, channels), dtype=np.uint8)


def rgb(height=HEIGHT, width=WIDTH):
    return Image.fromarray(array(height, width))


def smooth(height=16, width=24):
    """Gentle enough for JPEG and WebP to keep."""
    down, across = np.mgrid[0:height, 0:width]
    planes = [0.3 + 0.4 * across / width, 0.3 + 0.4 * down / height, np.full((height, width), 0.5)]
    return torch.tensor(np.stack(planes), dtype=torch.float32)[None]


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bytes_of(picture):
    """(H, W, 3) on a scale of 255, not rounded."""
    return (picture.tensor[0].permute(1, 2, 0) * 255).numpy()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, bits, color, rows, *extra, before=()):
    """A PNG from raw rows, in depths that PIL does not write; ``extra`` chunks follow the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), *before, chunk(b"IDAT", pixels), *extra, chunk(b"IEND", b"")]
    )


def tiff(data, width, height, bits, photometric, sample_format=1, *, subfile=0, at=0):
    """A gray TIFF of one uncompressed strip; ``at`` is how far it will be moved."""
    strip = data + b"\0" * (len(data) % 2)
    tags = [(254, subfile), (256, width), (257, height), (258, bits), (259, 1), (262, photometric),
            (273, at + 8), (277, 1), (278, height), (279, len(data)), (339, sample_format)]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<I", at + 8 + len(strip))
    return head + strip + struct.pack("<H", len(tags)) + directory + bytes(4)


def tiff_samples(values, photometric=2, *, bits=None, order="<", big=False, planar=False, tile=None, rows=3,
            packed=False, predictor=1, extra=(), more=None):  # fmt: skip
    """A TIFF of (H, W, S) samples in strips of ``rows`` or tiles (width, length), zipped if ``packed``.

    ``bits`` other than the type's are packed tightly. ``more`` are tags: {number: whole numbers, or bytes}.
    """
    height, width, samples = values.shape
    bits, (wide, high) = bits or values.itemsize * 8, tile or (width, rows)
    planes = [values[..., n : n + 1] for n in range(samples)] if planar else [values]
    blocks = []
    for plane in planes:
        down, across = -height % high if tile else 0, -width % wide
        plane = np.pad(plane, ((0, down), (0, across), (0, 0)), "edge")
        for top in range(0, len(plane), high):
            for left in range(0, plane.shape[1], wide):
                block = plane[top : top + high, left : left + wide]
                data = _rows_of(block, bits, order, predictor)
                blocks.append(zlib.compress(data) if packed else data)
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    sizes = [len(block) for block in blocks]
    head = 16 if big else 8
    offsets = [head + sum(sizes[:n]) for n in range(len(blocks))]
    tags = {256: [width], 257: [height], 258: [bits] * samples, 259: [8 if packed else 1], 262: [photometric],
            277: [samples], 284: [2 if planar else 1], 317: [predictor], 339: [kind] * samples}  # fmt: skip
    tags |= (
        {322: [wide], 323: [high], 324: offsets, 325: sizes}
        if tile
        else {278: [high], 273: offsets, 279: sizes}
    )
    tags |= ({338: list(extra)} if extra else {}) | (more or {})
    return _tiff_file(b"".join(blocks), dict(sorted(tags.items())), order, big)


def _rows_of(block, bits, order, predictor):
    """The bytes of a strip or tile."""
    if bits not in (8, 16, 32, 64):
        planes = (block.reshape(len(block), -1, 1) >> np.arange(bits)[::-1].astype(block.dtype)) & 1
        return np.packbits(planes.reshape(len(block), -1).astype(np.uint8), axis=1).tobytes()
    if predictor == 3:
        size = block.dtype.itemsize
        planes = (
            block.reshape(len(block), -1).astype(f">f{size}").view(np.uint8).reshape(len(block), -1, size)
        )
        planes = planes.swapaxes(1, 2).reshape(len(block), -1, block.shape[2])
        return np.diff(planes, axis=1, prepend=np.zeros_like(planes[:, :1])).tobytes()
    if predictor == 2:
        whole = np.ascontiguousarray(block).view(f"u{block.dtype.itemsize}")
        block = np.diff(whole, axis=1, prepend=np.zeros_like(whole[:, :1]))
    return block.astype(block.dtype.newbyteorder(order)).tobytes()


def _tiff_file(pixels, tags, order, big):
    mark = b"II" if order == "<" else b"MM"
    number, slot, kind = ("Q", "Q", 16) if big else ("H", "I", 4)
    head = mark + struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0) if big else (42,)),
                              (16 if big else 8) + len(pixels))  # fmt: skip
    entry, width = (20, 8) if big else (12, 4)
    behind_at = len(head) + len(pixels) + struct.calcsize(number) + entry * len(tags) + width
    entries, behind = b"", b""
    for tag, values in tags.items():
        data = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{slot}", *values)
        if len(data) > width:
            data, behind = struct.pack(order + slot, behind_at + len(behind)), behind + data
        sort = 7 if isinstance(values, bytes) else kind
        entries += struct.pack(order + "HH" + slot, tag, sort, len(values)) + data.ljust(width, b"\0")
    return head + pixels + struct.pack(order + number, len(tags)) + entries + bytes(width) + behind


def icc(kind, space, pcs, tags):
    """A color profile with the given tag bodies."""
    at, table, bodies = 128 + 4 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        body += b"\0" * (-len(body) % 4)
        table += struct.pack(">4sII", name, at + len(bodies), len(body))
        bodies += body
    white = struct.pack(">3i", 63190, 65536, 54061)
    head = struct.pack(">I4sI4s4s4s", at + len(bodies), b"test", 0x02400000, kind, space, pcs)
    head += struct.pack(">6H4s28s", 2020, 1, 1, 0, 0, 0, b"acsp", b"") + white + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + bodies


WHITE_POINT = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile():
    """sRGB with the red and the green primary in each other's place."""
    return srgb_profile().replace(b"rXYZ", b"tmp0").replace(b"gXYZ", b"rXYZ").replace(b"tmp0", b"gXYZ")


LINEAR = b"curv" + bytes(4) + struct.pack(">I", 0)


def linear_gray_profile():
    return icc(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": WHITE_POINT, b"kTRC": LINEAR})


def linear_profile():
    """sRGB's primaries in linear light."""
    primaries = {b"rXYZ": (28577, 14583, 912), b"gXYZ": (25238, 46985, 6362), b"bXYZ": (9375, 3968, 46787)}
    tags = {name: b"XYZ " + bytes(4) + struct.pack(">3i", *xyz) for name, xyz in primaries.items()}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), LINEAR)
    return icc(b"mntr", b"RGB ", b"XYZ ", {b"wtpt": WHITE_POINT, **tags, **curves})


def black_ink_profile():
    """A CMYK profile by which only K prints: lightness 100 without, 0 with it, whatever C, M and Y do."""
    ramp = bytes(range(256))
    lab = b"".join(bytes([0 if corner & 1 else 255, 128, 128]) for corner in range(16))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + lab + ramp * 3
    return icc(b"prtr", b"CMYK", b"Lab ", {b"wtpt": WHITE_POINT, b"A2B0": table})


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def many_scans(scans, width=64, height=48, before=b""):
    """A gray progressive JPEG of so many scans, all of them empty but the first."""
    blocks = -(-width // 8) * -(-height // 8)
    head = segment(0xDB, b"\0" + bytes([1] * 64))
    head += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    head += segment(0xC4, b"\x00" + bytes([1] + [0] * 15) + b"\0")  # DC: one code, no difference
    head += segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\xe0")  # AC: one code, a run of empty blocks
    first = segment(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8))
    left, runs = blocks, ""
    while left > 0:
        run = max(16384, min(left, 32767))
        runs += "0" + format(run - 16384, "014b")
        left -= run
    runs += "1" * (-len(runs) % 8)
    packed = bytes(int(runs[at : at + 8], 2) for at in range(0, len(runs), 8)).replace(b"\xff", b"\xff\0")
    return (
        b"\xff\xd8"
        + before
        + head
        + first
        + (segment(0xDA, b"\1\1\0\1\x3f\0") + packed) * (scans - 1)
        + b"\xff\xd9"
    )


def directory(*tags):
    """A TIFF directory of (tag, type, count, value) without what its values point to."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return struct.pack("<H", len(tags)) + entries + bytes(4)


def tiff_of(tags, data=b""):
    """A TIFF of one gray pixel, or of what ``tags`` say, whose ``data`` lies at 8."""
    data += b"\0" * (len(data) % 2)
    plain = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 278: 1, 279: 1}
    for tag, *_ in tags:
        plain.pop(tag, None)
    if any(tag == 324 for tag, *_ in tags):
        plain = {tag: value for tag, value in plain.items() if tag < 270}
    every = [*tags, *((tag, 4, 1, value) for tag, value in plain.items())]
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory(*every)


def exif_of(count, size):
    """EXIF data of ``count`` entries, each of which claims the same ``size`` bytes."""
    head = b"II*\0\x08\0\0\0" + directory(*((30000 + n, 1, size, 0) for n in range(count)))
    return head + bytes(max(0, size + 100 - len(head)))


def gif(*parts, size=(1, 1)):
    """A GIF of two colors from its blocks; ``GIF_IMAGE`` is one pixel."""
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", *size, 0x80, 0, 0)
        + bytes([0, 0, 0, 9, 8, 7])
        + b"".join(parts)
        + b";"
    )


GIF_IMAGE = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"


def packed_bmp(width, height, steps, bits=8):
    """A BMP in run lengths."""
    colors = b"".join(bytes([n, n, n, 0]) for n in range(1 << bits))
    about = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, 1 if bits == 8 else 2, len(steps), 0, 0, 1 << bits, 0
    )
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + len(colors)) + about + colors + steps
