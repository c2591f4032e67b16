"""The Python API: recipes that lead back to the picture, and what they are looked for by."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize import image, modes
from stylize.errors import RecipeError, SettingsError
from stylize.recipe import FileRef, Recipe

from .conftest import SIDE, array, pixels


def test_the_result_says_how_it_was_made(files):
    found = stylize.stylize(files / "photo.png", files / "a.png", strength=0.5)
    recipe = Recipe.from_json(found.info["stylize"])
    assert recipe.mode == "adain"
    assert recipe.settings.strength == 0.5
    for source in (recipe.content, *recipe.styles):
        assert source.sha256 == hashlib.sha256((files / source.name).read_bytes()).hexdigest()
    assert [each.name for each in recipe.weights] == ["painter", "vgg19-half"]
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


def test_weights_from_numpy_reach_the_recipe_as_numbers(files):
    shares = np.array([0.5, 1], np.float32)
    work = stylize.job(files / "photo.png", [files / "a.png", files / "b.png"], style_weights=shares)
    assert [style.weight for style in Recipe.from_json(work.recipe().to_json()).styles] == [0.5, 1.0]


@pytest.mark.parametrize("wrong", [None, b"{}", {}, 5])
def test_what_is_no_recipe_is_refused(wrong):
    for make in (stylize.run, stylize.job_of):
        with pytest.raises(RecipeError, match="is no recipe"):
            make(wrong)


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
