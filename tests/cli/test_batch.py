"""Folders on an accelerator: several pictures at once, here on the CPU, which is told to do as much."""

from __future__ import annotations

import io
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylize import device, library
from stylize.cli import batch, main, parser
from stylize.cli.report import JsonLines
from stylize.execution import Job, batched
from stylize.image import read_recipe
from stylize.progress import Progress

Run = Callable[..., tuple[int, list[str], list[str]]]
SIDE = ["--content-side", "64"]


def picture(path: Path, seed: int, width: int = 64, height: int = 48) -> None:
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    Image.fromarray(small.repeat(8, 0).repeat(8, 1)).save(path)


@pytest.fixture(autouse=True)
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of five pictures in two working sizes."""
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
    monkeypatch.setenv("STYLIZE_CACHE", str(tmp_path / ".cache"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "album"
    folder.mkdir()
    picture(tmp_path / "style.png", 9)
    for seed, size in enumerate([(64, 48), (48, 64), (128, 96), (96, 128), (64, 48)]):
        picture(folder / f"{seed}.png", seed, *size)
    return folder


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures were worked on at once, each time."""
    monkeypatch.setattr(batched, "AROUND", 0)
    monkeypatch.setattr(device.Compute, "batch_pixels", lambda self: 2 * 64 * 48)
    found: list[int] = []
    before = batched.together

    def at_once(jobs: list[Job]) -> list[Progress]:
        found.append(len(jobs))
        return before(jobs)

    monkeypatch.setattr(batched, "together", at_once)
    return found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: object) -> tuple[int, list[str], list[str]]:
        status = main([str(each) for each in argv])
        found = capsys.readouterr()
        return status, found.out.splitlines(), found.err.splitlines()

    return call


def pixels(folder: str) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)).astype(int) for path in sorted(Path(folder).iterdir())}


@pytest.mark.parametrize("mode", [["adain", "--style", "style.png", "--strength", "0.7"], ["cyclegan"]])
def test_the_pictures_are_those_that_each_alone_gives(run: Run, batches: list[int], mode: list[str]) -> None:
    command = [mode[0], "album", *mode[1:], *SIDE]
    status, out, err = run(*command, "-o", "at-once")
    assert (status, err) == (0, ["stylize: 5 made."])
    assert sorted(batches) == [1, 2, 2]  # 0, 2 and 4 lie; 1 and 3 stand
    assert sorted(out) == [str(Path("at-once", f"{n}-{mode[0]}.png")) for n in range(5)]
    for n in range(5):
        assert run(mode[0], f"album/{n}.png", *mode[1:], *SIDE, "-o", "alone/")[0] == 0
    many, one = pixels("at-once"), pixels("alone")
    assert many.keys() == one.keys()
    for name in one:
        assert many[name].std() > 5
        assert abs(many[name] - one[name]).max() <= 1
        assert read_recipe(f"at-once/{name}") == read_recipe(f"alone/{name}")


def test_one_pictures_trouble_is_its_own(run: Run, album: Path, batches: list[int]) -> None:
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    picture(Path("2-adain.png"), 1)
    status, out, err = run("adain", "album", "--style", "style.png", *SIDE)
    assert status == 2
    assert sorted(out) == ["0-adain.png", "1-adain.png", "3-adain.png", "4-adain.png"]
    assert len(err) == 3
    assert any("broken.jpg" in line for line in err)
    assert any("2-adain.png is there already" in line for line in err)
    assert err[-1] == "stylize: 4 made, 2 failed."
    assert sorted(batches) == [2, 2]


def test_what_cannot_be_written_is_told(run: Run, batches: list[int]) -> None:
    Path("painted").mkdir()
    Path("painted/1-adain.png").mkdir()
    status, out, err = run("adain", "album", "--style", "style.png", *SIDE, "-o", "painted", "--overwrite")
    assert status == 2
    assert len(out) == 4
    assert "1-adain.png" in err[0]
    assert err[1] == "stylize: 4 made, 1 failed."


def test_without_the_memory_each_is_made_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, batches: list[int]
) -> None:
    def at_once(jobs: list[Job]) -> list[Progress]:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(batched, "together", at_once)
    assert run("adain", "album", "--style", "style.png", *SIDE)[::2] == (0, ["stylize: 5 made."])
    assert len(list(Path().glob("*-adain.png"))) == 5


