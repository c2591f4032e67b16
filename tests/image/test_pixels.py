import io
import struct
import warnings

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageOps

from stylize.errors import PictureError
from stylize.image import load, to_pil

from .made import (
    HEIGHT,
    WIDTH,
    array,
    black_ink_profile,
    bytes_of,
    chunk,
    encoded,
    linear_gray_profile,
    linear_profile,
    png,
    rgb,
    smooth,
    srgb_profile,
    swapped_profile,
    tiff,
)

# What comes in: formats and modes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}),
     ("TIFF", {"big_tiff": True}), ("WEBP", {"lossless": True})],
)  # fmt: skip
def test_lossless_formats_give_the_very_pixels(kind, options):
    picture = load(encoded(rgb(), kind, **options))
    assert np.array_equal(bytes_of(picture).round(), array())
    assert picture.tensor.dtype == torch.float32
    assert picture.tensor.is_contiguous()
    assert picture.alpha is None
    assert picture.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg(progressive):
    picture = load(encoded(to_pil(smooth()), "JPEG", quality=95, progressive=progressive))
    assert (picture.tensor - smooth()).abs().max() < 0.03


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first_is_read(kind):
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue", "lime")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert torch.allclose(load(data).tensor.mean((2, 3)), torch.tensor([[1.0, 0, 0]]), atol=0.02)


def gray_values():
    return array(channels=1)[..., 0]


def big_endian(values):
    return Image.frombytes("I;16B", values.shape[::-1], values.astype(">u2").tobytes())


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.fromarray(gray_values() > 127), (gray_values() > 127) * 255.0),
        (Image.fromarray(gray_values()), gray_values()),
        (Image.fromarray(gray_values().astype(np.uint16) * 257), gray_values()),
        (Image.fromarray((gray_values() / 255).astype(np.float32)), gray_values()),
        (Image.fromarray(gray_values().astype(np.float32)), gray_values()),
        (Image.fromarray(gray_values().astype(np.int32)), gray_values()),
        (Image.fromarray(gray_values().astype(np.int32) * 257), gray_values()),
        (Image.fromarray(gray_values().astype(np.int32) * 2**23), gray_values() / 256 * 255),
        (big_endian(gray_values().astype(np.uint16) * 257), gray_values()),
    ],
    ids=["1", "L", "I;16", "F to 1", "F to 255", "I to 255", "I to 65535", "I to 2^31", "I;16B"],
)  # fmt: skip
@pytest.mark.parametrize("through", ["PIL", "TIFF"])
def test_gray_of_any_depth_is_scaled_and_not_clipped(image, expected, through):
    picture = load(image if through == "PIL" else encoded(image, "TIFF"))
    assert np.abs(bytes_of(picture) - expected[..., None]).max() < 0.01
    assert picture.tensor.shape == (1, 3, HEIGHT, WIDTH)


def test_sixteen_bit_gray_png_keeps_its_steps():
    values = [0, 1, 32768, 65534, 65535]
    picture = load(png(5, 1, 16, 0, [struct.pack(">5H", *values)]))
    assert (picture.tensor[0, 0, 0] * 65535).tolist() == pytest.approx(values, abs=0.01)


@pytest.mark.parametrize(("color", "channels"), [(2, 3), (4, 2), (6, 4)], ids=["RGB", "LA", "RGBA"])
def test_sixteen_bit_png(color, channels):
    values = array(channels=channels)
    rows = [row.astype(">u2").tobytes() for row in values.astype(np.uint16) * 257]
    picture = load(png(WIDTH, HEIGHT, 16, color, rows))
    expected = values.astype(float)
    if color != 2:
        share = expected[..., -1:] / 255
        assert np.abs(picture.alpha[0, 0].numpy() - share[..., 0]).max() < 1e-6
        expected = expected[..., :-1] * share + 255 * (1 - share)
    assert np.abs(bytes_of(picture) - expected).max() < 0.01


def test_sixteen_bit_rgb_tiff():
    values = np.array([[[0, 32896, 65535], [257, 514, 771]]], dtype="<u2")
    data = tiff(values.tobytes(), 2, 1, 16, 2)
    # three samples need three bit depths, which lie behind the directory
    data = data.replace(struct.pack("<HHII", 258, 4, 1, 16), struct.pack("<HHII", 258, 3, 3, len(data)))
    data = data.replace(struct.pack("<HHII", 277, 4, 1, 1), struct.pack("<HHII", 277, 4, 1, 3))
    picture = load(data + struct.pack("<3H", 16, 16, 16))
    assert bytes_of(picture).round().tolist() == [[[0, 128, 255], [1, 2, 3]]]


