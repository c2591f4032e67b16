"""The output of a run: previews, the PNG with its recipe, and errors instead of tracebacks."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PIL import Image

from stylize.image import read_recipe
from stylize.recipe import Recipe
from stylize.webui.form import Form
from stylize.webui.painting import paint
from stylize.webui.profiles import LOCAL
from stylize.webui.runner import run_job
from stylize.webui.store import Store

from .made import painting, photo

SMALL = {"content_side": 64, "steps": 3, "smallest_side": 64}


@pytest.fixture
def show(tmp_path):
    content = photo(tmp_path / "my secret holiday.png")
    style = painting(tmp_path / "grandmother.png")

    def run(mode="gatys", values=SMALL, work=run_job, **changes):
        form = Form(
            mode, **{"content": str(content), "styles": ((str(style), 1.0),), "values": values, **changes}
        )
        store = Store(tmp_path / "files", 100)
        return list(paint(form, profile=LOCAL, store=store, stop=threading.Event(), work=work))

    return run


def test_the_result_is_a_png_with_its_recipe(show):
    shown = show()
    last = shown[-1]
    with Image.open(last.file) as image:
        assert (image.format, image.size) == ("PNG", (96, 64))
    text = read_recipe(last.file)
    recipe = Recipe.from_json(text)
    assert (recipe.mode, recipe.settings.steps) == ("gatys", 3)
    assert json.loads(last.recipe) == json.loads(text)
    assert last.pair[1] == last.file


def test_the_recipe_names_no_file_of_the_visitor(show, tmp_path):
    last = show()[-1]
    for word in ("secret", "grandmother", str(tmp_path)):
        assert word not in last.recipe
        assert word.encode() not in Path(last.file).read_bytes()


def test_previews_are_small_files(show, tmp_path):
    pairs = [each.pair for each in show() if each.pair]
    assert len(pairs) >= 2
    with Image.open(pairs[0][1]) as preview:
        assert preview.format == "JPEG"
        assert max(preview.size) <= 768


def test_transparency_is_kept_in_the_png_and_laid_on_white_on_the_screen(show, tmp_path):
    path = tmp_path / "clear.png"
    Image.new("RGBA", (64, 64), (200, 30, 30, 128)).save(path)
    last = show(content=str(path), values={**SMALL, "keep_alpha": True})[-1]
    with Image.open(last.file) as result, Image.open(last.pair[1]) as screen:
        assert result.getpixel((5, 5))[3] == 128
        assert screen.mode == "RGB"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"content": None}, "Choose a photo"),
        ({"mode": "nothing"}, "mode"),
        ({"values": {"steps": 0}}, "Steps"),
    ],
)
def test_what_can_be_mended_is_said(show, changes, words):
    (last,) = show(**changes)
    assert words in str(last.error)
    assert last.file == ""


def test_a_fault_of_the_program_is_no_traceback(show, caplog):
    def work(job):
        raise ZeroDivisionError("inside /home/secret")
        yield

    last = show(work=work)[-1]
    assert "log" in str(last.error)
    assert "secret" not in str(last.error)
    assert "ZeroDivisionError" in caplog.text
