"""Pictures made again from recipes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize import image
from stylize.recipe import Recipe
from stylize.weights import catalog
from stylize.weights.messages import REPLACED

from .commands import picture, recipe_of

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


def test_a_picture_is_made_again_from_itself(run):
    argv = ["adain", "photo.png", "--style", "a.png", "--style", "b.png", "--style-weights", "3,1"]
    assert run(*argv, "-o", "made.png")[0] == 0
    assert run("run", "made.png", "-o", "again.png")[:2] == (0, "again.png\n")
    assert Path("again.png").read_bytes() == Path("made.png").read_bytes()


def test_the_limit_of_megabytes_is_for_the_picture_with_the_recipe_too(run, refused, monkeypatch):
    assert run("adain", "photo.png", "--style", "a.png", "-o", "made.png")[0] == 0
    assert "made.png is" in refused("run", "made.png", "-o", "again.png", "--max-megabytes", "0.0001")
    monkeypatch.setenv("STYLIZE_MAX_MEGABYTES", "0.0001")
    assert run("run", "made.png", "-o", "again.png", "--max-megabytes", "10")[:2] == (0, "again.png\n")


def test_a_recipe_file_finds_its_inputs_beside_it_and_here(run, folder):
    recipe = stylize.job("photo.png", ["a.png"]).recipe()
    Path("sub").mkdir()
    Path("sub/recipe.json").write_text(recipe.to_json())
    os.rename("photo.png", "sub/photo.png")
    assert run("run", "sub/recipe.json")[:2] == (0, "photo-adain.png\n")
    assert recipe_of("photo-adain.png") == recipe
    assert run("run", "sub/recipe.json")[:2] == (0, "photo-adain-2.png\n")
    assert (
        run("run", "photo-adain.png", "--content", "b.png", "-o", "out/")[1] == f"{Path('out/b-adain.png')}\n"
    )


def test_other_inputs_may_be_named(run):
    recipe = stylize.job("photo.png", ["a.png"]).recipe(names=False)
    Path("recipe.json").write_text(recipe.to_json())
    status, _, err = run("run", "recipe.json")
    assert status == 2
    assert "--content" in err
    assert run("run", "recipe.json", "--content", "b.png", "--style", "photo.png", "-o", "out.png")[0] == 0
    assert recipe_of("out.png").content.name == "b.png"


def test_other_weights_than_the_recipes_are_told(run):
    text = stylize.job("photo.png", ["a.png"]).recipe().to_json()
    Path("recipe.json").write_text(text.replace(catalog.row("painter").sha256, "0" * 64))
    status, out, err = run("run", "recipe.json", "-q")
    assert (status, out) == (0, "photo-adain.png\n")
    assert err.count("\n") == 1
    assert "painter is not the file" in err


def test_a_recipe_of_a_replaced_network_is_told_where_to_find_it(run):
    earlier = next(sha256 for sha256, name in REPLACED.items() if name == "photo2vangogh")
    text = stylize.job("photo.png", mode="cyclegan", translation="photo2vangogh").recipe().to_json()
    Path("recipe.json").write_text(text.replace(catalog.row("photo2vangogh").sha256, earlier))
    status, out, err = run("run", "recipe.json", "-q")
    assert (status, out) == (0, "photo-cyclegan.png\n")
    assert "photo2vangogh is another network now" in err
    assert "STYLIZE_WEIGHTS_DIR" in err


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("notebook.zip", b"PK\x03\x04", "zip"),
        ("nothere.json", None, "nothere.json"),
        ("nothere.png", None, "nothere.png"),
        ("recipe.json", b"{}", "no recipe"),
        ("recipe.json", b"\xff\xfe\x00", "UTF-16"),
        ("recipe.json", b'{"format": 1, "mode": "adain", "content": {"name": "../photo.png"}}', "file name"),
        ("recipe.txt", b"hello", "recipe.txt"),
    ],
)
def test_what_is_no_recipe_is_one_line(name, data, message, refused):
    if data is not None:
        Path(name).write_bytes(data)
    assert message in refused("run", name)


def test_a_picture_without_a_recipe_or_with_lost_or_changed_inputs(refused, run):
    assert "carries no recipe" in refused("run", "photo.png")
    assert run("adain", "photo.png", "--style", "a.png", "-o", "made.png")[0] == 0
    assert "is an input" in refused("run", "made.png", "-o", "made.png")
    assert "is an input" in refused("run", "made.png", "-o", "photo.png")
    assert "2 were given" in refused("run", "made.png", "--style", "a.png", "--style", "b.png")
    picture("a.png", 9)
    assert "contents differ" in refused("run", "made.png")
    os.remove("a.png")
    assert "a.png" in refused("run", "made.png")


def test_named_styles_mix_with_pictures_and_come_back_from_the_recipe(run, folder):
    status, out, err = run(
        "adain", "photo.png", "--style", "claude-monet", "--style", "a.png", "-o", "one.png"
    )
    assert (status, out, err) == (0, "one.png\n", "")
    recipe = Recipe.from_json(image.read_recipe("one.png"))
    assert [(each.name, each.library) for each in recipe.styles] == [("claude-monet", True), ("a.png", False)]
    assert run("run", "one.png", "-o", "two.png")[0] == 0
    assert np.array_equal(np.asarray(Image.open("one.png")), np.asarray(Image.open("two.png")))
    older = recipe.to_json().replace(recipe.styles[0].sha256, "0" * 64)
    (folder / "older.json").write_text(older)
    assert "claude-monet has changed" in run("run", "older.json", "-o", "three.png")[2]
