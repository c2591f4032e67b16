"""``--skip-existing``: only whole results count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stylize import api
from stylize.cli.existing import Found, look

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


def test_nothing_is_read_or_compared_where_all_is_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*PAINT).status == 0
    monkeypatch.setattr(api, "style", None)
    monkeypatch.setattr(api, "job", None)
    assert run(*PAINT, "--strength", "0.3").err == "stylize: 0 made, 4 skipped.\n"


def test_a_result_that_was_stopped_is_made_to_its_end(run: Run) -> None:
    work = api.job("album/0.png", "style.png", mode="gatys", preset="draft", steps=5, content_side=32)
    steps = work.run()
    picture = next(each.picture for each in steps if each.picture is not None)
    work.save("0-gatys.png", work.finish(picture), stopped=True)
    assert look(Path("0-gatys.png")) is Found.PART
    argv = ["gatys", "album/0.png", "--style", "style.png", "--steps", "5", "--content-side", "32"]
    assert run(*argv, "--skip-existing").out == "0-gatys.png\n"
    assert look(Path("0-gatys.png")) is Found.WHOLE
    assert run(*argv, "--skip-existing").out == ""


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
