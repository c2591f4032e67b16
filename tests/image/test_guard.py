"""Files that are small and ask for much are refused, or read without what asks for it."""

import io
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from stylize.errors import PictureError
from stylize.image import Limits, load, read_recipe
from stylize.image.guard import gif as gif_guard
from stylize.image.guard import jpeg as jpeg_guard
from stylize.image.guard import png as png_guard
from stylize.image.guard import tiff as tiff_guard
from stylize.image.guard import webp as webp_guard

from .made import (
    GIF_IMAGE,
    array,
    bytes_of,
    chunk,
    directory,
    encoded,
    exif_of,
    gif,
    many_scans,
    packed_bmp,
    png,
    rgb,
    segment,
    srgb_profile,
    swapped_profile,
    tiff_of,
)

# JPEG ------------------------------------------------------------------------------------------------


def test_scans_of_a_jpeg_are_counted():
    assert load(many_scans(100)).size == (64, 48)
    for data in (many_scans(101), many_scans(5000)):
        for read in (load, read_recipe):
            with pytest.raises(PictureError, match="more than 100 scans"):
                read(data)


def test_scans_are_told_from_what_looks_like_them():
    decoy = segment(0xFE, b"\xff\xda" * 1000)
    data = many_scans(50, before=decoy)
    assert load(data).size == (64, 48)
    assert load(data + b"\xff\xda" * 1000).size == (64, 48)  # after the end
    assert load(many_scans(50).replace(b"\xff\xda", b"\xff\xff\xff\xda")).size == (64, 48)  # fill bytes
    for between in (b"\xff\xff\xff\xda", b"\xff\xd0\xff\xda", b"stray \xff\0\xff\xda", decoy + b"\xff\xda"):
        with pytest.raises(PictureError, match="more than 100 scans"):
            load(many_scans(150).replace(b"\xff\xda", between))


@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_photos_pass(kind):
    data = encoded(rgb(400, 600), "JPEG", quality=98, progressive=kind == "progressive")
    assert jpeg_guard.guarded(data, "") is data


@pytest.mark.parametrize(
    "before",
    [
        segment(0xFE, b"") * 10_001,
        b"\0" * 1_000_001,
        b"\xff" * 1_000_001,
        b"\xff\0" * 500_001,
        b"\xff\xd0" * 500_001,
    ],
    ids=["segments", "zeros", "fill", "stuffed", "markers"],
)
def test_headers_that_pillow_would_walk_through_for_long(before):
    with pytest.raises(PictureError, match="too long to read"):
        load(many_scans(2, before=segment(0xFE, b"") + before))


def test_exif_in_pieces_without_end_is_left_out():
    piece = segment(0xE1, b"Exif\0\0" + bytes(65_000))
    assert len(jpeg_guard.guarded(many_scans(2, before=piece * 130), "")) == len(many_scans(2))
    with pytest.raises(PictureError, match="scans"):
        load(many_scans(101, before=piece * 130))


# PNG -------------------------------------------------------------------------------------------------

TEXTS = {
    "zTXt": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2_000_000))),
    "iTXt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
    "tEXt": chunk(b"tEXt", b"Comment\0" + b"x" * 70_000_000),
    "broken": chunk(b"zTXt", b"Comment\0\7not packed"),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
    "bomb": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(80_000_000), 9)),
    "a name that Pillow uses itself": chunk(b"tEXt", b"transparency\0none"),
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("place", ["before", "after"])
def test_texts_are_passed_over(text, place):
    rows, extra = [row.tobytes() for row in array()], [TEXTS[text]]
    data = png(7, 5, 8, 2, rows, before=extra) if place == "before" else png(7, 5, 8, 2, rows, *extra)
    tracemalloc.start()
    assert np.array_equal(bytes_of(load(data, Limits(megabytes=100))).round(), array())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000 + len(data)


@pytest.mark.parametrize("length", [1_600_000, 15_000_000])
def test_long_profiles_are_applied(length):
    profile = swapped_profile()
    profile = (length).to_bytes(4, "big") + profile[4:] + bytes(length - len(profile))
    pixels = [row.tobytes() for row in array()]
    packed = chunk(b"iCCP", b"long\0\0" + zlib.compress(profile))
    short = chunk(b"iCCP", b"short\0\0" + zlib.compress(swapped_profile()))
    found, wanted = (load(png(7, 5, 8, 2, pixels, before=[each])) for each in (packed, short))
    assert torch.equal(found.tensor, wanted.tensor)
    assert not np.array_equal(bytes_of(wanted).round(), array())


@pytest.mark.parametrize(
    "body", [b"k\0\0" + zlib.compress(bytes(80_000_000), 9), b"k\0\0broken", b"k\0\1?", b"k", b""]
)
def test_profiles_that_cannot_be_used_cost_no_picture(body):
    data = png(7, 5, 8, 2, [row.tobytes() for row in array()], before=[chunk(b"iCCP", body)])
    tracemalloc.start()
    assert np.array_equal(bytes_of(load(data)).round(), array())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_chunks_are_counted():
    with pytest.raises(PictureError, match="too long to read"):
        load(png(1, 1, 8, 0, [b"\0"], before=[chunk(b"prVt", b"")] * 100_000))
    assert load(png(1, 1, 8, 0, [b"\0"], before=[chunk(b"prVt", b"")] * 90_000)).size == (1, 1)


