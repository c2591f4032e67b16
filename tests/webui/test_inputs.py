"""What an uploaded file says of itself: frames that are left out, pixels per inch."""

from __future__ import annotations

import zipfile

import pytest
from PIL import Image

from stylize.image import load

from .bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, executor=None)


def pages(bench, name):
    path = bench.upload("painting.png")
    first, second = Image.open(path), Image.new("RGB", (64, 64), "red")
    target = path.replace("painting.png", name)
    first.save(target, save_all=True, append_images=[second], dpi=(300, 300))
    return target


@pytest.mark.parametrize("language", ["en", "zh"])
def test_notes_of_the_pictures_are_on_the_card_once(bench, language):
    said = {"en": "{} has 2 frames: the first one is painted.", "zh": "{} 有 2 帧：只绘制第一帧。"}[language]
    sitting = bench.sitting(language)
    cell = bench.picture(sitting)
    bench.do(sitting, "upload", cell=cell, what="content", path=pages(bench, "scan.tif"))
    bench.do(sitting, "upload", cell=cell, what="style", index=0, path=pages(bench, "style.tif"))
    bench.run(sitting, cell)
    expected = [said.format(name) for name in ("scan.tif", "style.tif")]
    assert list(sitting.book[cell].result.log) == expected
    bench.do(sitting, "set", cell=cell, name="strength", value=0.4)  # painted again without a run
    assert bench.line.idle(60)
    assert list(sitting.book[cell].result.log) == expected


def test_dpi_is_in_what_can_be_downloaded(bench):
    sitting = bench.sitting()
    cell = bench.picture(sitting)
    bench.do(sitting, "upload", cell=cell, what="content", path=pages(bench, "scan.tif"))
    bench.run(sitting, cell)
    asset = sitting.book[cell].result.asset
    assert load(bench.shelf.of(sitting).assets.get(asset)).dpi == (300, 300)
    bench.do(sitting, "export", kind="zip")
    with zipfile.ZipFile(next(bench.shelf.store.pictures.rglob("*.zip"))) as archive:
        made = [archive.read(name) for name in archive.namelist() if name.endswith(".png")]
    assert (300, 300) in [load(data).dpi for data in made]
