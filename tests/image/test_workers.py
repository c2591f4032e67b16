"""Decoding apart: the same pictures and sentences, and an end to what takes too long or breaks."""

import dataclasses
import os
import pickle
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylize.errors import PictureError
from stylize.image import Limits, load, read_recipe, save, size_of, worker, workers
from stylize.image.worker_process import WorkerProcess, _Plain
from stylize.image.workers import call_limited

from . import tasks
from .made import (
    array,
    black_ink_profile,
    encoded,
    linear_gray_profile,
    many_scans,
    png,
    rgb,
    smooth,
    swapped_profile,
    tiff,
)

APART = Limits(seconds=60)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def clear(mode="RGBA"):
    return Image.fromarray(array(channels=4), "RGBA").convert(mode)


PICTURES = {
    **{kind: encoded(rgb(), kind) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")},
    **{f"turned {turn}": encoded(rgb(), "JPEG", exif=turned(turn)) for turn in range(1, 9)},
    **{f"clear {kind}": encoded(clear(), kind) for kind in ("PNG", "WEBP", "TIFF", "GIF")},
    "gray": encoded(rgb().convert("L"), "PNG"),
    "clear gray": encoded(clear("LA"), "PNG"),
    "palette": encoded(rgb().quantize(8), "PNG", transparency=3),
    "bits": encoded(rgb().convert("1"), "PNG"),
    "16 bits": png(7, 5, 16, 0, [np.arange(7, dtype=">u2").tobytes()] * 5),
    "16 bits of gray": encoded(rgb(), "PNG", icc_profile=linear_gray_profile()),
    "32 bits": tiff(np.arange(35, dtype="<f4").tobytes(), 7, 5, 32, 1, 3),
    "CMYK": encoded(rgb().convert("CMYK"), "JPEG", icc_profile=black_ink_profile()),
    "profile": encoded(rgb(), "PNG", icc_profile=swapped_profile()),
    "dpi": encoded(rgb(), "TIFF", dpi=(300, 300)),
    "pages": encoded(rgb(), "TIFF", save_all=True, append_images=[rgb(), rgb()]),
    "animation": encoded(rgb(), "GIF", save_all=True, append_images=[clear("RGB"), rgb()]),
}


def same(left, right):
    if isinstance(left, torch.Tensor):
        return left.dtype == right.dtype and torch.equal(left, right)
    return left == right


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_are_the_same(kind, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(PICTURES[kind])
    here, there = load(path), load(path, APART)
    for field in dataclasses.fields(here):
        assert same(getattr(here, field.name), getattr(there, field.name)), field.name
    there.tensor.mul_(0.5)  # memory of its own that may be written to


@pytest.mark.parametrize(
    "data",
    [PICTURES["PNG"][:60], PICTURES["JPEG"][:300], b"", b"text", b"%PDF-1.7", many_scans(101),
     png(30000, 30000, 8, 2, [b"\0" * 10])],
    ids=range(7),
)  # fmt: skip
def test_errors_are_the_same(data, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    for read in (load, read_recipe):
        if read is read_recipe and data[:4] == b"\x89PNG":
            continue
        with pytest.raises(PictureError) as here:
            read(path, Limits())
        with pytest.raises(PictureError) as there:
            read(path, APART)
        assert here.value.note == there.value.note


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_recipes_are_the_same(tmp_path, suffix):
    path = tmp_path / ("out" + suffix)
    save(path, smooth(), recipe='{"mode": "adain", "猫": "<&>"}')
    assert read_recipe(path, APART) == read_recipe(path) == '{"mode": "adain", "猫": "<&>"}'


def test_limits_hold_there_too():
    with pytest.raises(PictureError, match="megapixels"):
        load(PICTURES["PNG"], Limits(megapixels=34e-6, seconds=60))
    with pytest.raises(PictureError, match="MB"):
        load(PICTURES["PNG"], Limits(megabytes=1e-5, seconds=60))


def test_a_process_knows_no_torch_and_no_page():
    known = call_limited(APART, tasks.modules, b"", "")
    assert "numpy" in known
    assert not {"torch", "gradio", "stylize.api", "stylize.modes"} & set(known)


def test_what_crosses():
    data = bytes(range(256)) * 10_000
    assert call_limited(APART, tasks.back, data, "猫.png", 1.5, None) == (data, "猫.png", (1.5, None))
    assert call_limited(APART, tasks.print_much, data, "") == len(data)
    assert call_limited(APART, tasks.back, b"", "") == (b"", "", ())


def test_a_file_does_not_fill_the_log(capfd):
    fresh = WorkerProcess()
    try:
        task = worker.Call(tasks.shout.__module__, "shout", ("",), None, 60)
        assert fresh.call(task, b"") == (worker.DONE, None)
    finally:
        fresh.close()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("task", [tasks.spin, tasks.sleep])
def test_what_takes_too_long_is_ended(task):
    with pytest.raises(PictureError, match=r"bomb.png takes more than 0.2 seconds to read"):
        call_limited(Limits(seconds=0.2), task, b"", "bomb.png")
    assert load(PICTURES["PNG"], APART).size == (7, 5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
def test_a_crash_is_a_damaged_file():
    first = call_limited(APART, tasks.process, b"", "")
    with pytest.raises(PictureError, match=r"bad.png cannot be read as PNG: it is damaged"):
        call_limited(APART, tasks.crash, PICTURES["PNG"], "bad.png")
    assert load(PICTURES["PNG"], APART).size == (7, 5)
    assert first != os.getpid()


def test_a_process_that_died_meanwhile_is_replaced():
    os.kill(call_limited(APART, tasks.process, b"", ""), signal.SIGTERM)
    deadline = time.monotonic() + 60
    while any(each.alive for each in workers._pool._idle) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert load(PICTURES["PNG"], APART).size == (7, 5)


@pytest.mark.skipif(sys.platform != "linux", reason="where memory can be bounded")
def test_memory_is_bounded():
    with pytest.raises(PictureError, match=r"bomb.png takes more memory to read"):
        call_limited(Limits(megapixels=1, seconds=60), tasks.hoard, b"", "bomb.png")
    assert load(PICTURES["PNG"], APART).size == (7, 5)
    assert call_limited(Limits(megapixels=float("inf"), seconds=60), tasks.back, b"", "") == (b"", "", ())


def test_faults_of_the_program_stay_faults():
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*mistake.*KeyError: .nothing"):
        call_limited(APART, tasks.mistake, b"", "")


def test_only_plain_things_come_back():
    with pytest.raises(pickle.UnpicklingError, match="sleep"):
        call_limited(APART, tasks.something_else, b"", "")
    assert load(PICTURES["PNG"], APART).size == (7, 5)

    class Call:
        def __init__(self, function, *arguments):
            self.call = function, arguments

        def __reduce__(self):
            return self.call

    for evil in (Call(os.system, "false"), Call(np.memmap, "x", "uint8", "w+"), Call(Path, "x"),
                 Call(load, b""), Call(WorkerProcess), b"cstylize.image.files\nos.system\n."):  # fmt: skip
        message = evil if isinstance(evil, bytes) else pickle.dumps(evil)
        with pytest.raises(pickle.UnpicklingError, match="nothing that a picture is made of"):
            _Plain(memoryview(message), []).load()


def test_many_threads_share_two_processes():
    wanted = {kind: load(data) for kind, data in PICTURES.items()}
    found, pids = [], set()

    def visit(kind):
        pids.add(call_limited(APART, tasks.process, b"", ""))
        found.append(same(load(PICTURES[kind], APART).tensor, wanted[kind].tensor))

    visitors = [threading.Thread(target=visit, args=(kind,)) for kind in PICTURES]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert found == [True] * len(PICTURES)
    assert len(pids) <= workers.SIZE
    assert len(workers._pool._all) <= workers.SIZE


def test_waiting_for_a_process_is_bounded(monkeypatch):
    monkeypatch.setattr(workers, "WAIT", 0.05)

    def occupy():
        with pytest.raises(PictureError, match="takes more than"):
            call_limited(Limits(seconds=1), tasks.sleep, b"", "")

    others = [threading.Thread(target=occupy) for _ in range(workers.SIZE)]
    for other in others:
        other.start()
    until(lambda: workers._pool._queue.full)
    with pytest.raises(PictureError, match=r"photo.png was not read, because many pictures"):
        call_limited(APART, tasks.back, b"", "photo.png")
    for other in others:
        other.join()


def until(what):
    deadline = time.monotonic() + 60
    while not what() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert what()


class Crowd:
    """Threads that have files decoded, each until it is let go, and in which order they began."""

    def __init__(self, folder):
        self.folder, self.threads, self.refused = folder, [], []
        (folder / "began").touch()

    @property
    def began(self):
        return (self.folder / "began").read_text().split()

    def ask(self, name, stop=None):
        """A file of the owner that the first letter names; returns when it is decoded or waits."""
        before = self.waiting
        self.threads.append(threading.Thread(target=self._ask, args=(name, stop)))
        self.threads[-1].start()
        until(lambda: name in self.began or self.waiting > before)

    @property
    def waiting(self):
        with workers._pool._moved:
            return len(workers._pool._queue)

    def _ask(self, name, stop):
        limits = Limits(seconds=60, owner=name[0], stop=stop)
        try:
            call_limited(limits, tasks.hold, str(self.folder / name).encode(), name)
        except PictureError:
            self.refused.append(name)

    def let_go(self, *names):
        for name in names:
            (self.folder / f"{name}.go").touch()

    def join(self):
        for each in self.threads:
            each.join(60)


@pytest.fixture
def crowd(tmp_path):
    found = Crowd(tmp_path)
    yield found
    found.let_go("a1", "a2", "a3", "b1", "b2", "c1", "d1")
    found.join()


def test_who_sends_many_slow_files_holds_one_process(crowd):
    for name in ("a1", "a2", "a3"):
        crowd.ask(name)
    assert load(PICTURES["PNG"], Limits(seconds=60, owner="b")).size == (7, 5)
    assert crowd.began == ["a1"]


def test_owners_are_served_in_turn(crowd):
    for name in ("a1", "b1", "a2", "a3", "b2", "c1"):
        crowd.ask(name)
    crowd.let_go("a1", "c1")
    until(lambda: "a2" in crowd.began)
    assert crowd.began == ["a1", "b1", "c1", "a2"]
    crowd.let_go("b1", "a2", "a3", "b2")
    crowd.join()
    assert crowd.refused == []


def test_a_run_outwaits_others_until_it_is_stopped(crowd, monkeypatch):
    monkeypatch.setattr(workers, "WAIT", 0.05)
    stop = threading.Event()
    for name, its in (("a1", None), ("b1", None), ("c1", stop), ("d1", threading.Event())):
        crowd.ask(name, its)
    with pytest.raises(PictureError, match="many pictures"):
        call_limited(Limits(seconds=60, owner="e"), tasks.back, b"", "photo.png")
    assert crowd.refused == []
    stop.set()
    until(lambda: crowd.refused)
    crowd.let_go("a1", "d1")
    until(lambda: "d1" in crowd.began)
    assert crowd.refused == ["c1"]


def test_a_process_is_not_told_who_waits():
    limits = Limits(seconds=60, owner="somebody", stop=threading.Event())
    assert call_limited(limits, tasks.back, b"", "", limits) == (b"", "", (Limits(seconds=60),))


def test_sizes_are_the_same(tmp_path):
    path = tmp_path / "photo.tif"
    path.write_bytes(PICTURES["TIFF"])
    assert size_of(path) == size_of(path, APART) == (7, 5)
    with pytest.raises(PictureError, match=r"photo.tif has 7 x 5 pixels"):
        size_of(path, Limits(megapixels=34e-6, seconds=60))
    before = sum(each.tasks for each in workers._pool._all)
    size_of(path, APART)
    assert sum(each.tasks for each in workers._pool._all) == before + 1
