"""TIFF of any depth and layout is read right, or refused in a sentence; never a wrong picture in silence."""

import itertools
import re

import numpy as np
import pytest
from PIL import Image, ImageCms

from stylize.errors import PictureError
from stylize.image import load

from .made import bytes_of, encoded, linear_profile, tiff_samples

HEIGHT, WIDTH = 21, 37


def levels(samples):
    """(H, W, S) in [0, 1], each channel another slope."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH] / 1.0
    planes = [
        across / (WIDTH - 1),
        down / (HEIGHT - 1),
        (across + down) / (WIDTH + HEIGHT - 2),
        1 - across / 99,
    ]
    return np.stack(planes[:samples], 2)


def whole(samples, kind, bits):
    """The same as whole numbers, or as floats."""
    dtype = np.dtype(kind)
    top = 1 if dtype.kind == "f" else 2 ** (bits - (dtype.kind == "i")) - 1
    return (levels(samples) * top).round(0 if top > 1 else 9).astype(dtype), top


DEPTHS = [("u1", 1), ("u1", 2), ("u1", 4), ("u1", 8), ("u2", 10), ("u2", 12), ("u2", 14), ("u2", 16),
          ("u4", 32), ("i1", 8), ("i2", 16), ("i4", 32), ("f2", 16), ("f4", 32), ("f8", 64)]  # fmt: skip


@pytest.mark.parametrize(("kind", "bits"), DEPTHS)
@pytest.mark.parametrize("samples", [1, 3, 4])
@pytest.mark.parametrize("order", "<>")
def test_every_depth_in_every_layout(kind, bits, samples, order):
    values, top = whole(samples, kind, bits)
    expected = values[..., :3].astype(float) / top
    if samples == 4:
        share = values[..., 3:] / top
        expected = expected * share + 1 - share
    predictors = (1,) if bits not in (8, 16, 32, 64) else (1, 3) if values.dtype.kind == "f" else (1, 2)
    for planar, tile, big, packed, predictor in itertools.product(
        (False, True), (None, (16, 16)), (False, True), (False, True), predictors
    ):
        if (planar and samples == 1) or (predictor > 1 and not packed) or (big and order == ">"):
            continue
        data = tiff_samples(values, 1 if samples == 1 else 2, bits=bits, order=order, big=big, planar=planar,
                       tile=tile, packed=packed, predictor=predictor,
                       extra=(2,) if samples == 4 else ())  # fmt: skip
        found = load(data)
        assert np.abs(bytes_of(found) / 255 - expected).max() < 2e-5
        assert (found.alpha is not None) == (samples == 4)


@pytest.mark.parametrize(("bits", "top"), [(8, 255), (16, 65535), (12, 4095)])
@pytest.mark.parametrize("planar", [False, True])
def test_gray_with_alpha_and_white_that_is_zero(bits, top, planar):
    values = (levels(2) * top).round().astype("u1" if bits == 8 else "u2")
    share = values[..., 1:] / top
    for photometric in (0, 1):
        found = load(tiff_samples(values, photometric, bits=bits, planar=planar, extra=(2,)))
        gray = values[..., :1] / top if photometric else 1 - values[..., :1] / top
        assert np.abs(bytes_of(found) / 255 - (gray * share + 1 - share)).max() < 2e-5


@pytest.mark.parametrize(("kind", "bits"), [("u1", 8), ("u2", 16), ("f4", 32)])
def test_colors_that_were_multiplied_by_alpha(kind, bits):
    share = levels(4)[..., 3:]
    color = np.full((HEIGHT, WIDTH, 3), (0.8, 0.4, 0.2))
    top = 1 if kind == "f4" else 2**bits - 1
    values = (np.concatenate([color * share, share], 2) * top).round(0 if top > 1 else 9).astype(kind)
    found = load(tiff_samples(values, extra=(1,)))
    expected = color * share + 1 - share
    assert np.abs(bytes_of(found) / 255 - expected).max() < (1 / 255 if bits == 8 else 1e-4)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("extra", [(0,), (0, 0)])
def test_samples_that_mean_nothing_are_left_out(planar, extra):
    values, top = whole(3, "u2", 16)
    noise = np.full((HEIGHT, WIDTH, len(extra)), 7, np.uint16)
    found = load(tiff_samples(np.concatenate([values, noise], 2), planar=planar, extra=extra))
    assert found.alpha is None
    assert np.abs(bytes_of(found) / 255 - values / top).max() < 2e-5


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("scale", [257, 1])
def test_palette(bits, scale):
    table = np.random.default_rng(3).integers(0, 256, (1 << bits, 3))
    table[0] = 255  # some programs write maps of 8 bits
    indices = np.random.default_rng(4).integers(0, 1 << bits, (HEIGHT, WIDTH, 1), dtype=np.uint8)
    found = load(tiff_samples(indices, 3, bits=bits, more={320: (table.T * scale).ravel().tolist()}))
    assert np.array_equal(bytes_of(found).round(), table[indices[..., 0]])


@pytest.mark.parametrize(
    ("highest", "kind"), [(255, "u4"), (65535, "u4"), (2**32 - 1, "u4"), (2**31 - 1, "i4")]
)
def test_gray_of_32_bits_that_is_less_deep_than_its_type(highest, kind):
    values = (levels(1) * highest).round().astype(kind)
    assert np.abs(bytes_of(load(tiff_samples(values, 1)))[..., :1] / 255 - levels(1)).max() < 0.003


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(("scale", "white"), [(255, 255), (65535, 65535), (3.5, 3.5), (255.5, 255.5)])
def test_floats_beyond_one_are_scaled_and_that_is_said(samples, scale, white):
    values = levels(samples) * scale
    values = (values.round() if scale in (255, 65535) else values).astype("f4")
    found = load(tiff_samples(values, 2 if samples == 3 else 1), name="a.tif")
    assert np.abs(bytes_of(found)[..., :samples] / 255 - levels(samples)).max() < 0.003
    high = f"{scale:g}"
    said = f"a.tif holds values up to {high} where white is 1: they were divided by {white:g}."
    assert [str(note) for note in found.notes] == [said]


@pytest.mark.parametrize("kind", ["f4", "i2", "i4"])
def test_values_below_zero_are_refused(kind):
    values = np.full((2, 2, 3), -0.5 if kind == "f4" else -7, kind)
    with pytest.raises(PictureError, match=r"b\.tif holds values below zero \(down to -"):
        load(tiff_samples(values), name="b.tif")
    assert load(tiff_samples(np.full((2, 2, 3), -1e-7, "f4"))).tensor.max() == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers(value):
    with pytest.raises(PictureError, match="not numbers"):
        load(tiff_samples(np.full((2, 2, 3), value, "f4")))


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("planar", [False, True])
def test_inks_and_lab(kind, planar):
    image = Image.new("RGB", (WIDTH, HEIGHT), (200, 80, 40))
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    signed = np.asarray(ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB"))
    stored = {
        5: np.asarray(image.convert("CMYK")),
        6: np.asarray(image.convert("YCbCr")),
        8: signed,
        9: signed ^ np.array([0, 128, 128], "u1"),
    }
    for photometric, values in stored.items():
        deep = values.astype(kind) * (257 if kind == "u2" and photometric != 8 else 1)
        deep = deep << 8 if kind == "u2" and photometric == 8 else deep
        data = tiff_samples(deep, photometric, planar=planar, more={530: [1, 1]} if photometric == 6 else {})
        if photometric == 6 and kind == "u2":
            continue
        assert np.abs(bytes_of(load(data)) - (200, 80, 40)).max() <= 3, photometric


@pytest.mark.parametrize(
    ("values", "options", "what"),
    [
        (whole(1, "u1", 8)[0], {"photometric": 32803}, "PhotometricInterpretation 32803"),
        (whole(3, "u1", 8)[0], {"photometric": 6, "more": {530: [2, 2]}}, "PhotometricInterpretation 6"),
        (whole(3, "u1", 8)[0], {"photometric": 5}, "PhotometricInterpretation 5, SamplesPerPixel 3"),
        (whole(3, "u1", 8)[0], {"more": {258: [5, 6, 5]}}, "BitsPerSample 5, 6, 5"),
        (whole(3, "u1", 8)[0], {"more": {259: [34887]}}, "Compression 34887"),
        (whole(3, "u1", 8)[0], {"more": {339: [6, 6, 6]}}, "SampleFormat 6"),
        (whole(3, "u4", 24)[0], {"bits": 24}, "BitsPerSample 24"),
        (whole(3, "u1", 8)[0], {"more": {317: [7]}}, "Predictor 7"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_read_is_refused_in_a_sentence(values, options, what):
    with pytest.raises(PictureError, match=re.escape(f"c.tif is a TIFF of a sort that is not read ({what}")):
        load(tiff_samples(values, **options), name="c.tif")


def test_the_preview_of_a_raw_file_is_not_taken_for_the_picture():
    data = tiff_samples(whole(3, "u1", 8)[0], more={254: [1], 330: [8]})
    with pytest.raises(PictureError, match=r"c\.dng is a camera's raw file"):
        load(data, name="c.dng")


@pytest.mark.parametrize("left", [0, 8, 200])
def test_pixels_that_are_not_all_there_are_refused(left):
    values = whole(3, "u2", 16)[0]
    where = len(tiff_samples(values, planar=True)) - left  # a strip has 222 bytes
    for more in ({273: [8] * 20 + [where]}, {273: [8] * 20}, {273: [8]}):
        with pytest.raises(PictureError, match="cannot be read as TIFF"):
            load(tiff_samples(values, planar=True, more=more))


def test_big_endian_files_of_the_large_kind_are_refused():  # Pillow takes them for small ones
    with pytest.raises(PictureError, match="save it as PNG"):
        load(tiff_samples(whole(3, "u1", 8)[0], order=">", big=True))


@pytest.mark.parametrize("tile", [(2**16, 2**16), (0, 16), (2**32 - 16, 16)])
def test_senseless_tiles_are_refused(tile):
    data = tiff_samples(whole(3, "u1", 8)[0], tile=(16, 16), more={322: [tile[0]], 323: [tile[1]]})
    with pytest.raises(PictureError):
        load(data)


def test_a_pil_image_that_was_not_loaded_yet_is_read_as_its_file(tmp_path):
    values, top = whole(3, "u2", 16)
    path = tmp_path / "planes.tif"
    path.write_bytes(tiff_samples(values, planar=True))
    with Image.open(path) as image:
        assert np.abs(bytes_of(load(image)) / 255 - values / top).max() < 2e-5
        assert image.tile  # still not loaded, and as it was
        assert image.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_what_pillow_does_not_read(orientation):
    values, _ = whole(3, "f4", 32)
    found = load(tiff_samples(values, more={274: [orientation]}))
    pillows = load(tiff_samples((values * 255).round().astype("u1"), more={274: [orientation]}))
    exif = Image.Exif()
    exif[0x0112] = orientation
    png = load(encoded(Image.fromarray((values * 255).round().astype("u1")), "PNG", exif=exif))
    assert np.abs(bytes_of(found) - bytes_of(png)).max() < 0.51
    assert np.array_equal(bytes_of(pillows), bytes_of(png))


def test_deep_pictures_keep_their_steps_through_a_profile():
    values = np.broadcast_to(np.arange(400, dtype="u2")[None, :, None] * 3, (1, 400, 3))  # 5 of 256 steps
    found = bytes_of(load(tiff_samples(values, more={34675: linear_profile()})))[0, :, 0]
    light = values[0, :, 0] / 65535
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    assert len(np.unique(found)) > 390
    assert np.abs(found - expected).max() < 0.15
