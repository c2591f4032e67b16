"""What is told to people and to programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from stylize.cli.report import Console, JsonLines, ProgressBar, Saved
from stylize.progress import Progress
from stylize.recipe import Recipe
from stylize.weights import Transfer

from .commands import FAST, Ticks, events, recipe_of

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


def test_json_tells_of_steps_and_results(run):
    status, out, err = run("gatys", "photo.png", "nothere.png", "--style", "a.png", "--json", *FAST)
    assert (status, err) == (2, "")
    first, *_, last, saved, error, summary = events(out)
    assert (first["event"], first["file"], first["step"], first["total"]) == ("progress", "photo.png", 1, 2)
    assert (last["step"], set(last["losses"])) == (2, {"total", "content", "style", "variation"})
    assert (saved["event"], saved["path"], saved["size"]) == ("saved", "photo-gatys.png", [64, 48])
    assert saved["complete"] is True
    assert saved["seconds"] >= 0
    assert Recipe.from_json(json.dumps(saved["recipe"])) == recipe_of("photo-gatys.png")
    assert (error["event"], error["file"]) == ("error", "nothere.png")
    assert "nothere.png" in error["message"]
    assert summary == {"event": "summary", "made": 1, "failed": 1, "left": 0, "skipped": 0}


def test_json_tells_a_users_error(run):
    status, out, err = run("adain", "nothere.png", "--style", "a.png", "--json")
    assert (status, err) == (2, "")
    assert [each["event"] for each in events(out)] == ["error"]


def test_json_progress_is_throttled_but_for_the_ends():
    out = io.StringIO()
    lines = JsonLines(out, Ticks(0.05))
    for step in range(1, 101):
        lines.progress("a", Progress(step, 100, losses={"total": float("nan")}))
    found = events(out.getvalue())
    assert found[0]["step"] == 1
    assert found[-1]["step"] == 100
    assert 20 < len(found) < 40
    assert found[0]["losses"] == {"total": None}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_redrawn_on_a_terminal_and_leaves_nothing_behind():
    err = Terminal()
    console = Console(io.StringIO(), err, clock=Ticks(1))
    for step in range(1, 11):
        console.progress("photo.png", Progress(step, 10, losses={"total": 1 / step}))
    drawn = err.getvalue().split("\r\x1b[K")
    assert len(drawn) == 11
    assert drawn[5].startswith("photo.png   50%  [############------------]  5/10  loss 0.2  ETA 0:05")
    assert "ETA" not in drawn[10]
    assert "\n" not in err.getvalue()
    console.note("done")
    assert err.getvalue().endswith("\r\x1b[Kstylize: done\n")


def test_the_bar_starts_anew_for_each_file():
    err = Terminal()
    bar = ProgressBar(err, Ticks(1))
    bar.draw("a", 9, 10)
    bar.draw("b", 1, 10)
    bar.draw("b", 2, 10)
    assert err.getvalue().endswith("ETA 0:08")
    bar.draw("b", 1, 10)
    assert "ETA" not in err.getvalue().rpartition("\r")[2]


def test_the_bar_is_a_few_lines_elsewhere_and_none_for_what_is_quick():
    err = io.StringIO()
    bar = ProgressBar(err, Ticks(0.5))
    for step in range(1, 101):
        bar.draw("a", step, 100)
    assert 3 <= err.getvalue().count("\n") <= 6
    assert not set("\r\x1b") & set(err.getvalue())
    for step in range(1, 10):
        bar.draw("b", step, 10)
    assert "b" not in err.getvalue()


def test_a_download_of_unknown_size_shows_what_has_come():
    err = Terminal()
    console = Console(io.StringIO(), err, clock=Ticks(1))
    console.transfer(Transfer("vgg19", "vgg19.safetensors", 2_500_000, 0))
    assert err.getvalue().endswith("vgg19.safetensors  2.5 MB")
    console.transfer(Transfer("vgg19", "vgg19.safetensors", 5_000_000, 10_000_000))
    assert " 50%" in err.getvalue()


def test_a_file_name_cannot_speak_to_the_terminal():
    err = Terminal()
    console = Console(io.StringIO(), err, clock=Ticks(1))
    console.progress("\x1b[31m\n.png", Progress(1, 2))
    console.error("\x1b[31m is empty", "x")
    assert "\x1b[31m" not in err.getvalue()
    assert err.getvalue().count("\n") == 1


def test_saved_tells_whether_the_run_came_to_its_end():
    given = {"file": "a", "path": Path("a"), "seconds": 1.0, "size": (1, 1), "recipe": "{}"}
    assert Saved(**given, step=3, total=3).complete
    assert not Saved(**given, step=2, total=3).complete
