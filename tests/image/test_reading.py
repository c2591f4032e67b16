import hashlib
import io
import re
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from stylize.errors import PictureError
from stylize.image import load

from .made import array, bytes_of, encoded, rgb


def test_path_bytes_pil_and_array_agree(tmp_path):
    path = tmp_path / "Fähre 渡し.png"
    data = encoded(rgb(), "PNG")
    path.write_bytes(data)
    named, text, raw, image, values = (load(source) for source in (path, str(path), data, rgb(), array()))
    for picture in (text, raw, image, values):
        assert torch.equal(picture.tensor, named.tensor)
    assert [each.name for each in (named, text, raw, image, values)] == [path.name, path.name, "", "", ""]
    assert named.sha256 == text.sha256 == raw.sha256 == hashlib.sha256(data).hexdigest()
    assert image.sha256 == values.sha256 != named.sha256


PACKINGS = {"tiff_jpeg": "RGB", "group3": "1", "group4": "1", "tiff_ccitt": "1", "raw": "RGB",
            "tiff_lzw": "CMYK", "tiff_adobe_deflate": "L", "packbits": "RGBA"}  # fmt: skip


@pytest.mark.parametrize("packing", PACKINGS)
def test_tiffs_are_read_alike_from_files_and_from_pil(packing):
    data = encoded(rgb(40, 48).convert(PACKINGS[packing]), "TIFF", compression=packing)
    with Image.open(io.BytesIO(data)) as image:
        assert bool((load(image).tensor == load(data).tensor).all())


def test_digest_of_pixels_tells_shape_and_alpha():
    flat = np.zeros((2, 6, 3), np.uint8)
    clear = np.concatenate([np.full((2, 6, 3), 255, np.uint8), np.zeros((2, 6, 1), np.uint8)], 2)
    sources = [flat, flat.reshape(6, 2, 3), flat + 1, clear, np.full((2, 6, 3), 255, np.uint8)]
    assert len({load(source).sha256 for source in sources}) == len(sources)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, ">u2", ">f4"])
def test_arrays(shape, dtype):
    values = np.random.default_rng(2).random(shape)
    whole = {"u": np.iinfo, "f": lambda _: None}[np.dtype(dtype).kind](dtype)
    given = (values * whole.max).astype(dtype) if whole else values.astype(dtype)
    before = given.copy()
    picture = load(given)
    assert np.array_equal(given, before)
    wide = np.broadcast_to(values.reshape(5, 7, -1), (5, 7, 3)) if values.size <= 35 else values
    share = wide[..., 3:] if shape[2:] == (4,) else 1
    assert np.abs(bytes_of(picture) / 255 - (wide[..., :3] * share + 1 - share)).max() < 0.005
    assert (picture.alpha is not None) == (shape[2:] == (4,))


def test_array_views_are_read_as_they_look():
    assert np.array_equal(bytes_of(load(array()[::-1, ::2])).round(), array()[::-1, ::2])
    fixed = array()
    fixed.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(bytes_of(load(fixed)).round(), array())


@pytest.mark.parametrize(
    ("values", "part"),
    [
        (np.zeros((3, 8, 8), np.uint8), "shape (3, 8, 8)"),
        (np.zeros((1, 3, 8, 8), np.uint8), "shape"),
        (np.zeros((8, 8, 2), np.uint8), "shape"),
        (np.zeros(8, np.uint8), "shape"),
        (np.zeros((0, 8, 3), np.uint8), "shape"),
        (np.zeros((), np.float32), "shape"),
        (np.full((4, 4), np.nan), "nan"),
        (np.full((4, 4), np.inf), "inf"),
        (np.full((4, 4), 255.0), "from 255 to 255"),
        (np.full((4, 4), 1.01), "1.01"),
        (np.full((4, 4), -0.1), "-0.1"),
        (np.zeros((4, 4), np.int64), "int64"),
        (np.zeros((4, 4), bool), "bool"),
        (np.zeros((4, 4), complex), "complex"),
        (np.zeros((4, 4), object), "object"),
    ],
)
def test_arrays_that_are_no_pictures(values, part):
    with pytest.raises(PictureError, match=re.escape(part)):
        load(values)


def test_floats_a_hair_outside_are_clamped():
    assert load(np.array([[-1e-7, 1 + 1e-7]])).tensor[0, 0].tolist() == [[0, 1]]


@pytest.mark.parametrize("source", [None, 3, [1, 2], torch.zeros(1, 3, 4, 4)], ids=repr)
def test_what_is_no_source_at_all(source):
    with pytest.raises(PictureError, match="is not a picture: give a path"):
        load(source)


def test_pil_images_are_left_as_they_were():
    for mode, key in (("RGBA", 0), ("RGB", (700, 800, 900)), ("P", 3), ("L", 9)):
        image = rgb().convert(mode)
        image.info["transparency"] = key
        before, info = image.tobytes(), dict(image.info)
        load(image)
        assert (image.tobytes(), image.info, image.mode) == (before, info, mode)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5000, 1), (1, 5000)])
def test_smallest_and_longest(height, width):
    for kind in ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"):
        assert load(encoded(rgb(height, width), kind)).size == (width, height)
