import os
import random
import struct
import threading
import warnings

import pytest
from PIL import Image, ImageFile

from stylize.errors import PictureError, SettingsError
from stylize.image import Limits, load, read_recipe

from .made import array, encoded, png, rgb, tiff

# What is refused -------------------------------------------------------------------------------------

SVG = b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "is empty"),
        (b"hello, I am a text", "not a picture"),
        (b"<!doctype html><html></html>", "not a picture"),
        (b"\x89PNG", "not a picture"),
        (b"PK\3\4" + bytes(100), "not a picture"),
        (SVG, "is SVG"),
        (b"\xef\xbb\xbf  <SVG></SVG>", "is SVG"),
        (b"%PDF-1.7\n" + bytes(50), "is PDF"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "is HEIC"),
        (b"\0\0\0\x20ftypavif" + bytes(50), "is AVIF"),
        (b"8BPS" + bytes(50), "is PSD"),
        (b"\xff\x0a" + bytes(50), "is JPEG XL"),
        (encoded(Image.new("RGB", (16, 16)), "ICO"), "is ICO"),
        (encoded(Image.new("RGB", (16, 16)), "JPEG2000"), "is JPEG 2000"),
        (encoded(Image.new("RGB", (16, 16)), "PPM"), "not a picture"),
        (encoded(Image.new("RGB", (16, 16)), "EPS"), "not a picture"),
        (b"BM, said the text", "damaged"),
    ],
)
@pytest.mark.parametrize("read", [load, read_recipe])
def test_what_is_no_readable_picture_says_so(tmp_path, data, part, read):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=part) as caught:
        read(path)
    assert str(caught.value).startswith("holiday.jpg is") or "holiday.jpg cannot" in str(caught.value)
    if "not a picture" in part or part.startswith("is "):
        assert part == "is empty" or "JPEG, PNG, WebP, TIFF, BMP and GIF" in str(caught.value)
    with pytest.raises(PictureError, match="This picture"):
        read(data)


