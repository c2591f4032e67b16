import io
import struct

import pytest
import torch
from PIL import Image

from stylize.image import encode_png, load, save

from .made import SUFFIXES, chunk, encoded, png, rgb, smooth


def exif(across, down, unit=2, orientation=1):
    tags = Image.Exif()
    tags.update({0x011A: across, 0x011B: down, 0x0128: unit, 0x0112: orientation})
    return tags


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_dpi_is_read(kind):
    found = load(encoded(rgb(), kind, dpi=(300, 150))).dpi
    assert found == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_dpi_told_by_exif(kind):
    assert load(encoded(rgb(), kind, exif=exif(240.0, 120.0))).dpi == (240, 120)
    assert load(encoded(rgb(), kind, exif=exif(100.0, 50.0, unit=3))).dpi == (254, 127)
    assert load(encoded(rgb(), kind, exif=exif(240.0, 120.0, unit=1))).dpi is None


def test_dpi_in_centimetres():
    jpeg = encoded(rgb(), "JPEG", dpi=(100, 50))
    assert jpeg[13] == 1
    assert load(jpeg[:13] + b"\2" + jpeg[14:]).dpi == (254, 127)
    assert load(jpeg[:13] + b"\0" + jpeg[14:]).dpi is None
    tags = {282: 100.0, 283: 50.0, 296: 3}
    assert load(encoded(rgb(), "TIFF", tiffinfo=tags)).dpi == (254, 127)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "WEBP"])
def test_no_dpi_is_made_up(kind):
    assert load(encoded(rgb(), kind)).dpi is None
    assert load(rgb()).dpi is None


def test_jpeg_with_exif_but_without_resolution():
    tags = Image.Exif()
    tags[0x0131] = "a program"
    data = encoded(rgb(), "JPEG", exif=tags)
    assert Image.open(io.BytesIO(data)).info["dpi"] == (72, 72)  # Pillow's guess
    assert load(data).dpi is None


@pytest.mark.parametrize("per_metre", [0, 1, 2**32 - 1])
def test_senseless_dpi_is_none(per_metre):
    body = struct.pack(">IIB", per_metre, per_metre, 1)
    assert load(png(1, 1, 8, 0, [b"\0"], before=[chunk(b"pHYs", body)])).dpi is None


def test_turned_pictures_have_their_dpi_turned():
    assert load(encoded(rgb(), "JPEG", dpi=(300, 150), exif=exif(1, 1, orientation=6))).dpi == (150, 300)
    tags = {282: 300.0, 283: 150.0, 296: 2, 274: 6}
    assert load(encoded(rgb(), "TIFF", tiffinfo=tags)).dpi == (150, 300)


def test_dpi_of_pil_images():
    image = rgb()
    image.info["dpi"] = (300, 300)
    assert load(image).dpi == (300, 300)
    image.info["dpi"] = "nonsense"
    assert load(image).dpi is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_dpi_is_written(tmp_path, suffix):
    path = tmp_path / ("out" + suffix)
    save(path, smooth(), dpi=(300, 150))
    assert load(path).dpi == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_dpi_none_is_written(tmp_path, suffix):
    path = tmp_path / ("out" + suffix)
    save(path, smooth())
    assert load(path).dpi is None
    data = path.read_bytes()
    assert b"pHYs" not in data
    with Image.open(path) as image:
        assert not {282, 283, 296} & set(image.getexif())
        assert image.info.get("jfif_density", (1, 1)) == (1, 1)
        assert image.info.get("jfif_unit", 0) == 0


def test_dpi_of_an_encoded_png():
    assert load(encode_png(smooth(), dpi=(72.01, 72.01))).dpi == (72.01, 72.01)
    assert load(encode_png(torch.zeros(1, 3, 2, 2))).dpi is None
