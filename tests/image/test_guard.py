"""Files that are small and ask for much are refused, or read without what asks for it."""

import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from stylize.errors import PictureError
from stylize.image import Limits, load, read_recipe
from stylize.image.guard import jpeg as jpeg_guard
from stylize.image.guard import png as png_guard

from .made import (
    array,
    bytes_of,
    chunk,
    encoded,
    many_scans,
    png,
    rgb,
    segment,
    srgb_profile,
    swapped_profile,
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


def test_exif_in_pieces_without_end():
    piece = segment(0xE1, b"Exif\0\0" + bytes(65_000))
    with pytest.raises(PictureError, match="too long to read"):
        load(many_scans(2, before=piece * 130))


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
