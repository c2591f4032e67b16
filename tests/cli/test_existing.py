"""``--skip-existing``: only whole results count."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylize import api
from stylize.cli.existing import Existing, classify

from .conftest import Run, picture

PAINT = ["adain", "album", "--style", "style.png", "-o", "painted", "--skip-existing"]


@pytest.fixture(autouse=True)
def album() -> None:
    for n in range(4):
        picture(f"album/{n}.png", n)


def test_whole_results_are_left_alone_and_others_are_made_anew(run: Run) -> None:
    assert run(*PAINT).err == "stylize: 4 made.\n"
    results = sorted(Path("painted").iterdir())
    results[0].write_bytes(b"")
    results[1].write_bytes(results[1].read_bytes()[:-200])
    before = [each.stat().st_mtime_ns for each in results]
    ran = run(*PAINT)
    assert (ran.status, ran.err) == (0, "stylize: 2 made, 2 skipped.\n")
    assert [now.stat().st_mtime_ns == old for now, old in zip(results, before, strict=True)] == [
        False, False, True, True,
    ]  # fmt: skip
    assert run(*PAINT, "--json").events == [
        {"event": "summary", "made": 0, "failed": 0, "left": 0, "skipped": 4}
    ]


def test_no_setting_is_compared_where_all_is_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*PAINT).status == 0
    monkeypatch.setattr(api, "style", None)
    monkeypatch.setattr(api, "inputs", None)
    assert run(*PAINT, "--strength", "0.3").err == "stylize: 0 made, 4 skipped.\n"


def test_a_result_that_was_stopped_is_made_to_its_end(run: Run) -> None:
    work = api.job("album/0.png", "style.png", mode="gatys", preset="draft", steps=5, content_side=32)
    steps = work.run()
    picture = next(each.picture for each in steps if each.picture is not None)
    work.save("0-gatys.png", work.finish(picture), stopped=True)
    assert classify(Path("0-gatys.png")) is Existing.PART
    argv = ["gatys", "album/0.png", "--style", "style.png", "--steps", "5", "--content-side", "32"]
    assert run(*argv, "--skip-existing").out == "0-gatys.png\n"
    assert classify(Path("0-gatys.png")) is Existing.WHOLE
    assert run(*argv, "--skip-existing").out == ""


def test_results_of_other_photos_of_the_same_name_are_named(run: Run) -> None:
    for n in range(3):
        picture(f"next/{n}.png", n + 10 * (n != 2))
    assert run(*PAINT, "--no-names").status == 0
    argv = ["adain", "next", *PAINT[2:]]
    ran = run(*argv)
    assert (ran.status, ran.out) == (0, "")
    note, summary = ran.err.splitlines()
    assert note.startswith(
        f"stylize: 0.png: {Path('painted/0-adain.png')} and 1 more: made from another photo"
    )
    assert summary == "stylize: 0 made, 3 skipped."
    picture("next/0.png", 0)
    assert f"1.png: {Path('painted/1-adain.png')}: made" in run(*argv).err
    assert len(os.listdir("painted")) == 4


def test_what_is_no_result_is_not_replaced(run: Run) -> None:
    Path("painted").mkdir()
    Path("painted/1-adain.png").write_text("mine")
    ran = run(*PAINT)
    assert "1-adain.png is there already" in ran.err
    assert ran.err.endswith("stylize: 3 made, 1 failed.\n")
    assert Path("painted/1-adain.png").read_text() == "mine"


def test_a_named_result(run: Run) -> None:
    argv = ["adain", "album/0.png", "--style", "style.png", "-o", "out.jpg", "--skip-existing"]
    assert run(*argv).out == "out.jpg\n"
    before = os.stat("out.jpg").st_mtime_ns
    ran = run(*argv)
    assert (ran.status, ran.out, ran.err) == (0, "", "stylize: 0 made, 1 skipped.\n")
    assert os.stat("out.jpg").st_mtime_ns == before
    assert "not allowed" in run(*argv, "--overwrite").err


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif"])
def test_a_result_that_is_cut_short_anywhere_is_made_anew(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    noise.info["stylize"] = api.job("album/0.png", "style.png").recipe().to_json()
    path = Path(f"out.{kind}")
    api.save_picture(noise, path)
    data = path.read_bytes()
    assert classify(path) is Existing.WHOLE
    for end in (0, 40, len(data) // 2, len(data) - 100):
        path.write_bytes(data[:end])
        assert classify(path) is Existing.PART, end
    if kind in ("png", "jpg"):  # there was room on the disk, and the bytes never came
        path.write_bytes(data[: len(data) // 2].ljust(len(data), b"\0"))
        assert classify(path) is Existing.PART


def tiff_of_floats() -> bytes:
    """RGB in float32, which Pillow does not read."""
    tags = [(256, 4, 2), (257, 4, 2), (258, 3, 32), (259, 3, 1), (262, 3, 2), (273, 4, 8), (277, 3, 3),
            (278, 4, 2), (279, 4, 48), (339, 3, 3)]  # fmt: skip
    pixels, after = np.linspace(0, 1, 12, dtype="<f4").tobytes(), 8 + 48
    wide = after + 2 + 12 * len(tags) + 4  # three numbers of BitsPerSample, then of SampleFormat
    entries = b""
    for tag, kind, value in tags:
        several = tag in (258, 339)
        value = wide + 6 * (tag == 339) if several else value
        entries += struct.pack("<HHII", tag, kind, 3 if several else 1, value)
    head = b"II*\0" + struct.pack("<I", after)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return head + pixels + directory + struct.pack("<6H", 32, 32, 32, 3, 3, 3)


def progressive_of_many_scans() -> bytes:
    """A JPEG that the guard refuses, with its end."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 200 + data[-2:]


@pytest.mark.parametrize(
    ("data", "found"),
    [(tiff_of_floats(), Existing.WHOLE), (progressive_of_many_scans(), Existing.OTHER)],
    ids=["float32", "many-scans"],
)
def test_what_is_whole_is_never_replaced(data: bytes, found: Existing, run: Run) -> None:
    Path("painted").mkdir()
    kept = Path("painted/1-adain.png")
    kept.write_bytes(data)
    assert classify(kept) is found
    assert run(*PAINT).status == (0 if found is Existing.WHOLE else 2)
    assert kept.read_bytes() == data
