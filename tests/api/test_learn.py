"""``stylize.learn``, and its styles by name."""

from __future__ import annotations

from pathlib import Path

import pytest

import stylize
from stylize import api
from stylize.errors import PictureError, StyleError
from stylize.library import learned

EXAMPLES = Path(__file__).parents[2] / "examples"
STYLE = EXAMPLES / "styles" / "sun-mosaic.jpg"
PHOTO = EXAMPLES / "photos" / "raccoon.jpg"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


def test_what_is_learned_serves_by_path_and_by_name_and_its_recipe_finds_it(tmp_path, folder):
    seen = []
    file = stylize.learn(STYLE, tmp_path / "a b.style.safetensors", steps=2, on_progress=seen.append)
    assert [each.step for each in seen] == [1, 2]
    assert stylize.load(file).learned.name == "a b"
    mine = stylize.learn(STYLE, name="朝日", steps=2)
    assert mine == folder / "朝日.style.safetensors"
    by_path = stylize.stylize(PHOTO, mine, content_side=64)
    by_name = stylize.stylize(PHOTO, "朝日", content_side=64)
    again = stylize.run(by_name.info["stylize"], content=PHOTO)
    assert by_path.tobytes() == by_name.tobytes() == again.tobytes()
    assert by_path.tobytes() != stylize.stylize(PHOTO, STYLE, content_side=64).tobytes()


def test_a_learned_style_learns_on(tmp_path):
    first = stylize.learn(STYLE, tmp_path / "a.style.safetensors", steps=2)
    second = stylize.learn(first, tmp_path / "b.style.safetensors", steps=1)
    one, two = (stylize.load(each).learned for each in (first, second))
    assert one.residual is not None
    moved = abs(two.residual.astype("f4") - one.residual.astype("f4")).mean()
    assert 0 < moved < abs(one.residual.astype("f4")).mean()


def test_names_and_files_are_settled_before_anything_is_learned(tmp_path):
    def nothing(progress):
        raise AssertionError(progress)

    there = tmp_path / "there.style.safetensors"
    there.write_bytes(b"mine")
    (tmp_path / "empty").mkdir()
    for kind, given in (
        (StyleError, {"out": there}),
        (StyleError, {"out": tmp_path / "sea.jpg"}),
        (StyleError, {"name": "claude-monet"}),
        (StyleError, {"name": "../x"}),
        (StyleError, {"out": there / "sea.style.safetensors"}),
        (PictureError, {"out": tmp_path / "b.style.safetensors", "photos": tmp_path / "empty"}),
        (PictureError, {"out": tmp_path / "b.style.safetensors", "photos": tmp_path / "none"}),
    ):
        with pytest.raises(kind):
            stylize.learn(STYLE, steps=1, on_progress=nothing, **given)
    assert there.read_bytes() == b"mine"
    stylize.learn(STYLE, there, steps=1, photos=[PHOTO], force=True)
    assert stylize.load(there).learned is not None


def test_a_name_of_the_library_is_the_librarys(folder):
    learned.write(folder / "claude-monet.style.safetensors", b"whatever")
    assert (
        api.style("claude-monet")
        == stylize.styles()[[each.name for each in stylize.styles()].index("claude-monet")]
    )
