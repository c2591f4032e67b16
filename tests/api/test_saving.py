"""The Python API: files of results, and what the pictures say of themselves."""

import io

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize import api, image
from stylize.errors import PictureError

from .conftest import SIDE, array, pixels


@pytest.mark.parametrize("target", [None, 5, b"a.png", "a\0.png", [], object()])
def test_a_place_that_is_none_is_refused(target, files):
    with pytest.raises(PictureError) as caught:
        stylize.save(Image.open(files / "photo.png"), target)
    assert "An open file needs a format" not in str(caught.value)


@pytest.mark.parametrize("format", [5, b"png", [], ""])
def test_a_format_that_is_none_is_refused(format, files):
    with pytest.raises(PictureError, match="cannot be written as"):
        stylize.save(Image.open(files / "photo.png"), io.BytesIO(), format)


@pytest.mark.parametrize("wrong", [None, 3, np.zeros((8, 8, 3), np.uint8)])
def test_what_is_no_result_is_not_saved(wrong, tmp_path):
    with pytest.raises(PictureError, match="cannot be saved"):
        stylize.save(wrong, tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_every_format_carries_the_recipe(suffix, files):
    work = stylize.job(files / "photo.png", files / "a.png")
    work.save(files / f"out{suffix}", work.content.tensor)
    assert image.read_recipe(files / f"out{suffix}") == work.recipe().to_json()
    work.save(files / f"bare{suffix}", work.content.tensor, names=False)
    assert image.read_recipe(files / f"bare{suffix}") == work.recipe(names=False).to_json()


def test_transparency_is_kept_if_asked_and_saved_once(files):
    clear = np.dstack([pixels(0), np.linspace(0, 255, SIDE).astype(np.uint8)[None].repeat(48, 0)])
    buffer = io.BytesIO()
    Image.fromarray(clear).save(buffer, "PNG")
    made = stylize.stylize(buffer.getvalue(), files / "a.png", keep_alpha=True)
    assert made.mode == "RGBA"
    assert np.array_equal(array(made)[..., 3], clear[..., 3])
    stylize.save(made, files / "made.png")
    with Image.open(files / "made.png") as saved:
        assert np.array_equal(array(saved), array(made))
    assert stylize.stylize(buffer.getvalue(), files / "a.png").mode == "RGB"


def moving(path):
    """An animation of two frames."""
    first, second = (Image.fromarray(pixels(seed)) for seed in (7, 8))
    first.save(path, save_all=True, append_images=[second])


def test_notes_of_the_pictures_are_told_once(files):
    moving(files / "photo.gif")
    moving(files / "style.webp")
    said = ["photo.gif has 2 frames: the first one is painted.",
            "style.webp has 2 frames: the first one is painted."]  # fmt: skip
    styles = [files / "style.webp", files / "style.webp", files / "a.png"]
    job = api.job(files / "photo.gif", styles, content_side=SIDE)
    assert [str(note) for note in job.notes] == said
    steps = []
    stylize.stylize(files / "photo.gif", styles, content_side=SIDE, on_progress=steps.append)
    assert [str(progress.note) for progress in steps if progress.note] == said
    assert all(1 <= progress.step <= progress.total for progress in steps)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_dpi_goes_from_the_content_to_the_result(files, suffix):
    Image.fromarray(pixels(1)).save(files / "print.png", dpi=(300, 300))
    job = api.job(files / "print.png", files / "a.png", content_side=32, full_size=False)
    *_, last = job.run()
    picture = job.finish(last.picture)
    assert picture.shape[3] == 32  # and the number stays the same
    job.save(files / ("out" + suffix), picture)
    for name, inputs in {"b": ("print.png", "a.png"), "c": ("a.png", "print.png")}.items():
        made = stylize.stylize(*(files / each for each in inputs), content_side=32)
        stylize.save(made, files / (name + suffix))
    found = [image.load(files / (name + suffix)).dpi for name in ("out", "b", "c")]
    assert found == [(300, 300), (300, 300), None]
