"""The page finds a folder that it can write, whoever else uses this computer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stylize.errors import SettingsError
from stylize.webui import folders
from stylize.webui.profiles import LOCAL, PUBLIC, SHARE, SPACE

from .served import ROOT, started, surroundings
from .visitor import Visitor


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """As in a new program, with caches of its own."""
    monkeypatch.setenv(folders.VARIABLE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(folders, "_asked", "")
    return tmp_path


def test_a_page_starts_beside_anothers_temporary_files(tmp_path, pictures):
    """What cannot be written here is a file in the folder's place: who runs tests may write everywhere."""
    (tmp_path / "gradio").write_text("another user's")
    with started(TMPDIR=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "caches")) as url:
        visitor = Visitor(url)
        visitor.open()
        assert Path(visitor.upload(pictures / "photo.png")).is_relative_to(tmp_path / "caches")


def test_a_page_starts_without_a_home_and_a_temporary_folder(tmp_path):
    (tmp_path / "home").write_text("")
    home = str(tmp_path / "home")
    with started(TMPDIR=str(tmp_path / "gone"), HOME=home, XDG_CACHE_HOME="", HF_HOME="") as url:
        assert Visitor(url).open()


def test_the_users_own_folder_is_taken(fresh, monkeypatch):
    monkeypatch.setenv(folders.VARIABLE, str(fresh / "mine"))
    assert folders.work_folder() == fresh / "mine" / "stylize"
    assert folders.new_root().parent == fresh / "mine"
    folders.give_gradio(fresh / "page")
    assert folders.chosen() == fresh / "mine", "a second page in this program finds it too"


def test_a_folder_that_cannot_be_written_is_passed_over(fresh, monkeypatch):
    (fresh / "file").write_text("")
    monkeypatch.setenv(folders.VARIABLE, str(fresh / "file" / "inside"))
    assert folders.chosen() is None
    assert folders.work_folder() == fresh / "caches" / "stylize" / "page"
    monkeypatch.setenv("XDG_CACHE_HOME", str(fresh / "file"))
    root = folders.work_folder()
    assert root.parent == Path(tempfile.gettempdir())
    shutil.rmtree(root)


def test_where_nothing_can_be_written_it_is_said(fresh, monkeypatch):
    (fresh / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(fresh / "file"))
    monkeypatch.setenv("STYLIZE_CACHE", str(fresh / "file"))
    with pytest.raises(SettingsError, match=folders.VARIABLE):
        folders.new_root()


def test_only_this_computers_own_pictures_outlast_the_server(fresh):
    assert (LOCAL.kept, SHARE.kept, PUBLIC.kept, SPACE.kept) == (True, False, False, False)
    assert folders.work_folder() == fresh / "caches" / "stylize" / "page"
    assert folders.work_folder().is_dir()
    assert not os.listdir(folders.work_folder())


def test_nothing_is_left_of_a_program_that_ends(tmp_path):
    code = "import stylize.webui.launch as launch; launch.build()"
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=surroundings(TMPDIR=str(tmp_path)), check=True
    )  # fmt: skip
    assert not os.listdir(tmp_path)