def test_picture_without_a_single_pixel():
    for source in (png(0, 4, 8, 0, [b""] * 4), Image.new("RGB", (0, 4)), Image.new("I;16", (4, 0))):
        with pytest.raises(PictureError, match="damaged"):
            load(source)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_truncated_files(kind, share):
    data = encoded(rgb(64, 64), kind)
    with pytest.raises(PictureError, match=r"damaged, cut short|not a picture"):
        load(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_noise_in_a_file_gives_a_picture_or_a_clear_error(kind):
    data, dice = encoded(rgb(24, 24), kind), random.Random(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(150):
            broken = bytearray(data)
            for _ in range(dice.randrange(1, 8)):
                broken[dice.randrange(min(len(data), dice.choice((40, 400, 4000))))] = dice.randrange(256)
            for read in (load, read_recipe):
                try:
                    read(bytes(broken))
                except PictureError:
                    continue


def test_paths_that_lead_to_no_picture(tmp_path):
    for path, part in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.png", "There is no file"),
        (tmp_path / "none" / "none.png", "There is no file"),
        ("", "There is no file"),
        ("nul\0.png", "There is no file"),
        ("x" * 300 + ".png", "cannot be read"),
        ("/dev/null", "is not a file"),
    ):
        with pytest.raises(PictureError, match=part):
            load(path)
    (tmp_path / "file.png").write_bytes(b"x")
    with pytest.raises(PictureError, match="There is no file"):
        load(tmp_path / "file.png" / "deeper.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(rgb(), "PNG"))
    path.chmod(0)
    with pytest.raises(PictureError, match="may not be read"):
        load(path)


def test_errors_name_the_file_and_survive_a_process(tmp_path):
    path = tmp_path / "holiday.png"
    path.write_bytes(encoded(rgb(), "PNG")[:60])
    with pytest.raises(PictureError, match=r"holiday\.png") as caught:
        load(path)
    assert caught.value.note.values == {"file": "holiday.png", "kind": "PNG"}


# Limits ----------------------------------------------------------------------------------------------


def test_limits_from_the_environment(monkeypatch):
    assert Limits.default() == Limits(64, 50)
    monkeypatch.setenv("STYLIZE_MAX_MEGAPIXELS", "0.00001")
    monkeypatch.setenv("STYLIZE_MAX_MEGABYTES", "3")
    assert Limits.default() == Limits(0.00001, 3)
    with pytest.raises(PictureError, match=r"7 x 5 pixels.*STYLIZE_MAX_MEGAPIXELS"):
        load(array())
    for wrong in ("many", "0", "-1", "nan", "inf"):
        monkeypatch.setenv("STYLIZE_MAX_MEGABYTES", wrong)
        with pytest.raises(SettingsError, match="STYLIZE_MAX_MEGABYTES"):
            Limits.default()


def test_limits_hold_exactly():
    within, beyond = Limits(megapixels=35e-6), Limits(megapixels=34e-6)
    for source in (array(), rgb(), encoded(rgb(), "PNG")):
        load(source, within)
        with pytest.raises(PictureError, match="megapixels"):
            load(source, beyond)
    data = encoded(rgb(), "PNG")
    load(data, Limits(megabytes=len(data) / 1e6))
    with pytest.raises(PictureError, match="STYLIZE_MAX_MEGABYTES"):
        load(data, Limits(megabytes=(len(data) - 1) / 1e6))


def test_large_file_is_refused_unread(tmp_path):
    path = tmp_path / "large.png"
    with open(path, "wb") as file:
        file.truncate(60_000_000)  # sparse
    for read in (load, read_recipe):
        with pytest.raises(PictureError, match=r"large.png is 60.0 MB large, but at most 50 MB"):
            read(path)


def huge_webp(side):
    still = encoded(Image.new("RGB", (4, 4)), "WEBP")[12:]
    three = struct.pack("<I", side - 1)[:3]
    frame = bytes(6) + struct.pack("<I", 3)[:3] * 2 + bytes(4) + still
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + three * 2
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6) + b"ANMF" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def swollen(kind, sides):
    small, large = struct.pack(sides, 3, 3), struct.pack(sides, 30000, 30000)
    return encoded(Image.new("L", (3, 3)), kind).replace(small, large, 1)


HUGE = {
    "PNG": png(30000, 30000, 8, 2, [b"\0" * 10]),
    "PNG of bits": png(30000, 30000, 1, 0, [b"\0" * 10]),
    "GIF": b"GIF89a" + struct.pack("<HH", 30000, 30000) + encoded(Image.new("P", (2, 2)), "GIF")[10:],
    "TIFF": tiff(b"\0" * 10, 30000, 30000, 8, 1),
    "BMP": swollen("BMP", "<ii"),
    "JPEG": swollen("JPEG", ">HH"),
    "WebP": huge_webp(16000),
}


@pytest.mark.parametrize("kind", HUGE)
def test_decompression_bombs_are_refused_before_they_unfold(tmp_path, kind):
    path = tmp_path / "bomb"
    path.write_bytes(HUGE[kind])
    side = 16000 if kind == "WebP" else 30000
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PictureError, match=rf"bomb has {side} x {side} pixels .* at most 64 megapixels"):
            load(path)


def test_gif_whose_frame_outgrows_its_screen():
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x08\x01\x00\x00;"
    with pytest.raises(PictureError, match="far too large"):
        load(b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame)


def test_only_our_limits_count(monkeypatch):
    assert Image.MAX_IMAGE_PIXELS == 1024 * 1024 * 1024 // 4 // 3  # as Pillow sets it
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    data = encoded(rgb(20, 20), "PNG")
    for theirs in (150, 300):  # Pillow would refuse the one and warn of the other
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", theirs)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert load(data).size == (20, 20)
        assert theirs == Image.MAX_IMAGE_PIXELS


def test_several_visitors_at_once():
    sources = [encoded(rgb(50, 40), kind) for kind in ("PNG", "TIFF", "BMP")] + [HUGE["PNG"]]
    found, lock = [], threading.Lock()

    def visit(source):
        for _ in range(10):
            try:
                outcome = load(source).size
            except PictureError:
                outcome = "refused"
            with lock:
                found.append(outcome)

    visitors = [threading.Thread(target=visit, args=(source,)) for source in sources for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert sorted(map(str, found)) == ["(40, 50)"] * 60 + ["refused"] * 20