@pytest.mark.parametrize(("bits", "photometric"), [(12, 1), (16, 1), (32, 1), (16, 0), (32, 0)])
def test_gray_tiff_knows_its_white(bits, photometric):
    data = {
        12: bytes([0xFF, 0xF0, 0x00, 0x00, 0x0F, 0xFF]),
        16: np.array([65535, 0, 0, 65535], "<u2").tobytes(),
        32: np.array([1, 0, 0, 1], "<f4").tobytes(),
    }[bits]
    picture = load(tiff(data, 2, 2, bits, photometric, 3 if bits == 32 else 1))
    bright, dark = (1.0, 0.0) if photometric else (0.0, 1.0)  # 0 means that white is zero
    assert picture.tensor[0, 1].tolist() == [[bright, dark], [dark, bright]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_gray_that_is_not_a_number(value):
    image = Image.fromarray(np.array([[0.5, value]], np.float32))
    for source in (image, encoded(image, "TIFF")):
        with pytest.raises(PictureError, match="not numbers"):
            load(source)


@pytest.mark.parametrize("mode", ["YCbCr", "CMYK", "HSV", "RGBX", "LAB"])
def test_other_color_spaces_become_rgb(mode):
    flat = Image.new("RGB", (4, 4), (200, 80, 40))
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(flat, srgb, lab, outputMode="LAB")
    else:
        image = flat.convert(mode)
    assert np.abs(bytes_of(load(image)) - (200, 80, 40)).max() <= 3
    if mode in ("YCbCr", "CMYK"):
        assert np.abs(bytes_of(load(encoded(image, "JPEG", quality=95))) - (200, 80, 40)).max() <= 4
    if mode in ("CMYK", "LAB"):
        assert np.abs(bytes_of(load(encoded(image, "TIFF"))) - (200, 80, 40)).max() <= 3


# What comes in: transparency -------------------------------------------------------------------------


def test_transparency_is_laid_on_white_and_kept():
    values = array(channels=4)
    image = Image.fromarray(values)
    webp = encoded(image, "WEBP", lossless=True, exact=True)
    files = [encoded(image, "PNG"), encoded(image, "TIFF"), webp]
    for source in (values, image, image.convert("RGBa"), *files):
        picture = load(source)
        share = values[..., 3:] / 255
        expected = values[..., :3] * share + 255 * (1 - share)
        assert np.abs(bytes_of(picture) - expected).max() < 2.01  # RGBa is rounded twice
        assert np.abs(picture.alpha[0, 0].numpy() - share[..., 0]).max() < 1e-6
        assert picture.tensor.min() >= 0
        assert picture.tensor.max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_that_hides_nothing_is_no_alpha(mode):
    assert load(rgb().convert("P").convert(mode) if mode == "PA" else rgb().convert(mode)).alpha is None


def test_nothing_but_transparency_is_white():
    picture = load(Image.new("RGBA", (3, 3), (9, 9, 9, 0)))
    assert picture.tensor.min() == 1
    assert picture.alpha.max() == 0


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_a_transparent_entry(kind):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    opaque, clear = load(encoded(image, kind)), load(encoded(image, kind, transparency=1))
    assert opaque.alpha is None
    assert bytes_of(opaque).tolist() == [[[255, 0, 0], [0, 0, 255]]]
    assert bytes_of(clear).tolist() == [[[255, 0, 0], [255, 255, 255]]]
    assert clear.alpha[0, 0].tolist() == [[1, 0]]


def test_palette_with_an_alpha_for_each_entry():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    picture = load(encoded(image, "PNG", transparency=bytes([51, 255])))
    assert picture.alpha[0, 0].tolist() == [[pytest.approx(0.2), 1]]
    assert bytes_of(picture)[0, 0].tolist() == pytest.approx([255, 204, 204])


@pytest.mark.parametrize(
    ("bits", "color", "row", "key"),
    [
        (8, 0, bytes([7, 8]), struct.pack(">H", 7)),
        (16, 0, struct.pack(">2H", 7000, 7001), struct.pack(">H", 7000)),
        (8, 2, bytes([1, 2, 3, 1, 2, 4]), struct.pack(">3H", 1, 2, 3)),
        (16, 2, struct.pack(">6H", 256, 512, 768, 256, 512, 1024), struct.pack(">3H", 256, 512, 768)),
        (1, 0, bytes([0b01000000]), struct.pack(">H", 0)),
        (2, 0, bytes([0b01100000]), struct.pack(">H", 1)),
        (4, 0, bytes([0b01110110]), struct.pack(">H", 7)),
    ],
    ids=["L", "I;16", "RGB", "RGB of 16 bits", "1", "2", "4"],
)
def test_png_with_a_transparent_color(bits, color, row, key):
    picture = load(png(2, 1, bits, color, [row], before=[chunk(b"tRNS", key)]))
    assert picture.alpha[0, 0].tolist() == [[0, 1]]
    assert picture.tensor[0, :, 0, 0].tolist() == [1, 1, 1]


# What comes in: orientation and color profiles ------------------------------------------------------


def turned(orientation):
    return {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
            7: "TRANSVERSE", 8: "ROTATE_90"}.get(orientation)  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {}),
                                               ("TIFF", {"compression": "tiff_lzw"})])  # fmt: skip
