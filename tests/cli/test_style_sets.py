"""A folder of styles: each once, or all mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylize import image
from stylize.recipe import Recipe

from .conftest import Run, picture, tree


@pytest.fixture(autouse=True)
def pictures() -> None:
    for n, name in enumerate(("photos/a.png", "photos/b.png", "looks/rain.jpg", "looks/sun.png")):
        picture(name, n)


def styles_of(path: str) -> list[str]:
    return [each.name for each in Recipe.from_json(image.read_recipe(path) or "").styles]


def test_each_style_of_a_folder_once(run: Run) -> None:
    ran = run("adain", "photos", "--style", "looks", "-o", "painted")
    assert (ran.status, ran.err) == (0, "stylize: 4 made.\n")
    assert tree("painted") == [f"{photo}-{look}-adain.png" for photo in "ab" for look in ("rain", "sun")]
    assert styles_of("painted/a-rain-adain.png") == ["rain.jpg"]
    assert styles_of("painted/b-sun-adain.png") == ["sun.png"]


def test_one_photo_in_each_style(run: Run) -> None:
    assert run("adain", "photos/a.png", "--style", "looks/*.*", "-q").status == 0
    assert tree(".")[:2] == ["a-rain-adain.png", "a-sun-adain.png"]
    ran = run("adain", "photos/a.png", "--style", "looks", "-o", "one.png")
    assert "several results" in ran.err


def test_a_folder_of_styles_as_a_mix(run: Run) -> None:
    argv = ["adain", "photos/a.png", "--style", "looks", "--styles", "mix"]
    assert run(*argv, "--style-weights", "2,1", "-o", "mix.png").status == 0
    assert styles_of("mix.png") == ["rain.jpg", "sun.png"]
    assert "1 weights" in run(*argv, "--style-weights", "2").err


def test_each_of_several_named_styles(run: Run) -> None:
    two = ["--style", "claude-monet", "--style", "looks/sun.png"]
    assert run("adain", "photos/a.png", *two, "--styles", "each", "-o", "each/").status == 0
    assert tree("each") == ["a-claude-monet-adain.png", "a-sun-adain.png"]
    assert run("adain", "photos/a.png", *two, "-o", "mix/").status == 0
    assert tree("mix") == ["a-adain.png"]


def test_styles_that_differ_in_their_suffix_or_folder(run: Run) -> None:
    picture("looks/sun.jpg", 7)
    picture("looks/more/rain.jpg", 8)
    assert run("adain", "photos/a.png", "--style", "looks", "-r", "-o", "painted").status == 0
    names = ["a-rain-adain-2.png", "a-rain-adain.png", "a-sun.jpg-adain.png", "a-sun.png-adain.png"]
    assert tree("painted") == names


def test_too_many_styles_for_a_mix_is_a_sentence(run: Run) -> None:
    for n in range(65):
        picture(f"many/{n}.png", n)
    ran = run("adain", "photos/a.png", "--style", "many", "--styles", "mix")
    assert ran.status == 2
    assert "65 styles are too many for a mix" in ran.err
    assert "--styles each" in ran.err


def test_weights_belong_to_a_mix(run: Run) -> None:
    ran = run("adain", "photos/a.png", "--style", "looks", "--style-weights", "2,1")
    assert "--styles mix" in ran.err


def test_a_style_that_cannot_be_read_is_its_own_trouble(run: Run) -> None:
    Path("looks/broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    Path("looks/notes.txt").write_text("no picture")
    ran = run("adain", "photos", "--style", "looks", "-o", "painted")
    assert ran.status == 2
    lines = ran.err.splitlines()
    assert lines[0] == "stylize: left out: 1 file that is no picture."
    assert "broken.jpg" in lines[1]
    assert lines[2] == "stylize: 4 made, 2 failed."


def test_a_mode_without_styles_takes_no_flag_for_them(run: Run) -> None:
    assert "takes no style" in run("cyclegan", "photos/a.png", "--styles", "each").err