def test_numbers_that_are_none_of_a_png():
    data = png(1, 1, 8, 0, [b"\0"], before=[chunk(b"cHRM", bytes(4_000_000))])
    assert len(png_guard.guarded(data, "")) < 1000


def test_a_png_may_still_say_which_side_is_up():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    assert load(encoded(rgb(), "PNG", pnginfo=info)).size == (5, 7)
    exif = Image.Exif()
    exif[0x0112] = 6
    assert load(encoded(rgb(), "PNG", exif=exif)).size == (5, 7)


def test_a_png_without_texts_is_the_same_bytes():
    data = encoded(rgb(), "PNG")
    assert png_guard.guarded(data, "") is data
    assert png_guard.profile(encoded(rgb(), "PNG", icc_profile=srgb_profile())) == srgb_profile()


@pytest.mark.parametrize("at", [8, 20, 33, 40, 60])
def test_cut_files_are_cut_files(at):
    text = chunk(b"tEXt", b"Comment\0" + b"x" * 20)
    data = png(7, 5, 8, 2, [row.tobytes() for row in array()], before=[text])
    with warnings.catch_warnings(), pytest.raises(PictureError, match="damaged"):
        load(data[:at])


# EXIF ------------------------------------------------------------------------------------------------

OVERLAPPING = exif_of(100, 40_000)


def in_pieces(exif):
    return b"".join(segment(0xE1, b"Exif\0\0" + exif[at : at + 65_000]) for at in range(0, len(exif), 65_000))


HOLDERS = {
    "JPEG": lambda exif: many_scans(2, before=in_pieces(exif)),
    "PNG": lambda exif: png(1, 1, 8, 0, [b"\0"], before=[chunk(b"eXIf", exif)]),
    "PNG, behind": lambda exif: png(1, 1, 8, 0, [b"\0"], chunk(b"eXIf", exif)),
    "PNG, digits": lambda exif: png(
        1, 1, 8, 0, [b"\0"], chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(digits(exif)))
    ),
    "WebP": lambda exif: encoded(rgb(), "WEBP", exif=b"Exif\0\0" + exif),
}


def digits(exif):
    return b"\nexif\n%8d\n" % len(exif) + exif.hex().encode()


