"""Colors told without a profile, against published matrices (Lindbloom; BT.2020; P3) and formulas."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from stylize.image import load

from .made import (
    bytes_of,
    chunk,
    encoded,
    linear_gray_profile,
    linear_profile,
    png,
    rgb,
    srgb_profile,
    swapped_profile,
    tiff_samples,
)

XYZ_TO_SRGB = np.array([[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560],
                        [0.0556434, -0.2040259, 1.0572252]])  # fmt: skip
TO_XYZ = {
    "srgb": np.linalg.inv(XYZ_TO_SRGB),
    "adobe": np.array([[0.5767309, 0.1855540, 0.1881852], [0.2973769, 0.6273491, 0.0752741],
                       [0.0270343, 0.0706872, 0.9911085]]),
    "p3": np.array([[0.4865709, 0.2656677, 0.1982173], [0.2289746, 0.6917385, 0.0792869],
                    [0, 0.0451134, 1.0439444]]),
    "2020": np.array([[0.6369580, 0.1446169, 0.1688810], [0.2627002, 0.6779981, 0.0593017],
                      [0, 0.0280727, 1.0609851]]),
}  # fmt: skip


def srgb_light(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def video_light(values):
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


def expected(values, primaries, light):
    """sRGB on a scale of 255 of values in [0, 1]."""
    linear = (light(values) @ TO_XYZ[primaries].T @ XYZ_TO_SRGB.T).clip(0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def colors():
    """(1, 216, 3) uint8: every mixture of six steps."""
    steps = np.array([0, 20, 80, 128, 200, 255], np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)


def coded(*chunks, bits=8):
    values = colors().astype(">u2") * 257 if bits == 16 else colors()
    return png(216, 1, bits, 2, [values[0].tobytes()], before=[chunk(*each) for each in chunks])


def gama(value):
    return b"gAMA", struct.pack(">I", value)


def chrm(*values):
    return b"cHRM", struct.pack(">8I", *(round(value * 100000) for value in values))


def iccp(profile):
    import zlib

    return b"iCCP", b"profile\0\0" + zlib.compress(profile)


def cicp(*values):
    return b"cICP", bytes(values)


SRGB_CHRM = chrm(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CHRM = chrm(0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def off(data, primaries, light):
    wanted = expected(colors() / 255, primaries, light)
    return np.abs(bytes_of(load(data)) - wanted).max()


# EXIF ------------------------------------------------------------------------------------------------


def exif(space, index=None):
    """An EXIF block with the color space, and the interoperability index."""
    head = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x8769, 4, 1, 26, 0)
    entries = struct.pack("<HHIHH", 0xA001, 3, 1, space, 0)
    entries += struct.pack("<HHII", 0xA005, 4, 1, 56) if index else b""
    below = struct.pack("<HHHI4sI", 1, 1, 2, 4, index.encode(), 0) if index else b""
    return b"Exif\0\0" + head + struct.pack("<H", 2 if index else 1) + entries + bytes(4) + below


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("space", "index"), [(2, None), (0xFFFF, "R03"), (2, "R03")])
def test_adobe_rgb_told_by_exif(kind, space, index):
    def adobe(values):
        return values**2.19921875

    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    image = Image.fromarray(colors().repeat(8, 0).repeat(8, 1))
    data = encoded(image, kind, exif=exif(space, index), **options)
    raw = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.abs(bytes_of(load(data)) - expected(raw / 255, "adobe", adobe)).max() < 0.1
    assert np.abs(raw - expected(raw / 255, "adobe", adobe)).max() > 20


def test_adobe_rgb_told_by_exif_in_a_tiff():
    def with_exif(space, index):
        at = len(tiff_samples(colors(), more={0x8769: [0]}))
        entries = struct.pack("<HHHIHH", 2, 0xA001, 3, 1, space, 0)
        entries += struct.pack("<HHII", 0xA005, 4, 1, at + 30) + bytes(4)
        index = struct.pack("<HHHI4s", 1, 1, 2, 4, index) + bytes(4)
        return tiff_samples(colors(), more={0x8769: [at]}) + entries + index

    for space, index in ((2, b"R98"), (0xFFFF, b"R03")):
        assert off(with_exif(space, index), "adobe", lambda v: v**2.19921875) < 0.1
    assert off(with_exif(1, b"R03"), "srgb", srgb_light) < 0.01


def test_gray_of_adobe_rgb():
    gray = Image.fromarray(np.full((8, 8), 40, np.uint8))
    found = bytes_of(load(encoded(gray, "PNG", exif=exif(2))))
    assert np.abs(found - expected(np.full((8, 8, 3), 40 / 255), "srgb", lambda v: v**2.19921875)).max() < 0.1


@pytest.mark.parametrize(("space", "index"), [(1, None), (1, "R03"), (0xFFFF, None), (0xFFFF, "R98")])
def test_other_words_of_exif_mean_nothing(space, index):
    assert np.array_equal(
        bytes_of(load(encoded(rgb(), "PNG", exif=exif(space, index)))).round(), np.asarray(rgb())
    )


def test_a_profile_comes_before_exif():
    data = encoded(Image.new("RGB", (4, 4), "red"), "JPEG", exif=exif(2), icc_profile=swapped_profile())
    assert np.abs(bytes_of(load(data)) - (0, 255, 0)).max() < 2


# PNG -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(
    ("chunks", "primaries", "light"),
    [
        ([gama(100000)], "srgb", lambda v: v),
        ([gama(100000), P3_CHRM], "p3", lambda v: v),
        ([gama(55556), SRGB_CHRM], "srgb", lambda v: v ** (1 / 0.55556)),
        ([P3_CHRM], "p3", srgb_light),
        ([gama(45455), P3_CHRM], "p3", srgb_light),
        ([cicp(12, 13, 0, 1)], "p3", srgb_light),
        ([cicp(9, 13, 0, 1)], "2020", srgb_light),
        ([cicp(1, 1, 0, 1)], "srgb", video_light),
        ([cicp(9, 14, 0, 1)], "2020", video_light),
        ([cicp(1, 8, 0, 1)], "srgb", lambda v: v),
        ([cicp(1, 4, 0, 1)], "srgb", lambda v: v**2.2),
        # the order: cICP, iCCP, sRGB, gAMA and cHRM
        ([cicp(12, 13, 0, 1), iccp(linear_profile()), gama(100000)], "p3", srgb_light),
        ([cicp(1, 13, 0, 1), iccp(linear_profile())], "srgb", srgb_light),
        ([cicp(2, 2, 0, 1), gama(100000)], "srgb", lambda v: v),
        ([cicp(9, 13, 1, 1)], "srgb", srgb_light),
        ([(b"sRGB", b"\0"), gama(100000), P3_CHRM], "srgb", srgb_light),
        ([gama(45455), SRGB_CHRM], "srgb", srgb_light),
        ([gama(0)], "srgb", srgb_light),
        ([chrm(0, 0, 0, 0, 0, 0, 0, 0)], "srgb", srgb_light),
    ],
)
def test_colors_of_a_png(bits, chunks, primaries, light):
    assert off(coded(*chunks, bits=bits), primaries, light) < 0.1


def test_profile_comes_before_gamma():
    for bits in (8, 16):
        data = coded(iccp(srgb_profile()), gama(100000), bits=bits)
        assert np.abs(bytes_of(load(data)) - colors()).max() < 1.1


def test_narrow_range():
    values = (colors() / 255 * 219 + 16).round().astype(np.uint8)
    data = png(216, 1, 8, 2, [values[0].tobytes()], before=[chunk(*cicp(1, 13, 0, 0))])
    assert np.abs(bytes_of(load(data)) - colors()).max() < 0.8


@pytest.mark.parametrize("color", [0, 3, 4])
def test_gamma_of_gray_and_of_a_palette(color):
    before = [chunk(*gama(100000))] + ([chunk(b"PLTE", bytes([50, 50, 50]))] if color == 3 else [])
    row = {0: bytes([50]), 3: bytes([0]), 4: bytes([50, 255])}[color]
    found = bytes_of(load(png(1, 1, 8, color, [row], before=before)))
    assert np.abs(found - expected(np.full((1, 1, 3), 50 / 255), "srgb", lambda v: v)).max() < 0.1


def test_linear_light_of_16_bits_is_not_banded():
    steps = (np.arange(500) * 4).astype(">u2")  # the darkest three per cent
    rows = [np.repeat(steps[:, None], 3, 1).tobytes()]
    found = bytes_of(load(png(500, 1, 16, 2, rows, before=[chunk(*gama(100000))])))[0]
    assert len(np.unique(found[:, 0])) > 490
    wanted = expected(np.repeat(steps[None, :, None] / 65535, 3, 2), "srgb", lambda v: v)[0]
    assert np.abs(found - wanted).max() < 0.1


def pq(nits):
    """SMPTE ST 2084, inverse EOTF."""
    power = (nits / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(scene):
    return (
        np.sqrt(3 * scene) if scene <= 1 / 12 else 0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073
    )


def gray_of(transfer, value, *chunks):
    row = np.full(3, round(value * 65535), ">u2").tobytes()
    before = [chunk(*each) for each in (cicp(9, transfer, 0, 1), *chunks)]
    return load(png(1, 1, 16, 2, [row], before=before), name="h.png")


def test_hdr_is_brought_into_range_and_that_is_said():
    # Dark and middle tones keep their light (203 cd/m2 is white); what is brighter is bent below it.
    for nits in (2, 20, 80):
        found = gray_of(16, pq(nits))
        assert float(found.tensor.mean()) * 255 == pytest.approx(
            float(expected(np.full(3, nits / 203), "srgb", lambda v: v)[0]), abs=0.3
        )
    shown = [float(gray_of(16, pq(nits)).tensor.mean()) for nits in (80, 203, 500, 1000, 4000)]
    assert shown == sorted(shown)
    assert 0.85 < shown[1] < 0.95
    assert shown[3] == shown[4] == pytest.approx(1, abs=1e-3)
    said = "h.png holds HDR light: its highlights are compressed to what an ordinary display shows."
    assert (
        [str(note) for note in gray_of(16, 0.5).notes]
        == [str(note) for note in gray_of(18, 0.5).notes]
        == [said]
    )
    assert load(coded(cicp(9, 14, 0, 1))).notes == ()


def test_the_brightest_content_is_white():
    level = struct.pack(">II", 400 * 10000, 100 * 10000)
    assert float(gray_of(16, pq(400), (b"cLLI", level)).tensor.mean()) == pytest.approx(1, abs=1e-3)
    assert float(gray_of(16, pq(400)).tensor.mean()) < 0.99


def test_hlg_is_shown_as_on_a_display_of_1000_nits():
    scene = (60 / 1000) ** (1 / 1.2)  # BT.2100: 1000 scene ^ 1.2 cd/m2
    found = gray_of(18, hlg(scene))
    wanted = expected(np.full(3, 60 / 203), "srgb", lambda v: v)[0]
    assert float(found.tensor.mean()) * 255 == pytest.approx(float(wanted), abs=0.3)
    assert float(gray_of(18, 1.0).tensor.mean()) == pytest.approx(1, abs=1e-3)


# TIFF ------------------------------------------------------------------------------------------------


def tagged(values, **numbers):
    tags = {318: "white", 319: "primaries", 301: "curve"}
    given = {tag: numbers[name] for tag, name in tags.items() if name in numbers}
    return encoded(Image.fromarray(values), "TIFF", tiffinfo=given)


ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def test_colors_told_by_the_tags_of_a_tiff():
    data = tagged(colors(), white=(0.3127, 0.3290), primaries=ADOBE)
    assert off(data, "adobe", lambda v: v**2.2) < 0.1
    data = tagged(colors(), white=(0.3127, 0.3290), primaries=(0.64, 0.33, 0.30, 0.60, 0.15, 0.06))
    assert off(data, "srgb", srgb_light) < 0.01
    one = [round((n / 255) ** 1.5 * 65535) for n in range(256)]
    assert off(tiff_samples(colors(), more={301: one}), "srgb", lambda v: v**1.5) < 0.1
    assert off(tiff_samples(colors(), more={301: one * 3}), "srgb", lambda v: v**1.5) < 0.1
    assert off(tiff_samples(colors(), more={301: [1, 2, 3]}), "srgb", srgb_light) < 0.01


# Profiles on more than 8 bits ------------------------------------------------------------------------


def test_profiles_of_deep_gray():
    values = np.arange(0, 2000, 5, dtype="u2")[None, :, None]
    wanted = expected(np.repeat(values / 65535, 3, 2), "srgb", lambda v: v)
    for profile in (linear_gray_profile(), linear_profile()):
        data = tiff_samples(values, 1, more={34675: profile})
        assert np.abs(bytes_of(load(data)) - wanted).max() < 0.15


def test_a_profile_of_tables_still_serves_deep_pictures():
    values = colors().astype("u2") * 257
    profile = swapped_profile().replace(b"rXYZ", b"A2B0", 1)  # not to be taken for a matrix
    assert load(tiff_samples(values, more={34675: profile})).size == (216, 1)
    swapped = bytes_of(load(tiff_samples(values, more={34675: swapped_profile()})))
    assert np.abs(swapped - colors()[..., [1, 0, 2]]).max() < 1.5