def test_smaller_batches_where_memory_suffices_for_those(
    run: Run, monkeypatch: pytest.MonkeyPatch, batches: list[int]
) -> None:
    monkeypatch.setattr(device.Compute, "batch_pixels", lambda self: 3 * 64 * 48)
    before = batched.together

    def at_once(jobs: list[Job]) -> list[Progress]:
        made = before(jobs)
        if len(jobs) > 2:
            raise torch.OutOfMemoryError
        return made

    monkeypatch.setattr(batched, "together", at_once)
    assert run("adain", "album", "--style", "style.png", *SIDE)[::2] == (0, ["stylize: 5 made."])
    assert batches == [3, 1, 2, 2]  # the three lying ones again in two parts; the others are two
    assert len(list(Path().glob("*-adain.png"))) == 5


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch, batches: list[int]) -> None:
    def at_once(jobs: list[Job]) -> list[Progress]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(batched, "together", at_once)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["adain", "album", "--style", "style.png", *SIDE])


def test_what_there_is_to_say_is_said_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, batches: list[int]
) -> None:
    monkeypatch.setattr(library, "fits", lambda encoder: False)  # a library without this encoder
    name = library.styles()[0].name
    status, _, err = run("adain", "album", "--style", name, "--network", "adain-quarter", *SIDE)
    assert status == 0
    assert len(err) == 2
    assert name in err[0]


def test_few_photos_are_held_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch, batches: list[int]) -> None:
    monkeypatch.setattr(device.Compute, "batch_pixels", lambda self: 10**9)
    monkeypatch.setattr(batched, "HELD", 64 * 48)
    assert run("adain", "album", "--style", "style.png", *SIDE)[0] == 0
    assert sum(batches) == 5
    assert max(batches) <= 2


def test_gatys_and_recolored_styles_go_one_by_one(run: Run, batches: list[int]) -> None:
    assert run("adain", "album", "--style", "style.png", "--color", "linear", *SIDE)[0] == 0
    assert run("gatys", "album", "--style", "style.png", "--steps", "1", *SIDE)[0] == 0
    assert batches == []


class Pressing(JsonLines):
    """Ctrl-C as soon as something was saved."""

    def saved(self, saved: object) -> None:
        super().saved(saved)  # type: ignore[arg-type]
        if self.out.getvalue().count('"saved"') == 1:  # type: ignore[attr-defined]
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_keeps_what_is_painted(
    monkeypatch: pytest.MonkeyPatch, album: Path, batches: list[int]
) -> None:

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(batch, "THREADS", 1)
    for seed in range(5, 40):
        picture(album / f"{seed}.png", seed)
    args = parser.build().parse_args(["adain", "album", "--style", "style.png", *SIDE])
    report = Pressing(io.StringIO())
    try:
        assert args.command(args, report) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    events = [json.loads(line) for line in report.out.getvalue().splitlines()]  # type: ignore[attr-defined]
    summary = events[-1]
    made = list(Path().glob("*-adain.png"))
    assert 1 <= summary["made"] == len(made) < 40
    assert summary["left"] == 40 - len(made)


def test_ctrl_c_is_heard_while_each_is_made_alone(
    monkeypatch: pytest.MonkeyPatch, batches: list[int]
) -> None:
    def at_once(jobs: list[Job]) -> list[Progress]:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(batched, "together", at_once)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    report = Pressing(io.StringIO())
    args = parser.build().parse_args(["adain", "album", "--style", "style.png", *SIDE])
    try:
        assert args.command(args, report) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(list(Path().glob("*-adain.png"))) == 1


def test_ctrl_c_ends_a_download(run: Run, monkeypatch: pytest.MonkeyPatch, batches: list[int]) -> None:
    def fetch(job: Job, on_transfer: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100):
            time.sleep(0.01)
        pytest.fail("it went on")

    monkeypatch.setattr(Job, "fetch", fetch)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        status, _, err = run("adain", "album", "--style", "style.png", *SIDE)
    finally:
        signal.signal(signal.SIGINT, before)
    assert status == 130
    assert err == ["stylize: interrupted."]
    assert batches == []


def test_the_cpu_does_one_after_the_other() -> None:
    assert device.choose("cpu").batch_pixels() == 0


def test_on_cuda_free_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    compute = device.Compute(torch.device("cuda"), torch.bfloat16)
    for free, wanted in ((80_000_000_000, device.MOST_BATCHED), (3_000_000_000, 2_000_000), (0, 0)):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda where, free=free: (free, free))
        assert compute.batch_pixels() == wanted


def test_notes_of_the_pictures_are_told_once(album: Path, batches: list[int], run: Run) -> None:
    first, second = (Image.open(album / f"{n}.png") for n in (0, 4))
    for path in (album / "0.gif", album / "9.gif", Path("style.gif")):
        first.save(path, save_all=True, append_images=[second])
    _, _, err = run("adain", album, "--style", "style.gif", *SIDE, "-o", "out")
    assert max(batches) > 1
    for name in ("0.gif", "9.gif", "style.gif"):
        assert sum(f"{name} has 2 frames: the first one is painted." in line for line in err) == 1
