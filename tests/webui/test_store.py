"""The page's folder: names that nobody guesses, and an upper limit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
import torch
from PIL import Image

from stylize.errors import PictureError
from stylize.webui.keeper import Keeper
from stylize.webui.owned import Own
from stylize.webui.profiles import LOCAL, SHARE
from stylize.webui.servers import MARK, sweep_temporary, temporary
from stylize.webui.store import FETCH, OLDEST, RESPITE, Store

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


def test_what_is_looked_at_again_and_again_counts_as_well(tmp_path):
    """Pages that are open look at their pictures several times a second."""
    now = [time.time()]
    store = Store(tmp_path, 0.001, clock=lambda: now[0])
    looked_at = [fill(store, "x", 1000, 0) for _ in range(3)]
    store.trim()
    assert all(path.exists() for path in looked_at)
    now[0] += RESPITE + 1
    for n, path in enumerate(looked_at):
        os.utime(path, (now[0] + n - 3,) * 2)
    store.trim()
    assert [path.exists() for path in looked_at] == [False, False, True]


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


def given(store, owner, sizes, age):
    """Assets of an owner, each a second older than the next."""
    folder = store.private(owner) / "assets"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for n, size in enumerate(sizes):
        path = folder / f"{n:064}.png"
        path.write_bytes(bytes(size))
        os.utime(path, (time.time() - age + n,) * 2)
        paths.append(path)
    return paths


def here(paths):
    return [path.exists() for path in paths]


def test_one_owners_pictures_do_not_evict_those_of_others(tmp_path):
    store = Store(tmp_path, 100, each=0.003)
    other = given(store, "b" * 32, [1000, 1000], 9000)
    mine = given(store, "a" * 32, [1000] * 5, 4000)
    store.trim()
    assert here(other) == [True, True]
    assert here(mine) == [False, False, True, True, True]


def test_where_all_is_too_much_whoever_has_most_gives_first(tmp_path):
    store = Store(tmp_path, 0.006)
    small, large = given(store, "b" * 32, [1000, 1000], 9000), given(store, "a" * 32, [1000] * 7, 4000)
    store.trim()
    assert here(small) == [True, True]
    assert here(large) == [False] * 3 + [True] * 4
    store.limit = 2000
    store.trim()
    assert sum(here(small)) == sum(here(large)) == 1


def test_what_a_run_uses_stays(tmp_path):
    store = Store(tmp_path, 0.001, oldest=100, each=0.001)
    paths = given(store, "a" * 32, [1000] * 4, 4000)
    store.in_use = lambda: paths[1:3]
    store.trim()
    assert here(paths) == [False, True, True, False]


def test_age_is_told_by_the_stores_own_clock(tmp_path):
    ahead = [0.0]
    store = Store(tmp_path, 100, oldest=1000, clock=lambda: time.time() + ahead[0])
    paths = given(store, "a" * 32, [10], 0)
    upload = store.answer(".png", "x")
    upload.write_bytes(b"x")
    store.trim()
    assert here([*paths, upload]) == [True, True]
    ahead[0] = 1001
    store.trim()
    assert here([*paths, upload]) == [False, False]
    ahead[0] += 2 * RESPITE
    store.trim()
    assert not store.private("a" * 32).exists() or not list(store.private("a" * 32).rglob("*.png"))
    assert store.uploads.is_dir()


def test_a_keeper_tidies_without_being_asked_and_survives_a_fault(internal_errors):
    ticks, over = [], threading.Event()

    def tick():
        ticks.append(1)
        if len(ticks) == 1:
            raise RuntimeError("once")
        over.set()

    keeper = Keeper(tick, 0.01)
    keeper.start()
    assert over.wait(30)
    keeper.stop()
    assert [str(each.exc_info[1]) for each in internal_errors] == ["once"]
    internal_errors.clear()


def test_two_servers_of_one_folder_leave_each_others_files_alone(tmp_path):
    first, second = Store(tmp_path, 100), Store(tmp_path, 100)
    uploads = [each.answer(".png", "x") for each in (first, second)]
    for path in uploads:
        path.write_bytes(b"x")
    shared = given(first, "", [10], 60)
    first.trim()
    assert here(uploads) == [True, True]
    first.close()
    assert here([*uploads, *shared]) == [False, True, True]
    second.trim()
    assert here([*uploads, *shared]) == [False, True, True]


DIES = "import os, sys; from pathlib import Path; from stylize.webui.servers import Server; "
DIES += "s = Server(Path(sys.argv[1])); (s.folder / 'photo.jpg').write_bytes(b'x'); os._exit(9)"


def test_what_a_dead_server_left_is_cleared_away(tmp_path):
    root = tmp_path / "stylize-dead"
    subprocess.run([sys.executable, "-c", DIES, root], check=False)
    subprocess.run([sys.executable, "-c", DIES, tmp_path / "stylize-alive"], check=False)
    foreign = tmp_path / "stylize-notes" / "x.txt"
    foreign.parent.mkdir()
    foreign.write_text("mine")
    assert len(list(tmp_path.rglob("photo.jpg"))) == 2
    alive = Store(tmp_path / "stylize-alive", 100)
    alive.trim()
    assert list(root.rglob("photo.jpg"))
    assert not list(alive.root.rglob("photo.jpg"))
    sweep_temporary(tmp_path)
    assert not root.exists()
    assert alive.uploads.is_dir()
    assert foreign.exists()


def received(store, size, age, owner=None, make=Store.arrival):
    path = make(store, ".png", "x")
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    if owner:
        store.give(path.resolve(), owner)
    return path


def test_uploads_count_to_whoever_used_them(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    store = Store(tmp_path / "linked", 100, each=0.003)
    mine = received(store, 2000, 900, "program 1.2.3.4 ")
    flood = [received(store, 1000, 800 - n) for n in range(5)]
    store.trim()
    assert mine.exists()
    assert here(flood) == [False, False, True, True, True]


def test_an_answer_waits_some_minutes_for_its_program(tmp_path):
    store = Store(tmp_path, 100, each=0.001)
    fresh, old = (received(store, 2000, age, make=Store.answer) for age in (FETCH - 60, FETCH + 60))
    store.trim()
    assert here([fresh, old]) == [True, False]


def test_a_picture_that_is_used_again_is_not_the_oldest(tmp_path):
    store = Store(tmp_path / "page", 100)
    own = Own(store, replace(LOCAL, own_weights=True), "a" * 32)
    data = photo(tmp_path / "photo.png", 60, 40).read_bytes()
    path = own.assets.path(own.assets.add(data))
    network = own.networks / "mine.pth"
    network.parent.mkdir()
    network.write_bytes(b"x")
    uses = {
        "made again": (path, lambda: own.assets.add(data)),
        "run": (path, lambda: own.assets.get(path.stem)),
        "drawn": (path, lambda: own.thumb(path.stem)),
        "network": (network, lambda: own.network("mine.pth")),
    }
    for name, (file, use) in uses.items():
        os.utime(file, (0, 0))
        assert use()
        assert file.stat().st_mtime > time.time() - 60, name


def test_the_metadata_of_uploads_is_taken_off_within_the_pages_limits(tmp_path, monkeypatch):
    file = tmp_path / "large.tif"
    Image.new("RGB", (400, 300)).save(file, tiffinfo={270: "where it was taken"})
    monkeypatch.setenv("STYLIZE_MAX_MEGAPIXELS", "0.1")
    own = Own(Store(tmp_path / "page", 100), SHARE, "a" * 32)
    with pytest.raises(PictureError):
        own.keep(file)
    assert not list(own.assets)


def test_a_copy_that_cannot_be_written_is_none_and_leaves_nothing(tmp_path):
    store = Store(tmp_path / "page", 100)
    file = photo(tmp_path / "photo.png", 60, 40)
    target = store.pictures / "x" / "small.jpg"
    target.mkdir(parents=True)  # so that no file can take its name
    assert store.copied(file, target, 20) == ""
    assert list(target.parent.iterdir()) == [target]


KILLED = "import os, sys; from pathlib import Path; from stylize.webui import servers; "
KILLED += "root = servers.temporary(Path(sys.argv[1])); (root / 'photo.jpg').write_bytes(b'x'); os._exit(9)"


def test_a_folder_for_temporary_files_goes_with_its_maker_and_nobody_elses(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    (left,) = tmp_path.iterdir()
    mine = temporary(tmp_path)
    foreign = tmp_path / "stylize-site" / "servers" / "prod" / "site.conf"
    mixed = tmp_path / "stylize-mixed" / "servers" / "0123456789abcdef" / "x"
    for path in (foreign, mixed):
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        for folder in (path, *list(path.parents)[:3]):
            os.utime(folder, (0, 0))
    sweep_temporary(tmp_path)
    assert not left.exists()
    assert mine.is_dir()
    assert here([foreign, mixed]) == [True, True]


def test_the_page_keeps_the_mark_of_its_folder(tmp_path):
    root = temporary(tmp_path)
    store = Store(root, 0, clock=lambda: time.time() + 2 * OLDEST)
    store.trim()
    sweep_temporary(tmp_path)
    assert (root / MARK).is_file()
