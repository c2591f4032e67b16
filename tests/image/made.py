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


def png(width, height, bits, colour, rows, *extra, before=()):
    """A PNG from raw rows, in depths that PIL does not write; ``extra`` chunks follow the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), *before, chunk(b"IDAT", pixels), *extra, chunk(b"IEND", b"")]
    )


def tiff(data, width, height, bits, photometric, sample_format=1, *, subfile=0, at=0):
    """A grey TIFF of one uncompressed strip; ``at`` is how far it will be moved."""
    strip = data + b"\0" * (len(data) % 2)
    tags = [(254, subfile), (256, width), (257, height), (258, bits), (259, 1), (262, photometric),
            (273, at + 8), (277, 1), (278, height), (279, len(data)), (339, sample_format)]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<I", at + 8 + len(strip))
    return head + strip + struct.pack("<H", len(tags)) + directory + bytes(4)


def icc(kind, space, pcs, tags):
    """A colour profile with the given tag bodies."""
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


def linear_grey_profile():
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
    """A grey progressive JPEG of so many scans, all of them empty but the first."""
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
    """A TIFF of one grey pixel, or of what ``tags`` say, whose ``data`` lies at 8."""
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
    """A GIF of two colours from its blocks; ``GIF_IMAGE`` is one pixel."""
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
    colours = b"".join(bytes([n, n, n, 0]) for n in range(1 << bits))
    about = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, 1 if bits == 8 else 2, len(steps), 0, 0, 1 << bits, 0
    )
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + len(colours)) + about + colours + steps
