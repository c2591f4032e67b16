"""The page's folder: names that nobody guesses, and an upper limit."""

from __future__ import annotations

import os
import time

import torch
from PIL import Image

from stylize.webui.store import OLDEST, RESPITE, Store

from .made import photo


def fill(store, name, size, age):
    path = store.path(".png", name)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_names_cannot_be_guessed(tmp_path):
    store = Store(tmp_path, 1)
    first, second = store.path(".png", "result"), store.path(".png", "result")
    assert first.name == second.name == "result.png"
    assert first.parent != second.parent
    assert len(first.parent.name) == 24


def test_the_oldest_go_first_when_it_is_too_much(tmp_path):
    store = Store(tmp_path, 0.003)
    old, middle, new = (fill(store, "x", 1000, age) for age in (4000, 3000, 2000))
    fresh = fill(store, "x", 1000, 0)
    store.trim()
    assert not old.exists()
    assert not old.parent.exists()
    assert middle.exists()
    assert new.exists()
    assert fresh.exists()


def test_what_is_just_being_used_stays_whatever_the_total(tmp_path):
    store = Store(tmp_path, 0.001)
    fresh = [fill(store, "x", 1000, RESPITE / 2) for _ in range(3)]
    store.trim()
    assert all(path.exists() for path in fresh)


def test_old_files_go_even_where_there_is_room(tmp_path):
    store = Store(tmp_path, 100)
    old, new = fill(store, "x", 10, OLDEST + 60), fill(store, "x", 10, 60)
    store.trim()
    assert not old.exists()
    assert new.exists()


def test_the_folders_themselves_stay(tmp_path):
    store = Store(tmp_path, 100)
    lone = tmp_path / "assets" / "x.png"
    lone.parent.mkdir()
    lone.write_bytes(b"x")
    os.utime(lone, (0, 0))
    store.trim()
    assert not lone.exists()
    assert lone.parent.is_dir()
    assert store.pictures.is_dir()


def test_a_smaller_picture_of_a_file(tmp_path):
    store = Store(tmp_path, 1)
    store.smaller(photo(tmp_path / "photo.png", 600, 400), tmp_path / "small.jpg", 120)
    with Image.open(tmp_path / "small.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (120, 80))


def test_previews_are_bounded(tmp_path):
    path = Store(tmp_path, 1).preview(torch.rand(1, 3, 900, 1500))
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (768, 461))
