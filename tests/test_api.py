"""The Python API: pictures in any form, one road to the result, and recipes that lead back to it."""

import hashlib
import io
import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import stylize
from stylize import api, image, modes
from stylize.errors import PictureError, RecipeError, SettingsError, WeightsError
from stylize.inputs import MOST_STYLES, MOST_WEIGHT
from stylize.networks import ResNetGenerator
from stylize.recipe import FileRef, Recipe

SIDE = 64


def pixels(seed, width=SIDE, height=48):
    """Blocks of random colors, (height, width, 3) uint8."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return small.repeat(8, 0).repeat(8, 1)


@pytest.fixture(autouse=True, scope="module")
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STYLIZE_DEVICE", "cpu")
        patch.setenv("STYLIZE_DTYPE", "float32")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def files(tmp_path):
    """A folder with photo.png, a.png and b.png."""
    for seed, name in enumerate(("photo", "a", "b")):
        Image.fromarray(pixels(seed)).save(tmp_path / f"{name}.png")
    return tmp_path


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A translation of one's own: a small generator with random weights."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "own.safetensors"
    save_file(ResNetGenerator(width=8, blocks=1).state_dict(), path)
    return path


def array(picture):
    return np.asarray(picture).astype(int)


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


def test_the_result_says_how_it_was_made(files):
    found = stylize.stylize(files / "photo.png", files / "a.png", strength=0.5)
    recipe = Recipe.from_json(found.info["stylize"])
    assert recipe.mode == "adain"
    assert recipe.settings.strength == 0.5
    for source in (recipe.content, *recipe.styles):
        assert source.sha256 == hashlib.sha256((files / source.name).read_bytes()).hexdigest()
    assert [each.name for each in recipe.weights] == ["adain-half", "vgg19-half"]
    assert all(len(each.sha256) == 64 for each in recipe.weights)


@pytest.mark.parametrize("mode", modes.names())
def test_every_mode_makes_its_picture_again_from_the_saved_one(mode, files, generator):
    styles = [files / "a.png", files / "b.png"] if modes.spec(mode).takes_styles else []
    given = {
        "gatys": {"steps": 3, "content_side": 64, "init": "statistics", "seed": 7, "preset": "draft"},
        "cyclegan": {"translation": str(generator)},
    }.get(mode, {"strength": 0.6, "style_side": 96})
    if styles:
        given["style_weights"] = [2, 1]
    made = stylize.stylize(files / "photo.png", styles, mode=mode, **given)
    assert made.size == (SIDE, 48)
    stylize.save(made, files / "made.png")

    text = image.read_recipe(files / "made.png")
    assert text == made.info["stylize"]
    work = stylize.job_of(Recipe.from_json(text), folder=[files, generator.parent])
    work.fetch()
    *_, last = work.run()
    assert np.array_equal(array(image.to_pil(work.finish(last.picture))), array(made))
    same = stylize.run(text, folder=[files, generator.parent])
    assert np.array_equal(array(same), array(made))
    assert same.info["stylize"] == text


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


def test_weights_from_numpy_reach_the_recipe_as_numbers(files):
    shares = np.array([0.5, 1], np.float32)
    work = stylize.job(files / "photo.png", [files / "a.png", files / "b.png"], style_weights=shares)
    assert [style.weight for style in Recipe.from_json(work.recipe().to_json()).styles] == [0.5, 1.0]


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


@pytest.mark.parametrize("wrong", [None, b"{}", {}, 5])
def test_what_is_no_recipe_is_refused(wrong):
    for make in (stylize.run, stylize.job_of):
        with pytest.raises(RecipeError, match="is no recipe"):
            make(wrong)


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


def test_names_can_be_left_out_of_the_recipe(files, generator):
    work = stylize.job(files / "photo.png", [files / "a.png"])
    assert "photo.png" in work.recipe().to_json()
    bare = work.recipe(names=False)
    assert "png" not in bare.to_json()
    assert bare.content.sha256 == work.content.sha256
    own = stylize.job(files / "photo.png", mode="cyclegan", translation=str(generator))
    for names in (True, False):
        assert str(generator.parent) not in own.recipe(names=names).to_json()
    assert own.recipe(names=False).settings.translation == "own.safetensors"


# Recipes -------------------------------------------------------------------------------------------


@pytest.fixture
def recipe(files):
    return stylize.job(files / "photo.png", [files / "a.png", files / "b.png"], style_weights=[3, 1]).recipe()


def test_inputs_are_looked_for_in_one_folder_after_the_other(files, recipe, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (files / "a.png").rename(other / "a.png")
    Image.fromarray(pixels(9)).save(other / "photo.png")  # another picture of the same name
    work = stylize.job_of(recipe, folder=[other, files])
    assert work.recipe() == recipe
    with pytest.raises(RecipeError, match=r"a\.png"):
        stylize.job_of(recipe, folder=files)
    with pytest.raises(RecipeError, match=r"photo\.png.*differ"):
        stylize.job_of(recipe, folder=other)


def test_an_input_is_found_by_what_it_is_without_its_metadata(files, recipe):
    """As the page keeps it, whose recipes name it so."""
    exif = Image.Exif()
    exif[0x010F] = "A maker's name"
    path = files / recipe.content.name
    with Image.open(path) as photo:
        photo.save(path, exif=exif)
    bare = hashlib.sha256(image.without_metadata(path.read_bytes())).hexdigest()
    assert (
        stylize.job_of(replace(recipe, content=FileRef(path.name, bare)), folder=files).content.sha256 != bare
    )
    with pytest.raises(RecipeError, match="its contents differ"):
        stylize.job_of(replace(recipe, content=FileRef(path.name, "0" * 64)), folder=files)


def test_inputs_that_are_given_need_not_be_the_same(files, recipe):
    Image.fromarray(pixels(9)).save(files / "new.png")
    work = stylize.job_of(recipe, folder=files, content=files / "new.png")
    assert work.content.name == "new.png"
    assert [style.source.name for style in work.styles] == ["a.png", "b.png"]
    work = stylize.job_of(recipe, folder=files, styles=[files / "new.png", files / "a.png"])
    assert [(style.source.name, style.weight) for style in work.styles] == [("new.png", 3), ("a.png", 1)]
    with pytest.raises(RecipeError, match="2 styles, but 1"):
        stylize.job_of(recipe, folder=files, styles=[files / "new.png"])


@pytest.mark.parametrize("name", ["", ".", "..", "nothere.png", "nul\0.png", "x" * 5000])
def test_an_input_that_is_not_there_is_named(name, files, recipe):
    with pytest.raises(RecipeError, match="--content"):
        stylize.job_of(replace(recipe, content=FileRef(name, "")), folder=files)


def test_a_recipe_never_reaches_beyond_its_folder(files, recipe):
    inner = files / "inner"
    inner.mkdir()
    for name in ("../photo.png", str(files / "photo.png")):
        with pytest.raises(RecipeError):
            stylize.job_of(replace(recipe, content=FileRef(name, "")), folder=inner)


def test_a_recipe_without_a_style_is_refused(files, recipe):
    with pytest.raises(SettingsError, match="style"):
        stylize.job_of(replace(recipe, styles=()), folder=files)
    none = tuple(replace(style, weight=0.0) for style in recipe.styles)
    with pytest.raises(SettingsError, match="weight"):
        stylize.job_of(replace(recipe, styles=none), folder=files)


# Saving --------------------------------------------------------------------------------------------


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


def test_public_names_are_all_there():
    for name in stylize.__all__:
        assert getattr(stylize, name) is not None
    assert stylize.save is api.save_picture
    with pytest.raises(AttributeError, match="nothing"):
        _ = stylize.nothing


# What the pictures say of themselves ------------------------------------------------------------------


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
