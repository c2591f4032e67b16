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
    session = bench.session(language)
    cell = bench.picture(session)
    bench.do(session, "upload", cell=cell, what="content", path=pages(bench, "scan.tif"))
    bench.do(session, "upload", cell=cell, what="style", index=0, path=pages(bench, "style.tif"))
    bench.run(session, cell)
    expected = [said.format(name) for name in ("scan.tif", "style.tif")]
    assert list(session.book[cell].result.log) == expected
    bench.do(session, "set", cell=cell, name="strength", value=0.4)  # painted again without a run
    assert bench.run_queue.idle(60)
    assert list(session.book[cell].result.log) == expected


def test_dpi_is_in_what_can_be_downloaded(bench):
    session = bench.session()
    cell = bench.picture(session)
    bench.do(session, "upload", cell=cell, what="content", path=pages(bench, "scan.tif"))
    bench.run(session, cell)
    asset = session.book[cell].result.asset
    assert load(bench.page_files.of(session).assets.get(asset)).dpi == (300, 300)
    bench.do(session, "export", kind="zip")
    with zipfile.ZipFile(next(bench.page_files.store.pictures.rglob("*.zip"))) as archive:
        made = [archive.read(name) for name in archive.namelist() if name.endswith(".png")]
    assert (300, 300) in [load(data).dpi for data in made]
