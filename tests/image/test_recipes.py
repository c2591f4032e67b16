import io
import os
import tracemalloc
import zlib
from xml.etree import ElementTree

import pytest
import torch
from PIL import Image

from stylize.errors import PictureError
from stylize.image import encode_png, load, read_recipe, save

from .made import SUFFIXES, chunk, encoded, png, rgb, smooth

RECIPE = '{"mode": "adain", "name": "Fähre & <渡し> \'😀\'", "lines": "a\\nb"}\r\n\tend &amp; &#13; ]]>'


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "recipe", [RECIPE, "", "{}", "ü" * 20_000, " x "], ids=["odd", "empty", "{}", "long", "blanks"]
)
def test_recipes_come_back(tmp_path, suffix, recipe):
    path = tmp_path / ("out" + suffix)
    save(path, smooth(), recipe=recipe, alpha=torch.full((1, 1, 16, 24), 0.5))
    assert read_recipe(path) == recipe
    assert read_recipe(path.read_bytes()) == recipe
    assert load(path).size == (24, 16)


def test_recipes_of_more_than_64_kb_do_not_fit_in_jpeg(tmp_path):
    recipe = "r" * 70_000
    with pytest.raises(PictureError, match=r"64 KB.*PNG, WebP or TIFF"):
        save(tmp_path / "out.jpg", smooth(), recipe=recipe)
    assert os.listdir(tmp_path) == []
    for suffix in (".png", ".webp", ".tif"):
        save(tmp_path / ("out" + suffix), smooth(), recipe=recipe)
        assert read_recipe(tmp_path / ("out" + suffix)) == recipe


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_the_longest_recipe(tmp_path, suffix):
    path = tmp_path / ("out" + suffix)
    save(path, smooth(), recipe="&" * 1_000_000)
    assert read_recipe(path) == "&" * 1_000_000
    for recipe in ("&" * 1_000_001, "ü" * 500_001):
        with pytest.raises(PictureError, match="longer than 1 MB"):
            save(path, smooth(), recipe=recipe)


@pytest.mark.parametrize("recipe", ["nul \0", "escape \x1b", "half a pair \ud800", "not a letter \uffff"])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_recipes_that_no_file_can_carry(tmp_path, recipe, suffix):
    with pytest.raises(PictureError, match="control characters"):
        save(tmp_path / ("out" + suffix), smooth(), recipe=recipe)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_xmp_is_well_formed(tmp_path, suffix):
    save(tmp_path / ("out" + suffix), smooth(), recipe=RECIPE)
    with Image.open(tmp_path / ("out" + suffix)) as image:
        root = ElementTree.fromstring(image.info["xmp"])
    assert [each.text for each in root.iter("{urn:stylize:xmp/}recipe")] == [RECIPE]


def test_png_text_is_what_other_programs_read(tmp_path):
    with Image.open(io.BytesIO(encode_png(smooth(), RECIPE))) as image:
        assert image.info["stylize"] == RECIPE


def itxt(text, packed=False, key=b"stylize"):
    text = zlib.compress(text) if packed else text
    return chunk(b"iTXt", key + b"\0" + bytes([packed]) + b"\0en\0Rezept\0" + text)


def in_webp(text):
    return encoded(rgb(), "WEBP", xmp=b"<stylize:recipe>" + text + b"</stylize:recipe>")


@pytest.mark.parametrize("packed", [False, True])
def test_recipe_that_another_program_moved_or_packed(packed):
    moved = png(1, 1, 8, 0, [b"\0"], itxt(b"other", packed, b"Title"), itxt(RECIPE.encode(), packed))
    assert read_recipe(moved) == RECIPE


def test_recipe_that_another_program_turned_into_an_attribute():
    packet = b"<rdf:Description stylize:recipe='{&quot;a&quot;: &apos;&lt;&#xA;&apos;}' other='x'/>"
    assert read_recipe(encoded(rgb(), "JPEG", xmp=packet)) == "{\"a\": '<\n'}"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "PNG", "JPEG", "TIFF", "WEBP"])
def test_other_peoples_pictures_carry_no_recipe(kind):
    assert read_recipe(encoded(rgb(), kind)) is None
    if kind in ("JPEG", "WEBP"):
        assert read_recipe(encoded(rgb(), kind, xmp=b"<x:xmpmeta></x:xmpmeta>")) is None


def test_packed_bomb_is_not_unfolded():
    bomb = png(1, 1, 8, 0, [b"\0"], itxt(bytes(90_000_000), packed=True))
    tracemalloc.start()
    try:
        with pytest.raises(PictureError, match="more than 1 MB"):
            read_recipe(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (png(1, 1, 8, 0, [b"\0"], itxt(b"a" * 1_000_001)), "more than 1 MB"),
        (png(1, 1, 8, 0, [b"\0"], chunk(b"iTXt", b"stylize\0\1\0\0\0not zlib")), "damaged"),
        (png(1, 1, 8, 0, [b"\0"], chunk(b"iTXt", b"stylize\0")), "damaged"),
        (png(1, 1, 8, 0, [b"\0"], itxt(b"\xff\xfe")), "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (png(1, 1, 8, 0, [b"\0"])[:40], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIDAT", "damaged"),
        (encoded(rgb(), "JPEG", xmp=b"<stylize:recipe>no end"), "damaged"),
        (encoded(rgb(), "JPEG", xmp=b"stylize:recipe="), "damaged"),
        (encoded(rgb(), "JPEG", xmp=b"<stylize:recipe>\xff</stylize:recipe>"), "damaged"),
        (in_webp(b"a" * 1_000_001), "more than 1 MB"),
        (in_webp(b"&" * 6_000_001), "more than 1 MB"),
        (encoded(rgb(), "JPEG")[:100], "damaged"),
    ],
    ids=range(13),
)
def test_hostile_recipes(data, part):
    with pytest.raises(PictureError, match=part):
        read_recipe(data)
