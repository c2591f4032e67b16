"""``stylize learn``, and what is learned among the styles."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

import stylize

from .commands import events, pixels
from .test_stop import Pressing, command

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


def test_a_file_is_learned_and_painted_with(run):
    status, out, err = run("learn", "a.png", "-o", "sea.style.safetensors", "--steps", "2", "-q")
    assert (status, out, err) == (0, "sea.style.safetensors\n", "")
    assert stylize.load("sea.style.safetensors").learned.name == "sea"
    status, out, _ = run(
        "adain", "photo.png", "--style", "sea.style.safetensors", "--content-side", "64", "-q"
    )
    assert (status, out) == (0, "photo-adain.png\n")


def test_without_a_file_it_is_among_your_styles_by_its_name(run, mine):
    found = events(run("learn", "a.png", "--name", "日の出", "--steps", "1", "--json")[1])
    (learned,) = [each for each in found if each["event"] == "learned"]
    assert (learned["name"], learned["steps"], learned["complete"]) == ("日の出", 1, True)
    assert learned["path"] == str(mine / "日の出.style.safetensors")
    assert [each["step"] for each in found if each["event"] == "progress"] == [1]
    first = json.loads(run("styles", "--json")[1].splitlines()[0])
    assert (first["name"], first["learned"]) == ("日の出", True)
    line = next(each for each in run("styles")[1].splitlines() if "日の出" in each)
    assert "(yours)" in line
    argv = ["--style", "日の出", "--style", "a.png", "--style", "claude-monet", "--content-side", "64"]
    assert run("adain", "photo.png", *argv, "-o", "three.png", "-q")[0] == 0
    status, out, _ = run("adain", "photo.png", *argv, "--styles", "each", "-o", "each", "-q")
    assert status == 0
    assert len(out.splitlines()) == 3


def test_a_signal_keeps_what_is_learned_so_far():
    report = Pressing(2, signal.SIGINT)
    assert command(report, "learn", "a.png", "-o", "sea.style.safetensors", "--steps", "500") == 130
    note, learned = report.events[-2:]
    assert "after 2 steps" in note["message"]
    assert (learned["event"], learned["complete"], learned["steps"]) == ("learned", False, 2)
    assert stylize.load("sea.style.safetensors").learned.residual is not None


def test_what_cannot_be_is_said_at_once(refused):
    Path("there.style.safetensors").write_bytes(b"mine")
    assert "--force" in refused("learn", "a.png", "-o", "there.style.safetensors")
    assert ".style.safetensors" in refused("learn", "a.png", "-o", "sea.png")
    assert "already" in refused("learn", "a.png", "--name", "claude-monet")
    assert "no pictures" in refused(
        "learn", "a.png", "--photos", str(Path("empty").absolute().parent / "mine")
    )
    assert "none.png" in refused("learn", "none.png")
    assert "whole number" in refused("learn", "a.png", "--steps", "-1")
    assert Path("there.style.safetensors").read_bytes() == b"mine"


def test_a_file_that_is_no_style_is_named(refused):
    Path("bad.style.safetensors").write_bytes(
        (20).to_bytes(8, "little") + b'{"__metadata__":{}} ' + b"0" * 40
    )
    assert "bad.style.safetensors" in refused("adain", "photo.png", "--style", "bad.style.safetensors")


def test_pixels_differ_from_those_of_the_picture(run):
    run("learn", "a.png", "-o", "sea.style.safetensors", "--steps", "3", "-q")
    for style, out in (("a.png", "plain.png"), ("sea.style.safetensors", "learned.png")):
        run("adain", "photo.png", "--style", style, "--content-side", "64", "-o", out, "-q")
    assert (pixels("plain.png") != pixels("learned.png")).any()
