"""Which results go where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stylize.cli import tasks
from stylize.cli.inputs import Search
from stylize.errors import PictureError

from .commands import picture

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


def planned(*argv, output=None, format=None):
    found = Search(output=output and Path(output)).find(argv)
    return {str(task.source): str(task.target) for task in tasks.plan(found, "adain", output, format)}


def test_names_do_not_collide():
    for name in ("x/photo.jpg", "y/Photo.png"):
        Path(name).parent.mkdir()
        picture(name)
    assert planned("x", "y", "photo.png", output="out") == {
        "x/photo.jpg": "out/photo.jpg-adain.png",
        "y/Photo.png": "out/Photo-adain.png",
        "photo.png": "out/photo-adain-2.png",
    }


def test_each_picture_is_painted_once():
    assert list(planned("photo.png", "./photo.png", ".", "b.png")) == ["photo.png", "a.png", "b.png"]
    assert planned("photo.png", "photo.png", output="out.png") == {"photo.png": "out.png"}


def test_a_result_in_a_folder_is_a_picture_if_it_was_named_or_goes_elsewhere():
    picture("a-adain.png")
    assert "a-adain.png" not in planned(".")
    assert "a-adain.png" in planned(".", output="out")
    assert "a-adain.png" in planned(".", "a-adain.png")


def test_a_folder_with_one_picture_still_gives_a_folder():
    Path("album").mkdir()
    picture("album/one.png")
    assert planned("album", output="new") == {"album/one.png": "new/one-adain.png"}
    with pytest.raises(PictureError, match="folder"):
        planned("album", output="new.png")


def test_a_long_file_name_gets_a_result_with_a_shorter_one(run, folder):
    long = folder / ("画" * 82 + ".png")
    (folder / "photo.png").rename(long)
    status, out, err = run("adain", long, "--style", "a.png", "--content-side", 64)
    assert status == 0, err
    result = Path(out.strip())
    assert result.is_file()
    assert len(os.fsencode(result.name)) <= 255
    assert result.name.endswith("画-adain.png")