@pytest.mark.parametrize("holder", HOLDERS)
def test_exif_that_would_fill_the_memory_is_left_out(holder):
    data = HOLDERS[holder](OVERLAPPING)
    tracemalloc.start()
    found = load(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000 + 2 * len(data)
    assert torch.equal(found.tensor, load(HOLDERS[holder](b"")).tensor)


def test_entries_of_exif_are_counted():
    assert tiff_guard.is_sound_exif(exif_of(4096, 1))
    assert not tiff_guard.is_sound_exif(exif_of(4097, 1))
    assert not tiff_guard.is_sound_exif(b"Exif\0\0" + OVERLAPPING)
    assert tiff_guard.is_sound_exif(b"what is no TIFF")


@pytest.mark.parametrize("holder", HOLDERS)
def test_exif_that_a_camera_writes(holder):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker" * 1000
    exif.get_ifd(0x8769)[0x927C] = bytes(20_000)
    picture = load(HOLDERS[holder](exif.tobytes()[6:]))
    assert picture.size == load(HOLDERS[holder](b"")).size[::-1]


# TIFF ------------------------------------------------------------------------------------------------

OFFSETS = struct.pack("<I", 8) * 150_000
LARGE = {
    "entries that overlap": tiff_of([(30000 + n, 1, 90_000, 8) for n in range(40)], bytes(90_000)),
    "one entry often": tiff_of([(30000, 1, 90_000, 8)] * 40, bytes(90_000)),
    "many entries": tiff_of([(20000 + n, 1, 1, 0) for n in range(5_000)]),
    "numbers": tiff_of([(30000, 3, 1_100_000, 8)], bytes(2_200_000)),
    "fractions": tiff_of([(282, 5, 60_000, 8)], bytes(480_000)),
    "strips": tiff_of([(257, 4, 1, 150_000), (273, 4, 150_000, 8), (279, 4, 150_000, 8)], OFFSETS),
    "a large tile": tiff_of(
        [(322, 4, 1, 40_000), (323, 4, 1, 40_000), (324, 4, 1, 8), (325, 4, 1, 8)], bytes(8)
    ),
    "wide tiles": tiff_of(
        [
            (256, 4, 1, 16),
            (257, 4, 1, 16_000),
            (322, 4, 1, 60_000),
            (323, 4, 1, 16),
            (324, 4, 1000, 8),
            (325, 4, 1000, 8),
        ],
        OFFSETS[:4000],
    ),
    "a directory of EXIF": tiff_of(
        [(34665, 4, 1, 8)], directory(*((30000 + n, 1, 60_000, 0) for n in range(99)))
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_tiffs_that_ask_for_more_than_their_pixels(kind):
    with pytest.raises(PictureError, match="too long to read"):
        load(LARGE[kind], Limits(megapixels=100))


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "jpeg"])
@pytest.mark.parametrize("order", ["II", "II, big", "MM"])
def test_sound_tiffs_pass(order, compression):
    if order == "MM" and compression:
        pytest.skip("Pillow writes no such files")
    image = rgb(300, 200) if order != "MM" else Image.fromarray(array(300, 200)[..., 0].astype(">u2"))
    big = "big" in order
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    data = encoded(image, "TIFF", compression=compression, big_tiff=big, exif=exif, dpi=(300, 300))
    assert data[:2] == order[:2].encode()
    assert load(data).size == (300, 200)


@pytest.mark.parametrize(
    "data", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0+\0\x08\0\0" + b"\xff" * 40, b"II*\0\x08\0\0\0"]
)
def test_tiffs_that_are_no_tiffs(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(PictureError):
            load(data)


# GIF, BMP, WebP ----------------------------------------------------------------------------------------


def test_comments_of_a_gif_are_passed_over():
    comment = b"!\xfe" + (b"\xff" + bytes(255)) * 40_000 + b"\0"
    control = b"!\xf9\x04\x01\0\0\x01\0"
    data = gif(
        comment,
        control,
        b"!\xff\x0bNETSCAPE2.0\x03\1\0\0\0",
        b"stray",
        GIF_IMAGE,
        comment,
        control,
        GIF_IMAGE,
    )
    short = gif(control, GIF_IMAGE, control, GIF_IMAGE)
    assert gif_guard.guarded(data, "") == short
    found, wanted = load(data), load(short)
    assert torch.equal(found.tensor, wanted.tensor)
    assert bytes_of(found)[0, 0].tolist() == [255, 255, 255]  # which the control says is clear


@pytest.mark.parametrize(
    "blocks",
    [b"!\x01" + b"\1\1" * 1_000_001 + b"\0", b"!\xf9\0" * 1_000_001, GIF_IMAGE * 100_000],
    ids=["blocks", "extensions", "images"],
)
def test_blocks_of_a_gif_are_counted(blocks):
    with pytest.raises(PictureError, match="too long to read"):
        load(gif(blocks, GIF_IMAGE))


def test_sound_gifs_are_the_same():
    for image in (rgb(), Image.fromarray(array(channels=4), "RGBA"), rgb().convert("L")):
        others = [rgb().rotate(180), rgb().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
        data = encoded(image, "GIF", save_all=True, append_images=others, comment=b"hello")
        kept = gif_guard.guarded(data, "")
        assert len(kept) < len(data)
        for frame in range(3):
            frames = [Image.open(io.BytesIO(each)) for each in (data, kept)]
            for each in frames:
                each.seek(frame)
            assert frames[0].convert("RGBA").tobytes() == frames[1].convert("RGBA").tobytes()


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        ((1_000_000, 1), b"\0\2\0\xff"),
        ((5000, 4000), b"\0\1"),
        ((9, 9), b"\1\1" * 5_000_001),
        ((9, -30_000_000), b""),
    ],
)
def test_packed_bmps_are_small(size, steps):
    with pytest.raises(PictureError, match="too long to read"):
        load(packed_bmp(*size, steps))


@pytest.mark.parametrize("bits", [4, 8])
def test_packed_bmps_are_read(bits):
    data = packed_bmp(4, 2, b"\4\x11\0\0\4\x33\0\1", bits)
    assert len(np.unique(bytes_of(load(data)))) == 2


class Counted(bytes):
    """Bytes that count how many of them are copied."""

    copied = 0

    def __getitem__(self, place):
        found = super().__getitem__(place)
        if isinstance(found, int):
            return found
        Counted.copied += len(found)
        return Counted(found)

    def __add__(self, other):
        Counted.copied += len(self) + len(other)
        return Counted(super().__add__(other))


def test_exif_data_of_a_webp_is_left_out_in_linear_time(monkeypatch):
    monkeypatch.setattr(Counted, "copied", 0)
    count = 100  # of entries that claim the whole block
    entries = b"".join(struct.pack("<HHII", 270, 2, 12 * count, 8) for _ in range(count))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4)
    exif = b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    data = Counted(encoded(rgb(), "WEBP", lossless=True) + 300 * exif)
    guarded = webp_guard.guarded(data, "")
    assert guarded.count(b"EXIF") == 0
    assert guarded.count(b"none") == 300
    assert len(guarded) == len(data)
    assert Counted.copied < 5 * len(data)


def test_chunks_of_a_webp_are_counted():
    data = encoded(rgb(), "WEBP", lossless=True)
    more = data + b"junk\0\0\0\0" * 100_000
    with pytest.raises(PictureError, match="too long to read"):
        load(b"RIFF" + struct.pack("<I", len(more) - 8) + more[8:])
    assert load(data).size == (7, 5)
