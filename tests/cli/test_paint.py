"""Pictures, one or many, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize import image, modes
from stylize.cli import main, picture_flags
from stylize.execution import job
from stylize.execution.job import Job

from .commands import FAST, picture, pixels, recipe_of

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


def test_one_photo(run):
    status, out, _ = run("adain", "photo.png", "--style", "a.png", "--strength", "0.5", "-o", "out.png")
    assert (status, out) == (0, "out.png\n")
    wanted = stylize.stylize("photo.png", "a.png", strength=0.5)
    assert np.array_equal(pixels("out.png"), np.asarray(wanted))
    assert image.read_recipe("out.png") == wanted.info["stylize"]


def test_notes_of_the_pictures_are_told_once(run, folder):
    first, second = Image.open("a.png"), Image.open("b.png")
    for name in ("album/one.gif", "album/two.gif", "style.gif"):
        Path(name).parent.mkdir(exist_ok=True)
        first.save(name, save_all=True, append_images=[second])
    _, _, err = run("adain", "album", "--style", "style.gif", "--content-side", "64", "-o", "out", "--quiet")
    for name in ("one.gif", "two.gif", "style.gif"):
        assert err.count(f"{name} has 2 frames: the first one is painted.") == 1


def test_dpi_is_kept(run):
    Image.open("a.png").save("print.tif", dpi=(300, 300))
    for suffix in ("png", "jpg", "tif", "webp"):
        run("adain", "print.tif", "--style", "b.png", "--content-side", "64", "-o", f"out.{suffix}")
        assert image.load(f"out.{suffix}").dpi == (300, 300)


def test_several_styles_with_their_shares(run):
    two = ["--style", "a.png", "--style", "b.png"]
    assert run("adain", "photo.png", *two, "--style-weights", "2,1", "-o", "two.png")[0] == 0
    assert [(each.name, each.weight) for each in recipe_of("two.png").styles] == [("a.png", 2), ("b.png", 1)]
    wanted = stylize.stylize("photo.png", ["a.png", "b.png"], style_weights=[2, 1])
    assert np.array_equal(pixels("two.png"), np.asarray(wanted))


def test_gatys_with_a_preset_and_its_own_flags(run):
    assert run("gatys", "photo.png", "--style", "a.png", "--preset", "draft", *FAST)[0] == 0
    found = recipe_of("photo-gatys.png")
    assert found.settings == modes.settings_of("gatys").preset("draft", steps=2, content_side=64)


def test_cyclegan_with_a_file_of_ones_own(run, generator):
    assert run("cyclegan", "photo.png", "--translation", generator)[:2] == (0, "photo-cyclegan.png\n")
    assert pixels("photo-cyclegan.png").shape == (48, 64, 3)


def test_a_network_that_cannot_be_had_is_one_line(refused):
    assert "style_vangogh" in refused("cyclegan", "photo.png", "--translation", "style-vangogh")


@pytest.mark.parametrize("format", picture_flags.FORMATS)
def test_the_format_of_files_that_are_not_named(format, run):
    status, out, _ = run("adain", "photo.png", "--style", "a.png", "--format", format, "-o", "new/")
    assert (status, out) == (0, f"{Path('new', 'photo-adain.' + format)}\n")
    assert recipe_of(out.strip()).mode == "adain"


def test_names_can_be_left_out(run):
    assert run("adain", "photo.png", "--style", "a.png", "--no-names", "-o", "out.png")[0] == 0
    assert "photo" not in image.read_recipe("out.png")


def test_quiet_says_where_the_picture_is_and_no_more(run):
    assert run("gatys", "photo.png", "--style", "a.png", "-q", *FAST) == (0, "photo-gatys.png\n", "")


def test_a_folder_and_one_bad_file(run, folder):
    album = folder / "album"
    album.mkdir()
    picture("album/two.png", 5)
    picture("album/One.JPG", 6)
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    (album / "notes.txt").write_text("no picture")
    (album / ".hidden.png").write_bytes(b"")
    (album / "below.png").mkdir()
    status, out, err = run("adain", "album", "photo.png", "--style", "a.png", "-o", "painted")
    assert status == 2
    names = ["One-adain.png", "two-adain.png", "photo-adain.png"]
    assert out.splitlines() == [str(Path("painted", name)) for name in names]
    errors = err.splitlines()
    assert len(errors) == 3
    assert errors[0] == (
        "stylize: left out: 1 subfolder (--recursive takes it), 1 file that is no picture, 1 hidden."
    )
    assert errors[1].startswith("stylize: error: ")
    assert "broken.jpg" in errors[1]
    assert errors[2] == "stylize: 3 made, 1 failed."
    assert sorted(os.listdir("painted")) == sorted(names)


def test_the_same_folder_twice(run):
    argv = ["adain", ".", "--style", "a.png", "-q"]
    assert run(*argv)[1].split() == ["a-adain.png", "b-adain.png", "photo-adain.png"]
    before = Path("b-adain.png").stat().st_mtime_ns
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    assert err.count("--overwrite") == 3
    assert "0 made, 3 failed" in err
    assert Path("b-adain.png").stat().st_mtime_ns == before
    assert run(*argv, "--overwrite")[0] == 0
    assert Path("b-adain.png").stat().st_mtime_ns != before
    assert len(list(Path().glob("*-adain*"))) == 3


def test_what_lies_in_the_way_is_replaced_only_if_it_was_named(run, refused):
    Path("photo-adain.png").write_text("mine")
    assert "--overwrite" in refused("adain", "photo.png", "--style", "a.png")
    assert "--overwrite" in refused("adain", "photo.png", "--style", "a.png", "-o", ".")
    assert Path("photo-adain.png").read_text() == "mine"
    assert run("adain", "photo.png", "--style", "a.png", "-o", "photo-adain.png")[0] == 0
    assert recipe_of("photo-adain.png").mode == "adain"


@pytest.mark.parametrize("output", ["photo.png", "./photo.png", "a.png", "link.png", "hard.png"])
def test_no_input_is_ever_replaced(output, refused):
    os.symlink("photo.png", "link.png")
    os.link("photo.png", "hard.png")
    before = Path("photo.png").read_bytes(), Path("a.png").read_bytes()
    argv = ["adain", "photo.png", "--style", "a.png", "--overwrite", "-o", output]
    assert "is an input" in refused(*argv)
    assert (Path("photo.png").read_bytes(), Path("a.png").read_bytes()) == before


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("out.bmp", ".webp"),
        ("out", ".png"),
        ("photo.png/out.png", "cannot be written"),
        ("/proc/out.png", "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_is_found_out_before_the_work(output, message, refused, monkeypatch):
    monkeypatch.setattr(Job, "run", None)
    assert message in refused("adain", "photo.png", "--style", "a.png", "-o", output)


def test_format_and_suffix_must_agree(refused, run):
    argv = ["adain", "photo.png", "--style", "a.png"]
    assert "--format" in refused(*argv, "--format", "png", "-o", "out.jpg")
    assert run(*argv, "--format", "jpg", "-o", "out.jpeg")[0] == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nothere.png", "--style", "a.png"], "nothere.png"),
        (["photo.png", "--style", "nothere.png"], "nothere.png"),
        (["photo.png", "--style", "notes.txt"], "notes.txt"),
        (["photo.png", "--style", "empty"], "empty"),
        (["empty", "--style", "a.png"], "no pictures"),
        (["photo.png", "b.png", "--style", "nothere.png"], "nothere.png"),
        (["photo.png", "b.png", "--style", "a.png", "-o", "out.png"], "name a folder"),
        (["photo.png", "b.png", "--style", "a.png", "-o", "notes.txt"], "name a folder"),
        (["photo.png", "--style", "a.png", "--device", "toaster"], "toaster"),
        (["photo.png", "--style", "a.png", "--device", "cuda:99"], "cuda:99"),
        (["photo.png", "--style", "a.png", "--max-megapixels", "0.001"], "megapixels"),
        (["photo.png", "--style", "a.png", "--max-megabytes", "0.0001"], "MB"),
    ],
)
def test_inputs_that_will_not_do_are_one_line(argv, message, refused, folder):
    (folder / "empty").mkdir()
    (folder / "notes.txt").write_text("no picture")
    assert message in refused("adain", *argv)


def test_a_file_error_that_nobody_foresaw_is_one_line(refused, monkeypatch):
    def full(*args, **more):
        raise OSError(28, "No space left on device", "out.png")

    monkeypatch.setattr(job, "save", full)
    assert "No space left" in refused("adain", "photo.png", "--style", "a.png", "-o", "out.png", "-q")


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def broken(*args, **more):
        raise ZeroDivisionError

    monkeypatch.setattr(job, "save", broken)
    with pytest.raises(ZeroDivisionError):
        main(["adain", "photo.png", "--style", "a.png"])