def test_exif_orientation(orientation, kind, options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = load(encoded(rgb(), kind, exif=exif, **options))
    name = turned(orientation)
    expected = rgb().transpose(getattr(Image.Transpose, name)) if name else rgb()
    assert np.array_equal(bytes_of(picture).round(), np.asarray(expected))
    assert picture.size == expected.size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_jpeg_and_of_pil_images(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(to_pil(smooth()), "JPEG", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    for source in (data, Image.open(io.BytesIO(data))):
        assert np.array_equal(bytes_of(load(source)).round(), expected)


def test_orientation_turns_alpha_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = load(encoded(Image.fromarray(array(channels=4)), "PNG", exif=exif))
    expected = np.rot90(array(channels=4)[..., 3], -1)
    assert np.array_equal((picture.alpha[0, 0] * 255).round().numpy(), expected)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_senseless_orientation_is_passed_over(value):
    exif = Image.Exif()
    exif[0x0112] = value
    assert np.array_equal(bytes_of(load(encoded(rgb(), "PNG", exif=exif))).round(), array())


def test_broken_exif_is_passed_over():
    for exif in (b"garbage", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff\x12\x01"):
        for kind in ("JPEG", "PNG", "WEBP"):
            data = encoded(rgb(), kind, exif=b"Exif\0\0" + exif)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's own
                assert load(data).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_color_profile_is_applied(kind):
    # Red by this profile is what sRGB calls green.
    image = Image.new("RGB", (8, 8), (255, 0, 0))
    options = {"lossless": True} if kind == "WEBP" else {}
    plain = load(encoded(image, kind, **options)).tensor.mean((2, 3))[0]
    swapped = load(encoded(image, kind, icc_profile=swapped_profile(), **options)).tensor.mean((2, 3))[0]
    assert torch.allclose(plain, torch.tensor([1.0, 0, 0]), atol=0.01)
    assert torch.allclose(swapped, torch.tensor([0.0, 1, 0]), atol=0.01)


def test_srgb_profile_changes_nothing():
    picture = load(encoded(rgb(32, 32), "PNG", icc_profile=srgb_profile()))
    assert np.abs(bytes_of(picture) - array(32, 32)).max() <= 1.01


def test_color_profile_leaves_alpha_alone():
    image = Image.new("RGBA", (2, 2), (255, 0, 0, 128))
    picture = load(encoded(image, "PNG", icc_profile=swapped_profile()))
    assert picture.alpha.mean() == pytest.approx(128 / 255)
    assert bytes_of(picture)[0, 0].tolist() == pytest.approx([127, 255, 127], abs=1)


def test_gray_profile_is_applied_at_eight_and_sixteen_bits():
    # Linear light 0.214 is 0.5 in sRGB.
    eight = Image.new("L", (2, 2), round(0.214 * 255))
    sixteen = Image.fromarray(np.full((2, 2), 0.214 * 65535, np.uint16))
    for image, tolerance in ((eight, 0.004), (sixteen, 0.002)):
        picture = load(encoded(image, "PNG", icc_profile=linear_gray_profile()))
        assert picture.tensor.mean() == pytest.approx(0.5, abs=tolerance)
    clear = Image.merge("LA", (eight, Image.new("L", (2, 2), 0)))
    assert load(encoded(clear, "PNG", icc_profile=linear_gray_profile())).tensor.min() == 1


def test_rgb_profile_on_a_gray_picture():
    picture = load(encoded(Image.new("L", (2, 2), round(0.214 * 255)), "PNG", icc_profile=linear_profile()))
    assert picture.tensor.mean() == pytest.approx(0.5, abs=0.004)


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_profile_is_applied(kind):
    image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))  # cyan, but by this profile bare paper
    assert np.abs(bytes_of(load(encoded(image, kind))) - (0, 255, 255)).max() <= 3
    inked = encoded(image, kind, icc_profile=black_ink_profile())
    assert np.abs(bytes_of(load(inked)) - 255).max() <= 3


@pytest.mark.parametrize(
    "profile", [b"nonsense", swapped_profile()[:200], linear_gray_profile(), black_ink_profile(), bytes(4000)]
)
def test_broken_or_foreign_profile_is_passed_over(profile):
    for kind in ("PNG", "TIFF"):
        assert np.array_equal(bytes_of(load(encoded(rgb(), kind, icc_profile=profile))).round(), array())
