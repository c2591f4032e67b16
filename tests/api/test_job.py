"""The Python API: pictures in any form, one road to the result."""

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import stylize
from stylize import api, image, modes
from stylize.errors import PictureError, SettingsError, WeightsError
from stylize.inputs import MOST_STYLES, MOST_WEIGHT

from .conftest import SIDE, array, pixels

FORMS = {
    "text": str,
    "path": Path,
    "bytes": lambda path: path.read_bytes(),
    "PIL": lambda path: Image.open(path),
    "uint8": lambda path: np.asarray(Image.open(path)),
    "float": lambda path: np.asarray(Image.open(path)) / 255,
    "Picture": image.load,
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected")
    for seed, name in enumerate(("photo", "a")):
        Image.fromarray(pixels(seed)).save(folder / f"{name}.png")
    return array(stylize.stylize(folder / "photo.png", folder / "a.png"))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_pictures_in_any_form_give_the_same_result(form, files, expected):
    found = stylize.stylize(form(files / "photo.png"), form(files / "a.png"))
    assert found.size == (SIDE, 48)
    assert np.array_equal(array(found), expected)
    assert not np.array_equal(array(found), pixels(0))


@pytest.mark.parametrize("wrong", [None, 3, object(), torch.zeros(3, 8, 8), [], {}])
def test_what_is_no_picture_is_refused(wrong, files):
    with pytest.raises(PictureError):
        stylize.job(wrong, files / "a.png")
    with pytest.raises(PictureError):
        stylize.job(files / "photo.png", [wrong])


def test_progress_counts_to_its_end(files):
    seen = []
    stylize.stylize(
        files / "photo.png", files / "a.png", mode="gatys", steps=4, content_side=64, on_progress=seen.append
    )
    assert [each.step for each in seen] == [1, 2, 3, 4]
    assert {each.total for each in seen} == {4}
    assert all(math.isfinite(each.losses["total"]) for each in seen)


def test_stopped_early_the_picture_so_far_is_a_whole_picture(files):
    content = np.ascontiguousarray(pixels(0, 160, 120))
    work = stylize.job(content, files / "a.png", mode="gatys", steps=500, content_side=64)
    steps = work.run()
    first = next(each.picture for each in steps if each.picture is not None)
    steps.close()
    assert first.shape[2:] < (120, 160)
    assert work.finish(first).shape == (1, 3, 120, 160)
    small = replace(work, settings=replace(work.settings, full_size=False))
    assert small.finish(first).shape == first.shape


def test_style_weights_share_out_the_mix(files):
    photo, a, b = (files / f"{name}.png" for name in ("photo", "a", "b"))
    both = [
        array(stylize.stylize(photo, [a, b], style_weights=w)) for w in ([1, 0], [1, 1], [10, 10], [1, 3])
    ]
    assert np.array_equal(both[0], array(stylize.stylize(photo, a)))
    assert np.array_equal(both[1], both[2])
    assert np.array_equal(both[1], array(stylize.stylize(photo, (a, b))))
    for one, other in itertools.combinations((both[0], both[1], both[3]), 2):
        assert not np.array_equal(one, other)


BAD_WEIGHTS = [
    [1],
    [1, 1, 1],
    [],
    [0, 0],
    [-1, 2],
    [math.nan, 1],
    [math.inf, 1],
    [MOST_WEIGHT * 2, 1],
    ["1", 1],
]


@pytest.mark.parametrize("shares", BAD_WEIGHTS, ids=str)
def test_weights_that_make_no_mix_are_refused(shares, files):
    with pytest.raises(SettingsError, match="weight"):
        stylize.job(files / "photo.png", [files / "a.png", files / "b.png"], style_weights=shares)


def test_a_style_may_come_in_a_pair_with_its_weight(files):
    work = stylize.job(files / "photo.png", [(files / "a.png", 2), "claude-monet", (files / "b.png", 0.5)])
    assert [style.weight for style in work.styles] == [2.0, 1.0, 0.5]
    assert [style.source.name for style in work.styles] == ["a.png", "claude-monet", "b.png"]
    shared = stylize.job(files / "photo.png", [files / "a.png", files / "b.png"], style_weights=[2, 0.5])
    assert shared.styles[0].weight == 2.0
    for wrong in (-1, "much", None):
        with pytest.raises(SettingsError, match="weight"):
            stylize.job(files / "photo.png", [(files / "a.png", wrong)])


@pytest.mark.parametrize("mode", modes.names())
def test_styles_are_for_the_modes_that_take_them(mode, files):
    styles = [] if modes.spec(mode).takes_styles else [files / "a.png"]
    with pytest.raises(SettingsError, match=f"{mode}.*style picture"):
        stylize.job(files / "photo.png", styles, mode=mode)


def test_more_styles_than_a_recipe_holds_are_refused(files):
    style = image.load(files / "a.png")
    assert len(stylize.job(files / "photo.png", [style] * MOST_STYLES).styles) == MOST_STYLES
    with pytest.raises(SettingsError, match="styles"):
        stylize.job(files / "photo.png", [style] * (MOST_STYLES + 1))


def test_wrong_names_are_refused(files):
    photo, style = files / "photo.png", files / "a.png"
    with pytest.raises(SettingsError, match="no mode"):
        stylize.job(photo, style, mode="vgg")
    with pytest.raises(SettingsError, match="no setting"):
        stylize.job(photo, style, strenght=1)
    with pytest.raises(SettingsError, match="preset"):
        stylize.job(photo, style, preset="fine")
    with pytest.raises(WeightsError, match="nothing"):
        stylize.stylize(photo, style, network="nothing")
    with pytest.raises(PictureError, match=r"photo\.jpg"):
        stylize.job(files / "photo.jpg", style)


def test_one_style_need_not_be_in_a_list(files):
    recipe = stylize.job(files / "photo.png", files / "a.png", style_weights=2).recipe()
    assert [each.weight for each in recipe.styles] == [2.0]
    for one in (str(files / "b.png"), files / "b.png", Image.open(files / "b.png")):
        assert len(stylize.job_of(recipe.to_json(), styles=one, folder=files).styles) == 1
    for wrong in (object(), "2", math.nan, [None], -1):
        with pytest.raises(SettingsError, match="Style weights"):
            stylize.job(files / "photo.png", files / "a.png", style_weights=wrong)


def test_a_network_that_is_not_here_and_cannot_be_fetched_is_named(files, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / "cache"))
    work = stylize.job(files / "photo.png", mode="cyclegan", translation="style-vangogh")
    with pytest.raises(WeightsError, match="style_vangogh"):
        work.fetch()


def test_limits_hold_for_contents_and_styles(files):
    tight = stylize.Limits(megapixels=0.001)
    with pytest.raises(PictureError, match=r"photo\.png"):
        stylize.job(files / "photo.png", image.load(files / "a.png"), limits=tight)
    with pytest.raises(PictureError, match=r"a\.png"):
        stylize.job(image.load(files / "photo.png"), files / "a.png", limits=tight)
    recipe = stylize.job(files / "photo.png", files / "a.png").recipe()
    with pytest.raises(PictureError):
        stylize.job_of(recipe, folder=files, limits=tight)


def test_public_names_are_all_there():
    for name in stylize.__all__:
        assert getattr(stylize, name) is not None
    assert stylize.save is api.save_picture
    with pytest.raises(AttributeError, match="nothing"):
        _ = stylize.nothing
