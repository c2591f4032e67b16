"""The folder of learned styles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stylize.errors import PictureError, StyleError
from stylize.image import LearnedStyle
from stylize.image.learned import encode
from stylize.library import learned


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


def data(name: str = "sea") -> bytes:
    return encode(LearnedStyle(name, "ab" * 32, np.ones(8, "f4")), torch.rand(1, 3, 40, 40))


def listed() -> list[str]:
    return [each.name for each in learned.mine()]


def test_added_listed_renamed_exported_deleted(folder):
    assert learned.mine() == ()
    whole = data("日の出")
    path = learned.add(whole)
    assert path == folder / "日の出.style.safetensors"
    learned.add(data(), "b c")
    assert set(listed()) == {"日の出", "b c"}
    renamed = learned.rename("日の出", "a")
    assert listed() == ["a", "b c"]
    assert renamed.read_bytes() == learned.export("a") == whole
    (mine, _) = learned.mine()
    assert (mine.style.name, mine.size) == ("日の出", len(whole))
    assert learned.find("a") == learned.find("a.style.safetensors") == renamed
    learned.delete("a")
    assert listed() == ["b c"]
    assert learned.find("a") is None


@pytest.mark.parametrize(
    "name",
    ["", "..", ".", "../a", "a/b", "a\\b", "/etc/passwd", "C:a", "a\0b", "a\nb", " a", "a ", "a.", ".hidden",
     "-a", "nul", "COM1.x", "x" * 150, "風" * 80, "a*", "a\u202eb", "\ud800"],
)  # fmt: skip
def test_names_that_could_leave_the_folder_or_that_no_file_can_have_are_refused(name, folder):
    learned.add(data())
    for act in (
        lambda: learned.path_of(name),
        lambda: learned.rename("sea", name),
        lambda: learned.rename(name, "b"),
        lambda: learned.delete(name),
        lambda: learned.export(name),
    ):
        with pytest.raises(StyleError):
            act()
    assert learned.find(name) is None
    assert [each.name for each in folder.iterdir()] == ["sea.style.safetensors"]


def test_a_name_is_taken_once_and_none_of_the_librarys():
    kept = learned.add(data())
    before = kept.read_bytes()
    learned.add(data(), "b")
    for act in (lambda: learned.add(data(), "sea"), lambda: learned.rename("b", "sea"),
                lambda: learned.add(data(), "claude-monet")):  # fmt: skip
        with pytest.raises(StyleError, match="already"):
            act()
    assert kept.read_bytes() == before
    other = data("sea")
    learned.add(other, "sea", replace=True)
    assert kept.read_bytes() == other


def test_what_is_no_learned_style_is_not_added_and_not_listed(folder):
    learned.add(data())
    with pytest.raises(PictureError):
        learned.add(b"{}" * 100, "b")
    (folder / "c.style.safetensors").write_bytes(b"no")
    (folder / "d.style.safetensors").mkdir()
    (folder / "e.txt").write_text("no")
    assert listed() == ["sea"]
    with pytest.raises(PictureError):
        learned.export("c")


@pytest.mark.parametrize(
    ("name", "found"),
    [("sea", "sea 2"), ("日の出", "日の出"), ("a/b: c", "a b c"), ("", "style"), ("..", "style"),
     ("-a.", "a"), ("nul", "nul 2"), ("COM1.x", "COM1 x"), ("claude-monet", "claude-monet 2"),
     ("\ud800", "style"), ("a\nb", "a b")],
)  # fmt: skip
def test_a_name_that_is_still_free(name, found):
    learned.add(data())
    assert learned.unused(name) == found
    learned.add(data(), found)


def test_a_long_name_that_is_still_free_is_cut():
    names = [learned.unused("風" * 80) for _ in range(2) if learned.add(data(), learned.unused("風" * 80))]
    assert all(set(each) <= set("風 23") for each in names)


def test_the_name_of_a_file_counts_more_than_that_in_it():
    style = LearnedStyle("sea", "ab" * 32, np.ones(8, "f4"))
    assert learned.name_in("wave.style.safetensors", style) == "wave"
    assert learned.name_in("wave.style (1).safetensors", style) == "sea"


def test_a_file_that_was_replaced_is_read_anew(folder):
    learned.add(data("sea"))
    assert learned.mine()[0].style.name == "sea"
    learned.add(data("a longer one"), "sea", replace=True)
    assert learned.mine()[0].style.name == "a longer one"


def test_without_a_folder_of_ones_own_it_is_in_the_users_data(monkeypatch):
    monkeypatch.delenv("STYLIZE_STYLES_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    monkeypatch.setattr("sys.platform", "linux")
    assert learned.folder() == Path("/somewhere/stylize/styles")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "file"))
    with pytest.raises(StyleError, match="file"):
        learned.add(data())
    assert learned.mine() == ()
