"""The status box: what it says, and that no text of a stranger becomes HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from stylize.errors import PictureError, note
from stylize.webui import bar
from stylize.webui.runner import Update
from stylize.weights import Transfer

RUNNING = Update("running", 30, 120, {"total": 1.5, "style": 0.25, "odd": 3.0}, elapsed=12.3, left=75)


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.shown = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.shown += data + " "


def test_a_running_bar_says_how_far_it_is():
    seen = Tags(bar.bar(RUNNING, "en"))
    track = next(about for _, about in seen.tags if about.get("role") == "progressbar")
    assert (track["aria-valuenow"], track["aria-valuemin"], track["aria-valuemax"]) == ("25", "0", "100")
    assert track["aria-valuetext"] == "Step 30 of 120"
    assert track["aria-label"]
    for shown in ("Step 30 of 120", "total 1.5", "style 0.25", "12 s", "about 1 min 15 s left"):
        assert shown in seen.shown
    assert "odd 3" in seen.shown  # a mode names its own losses


def test_a_running_bar_in_chinese():
    shown = Tags(bar.bar(RUNNING, "zh")).shown
    assert "30" in shown
    assert not re.search(r"[a-zA-Z]{2,}", shown.replace("odd", ""))  # which nobody has translated


def test_a_download_is_told_in_megabytes():
    seen = Tags(bar.bar(Update("fetching", transfer=Transfer("n", "net.pth", 12_000_000, 46_000_000)), "en"))
    assert "net.pth" in seen.shown
    assert "12.0 of 46.0 MB" in seen.shown
    unknown = Tags(bar.bar(Update("fetching", transfer=Transfer("n", "net.pth", 12_000_000, 0)), "en"))
    assert not any("aria-valuenow" in about for _, about in unknown.tags)


@pytest.mark.parametrize("shown", ["<img src=x onerror=alert(1)>", "${alert(1)}", "{{value}}", '"><script>'])
def test_texts_of_strangers_stay_text(shown):
    error = PictureError("{file} is empty: choose another picture.", file=shown)
    seen = Tags(bar.failed(error, "en"))
    assert {tag for tag, _ in seen.tags} <= {"div", "strong", "span", "p"}
    assert shown in seen.shown
    download = Tags(bar.bar(Update("fetching", transfer=Transfer("n", shown, 1, 2)), "en"))
    assert {tag for tag, _ in download.tags} <= {"div", "strong", "span", "i"}


def test_an_error_is_an_alert():
    assert 'role="alert"' in bar.failed(note("Painting"), "en")


@pytest.mark.parametrize(
    ("phase", "update", "shown"),
    [
        ("waiting", None, "Waiting in the queue"),
        ("running", RUNNING, "Painting"),
        ("stopped", RUNNING, "Stopped, with the picture so far"),
        ("stopped", None, "Stopped before there was a picture"),
        ("left", None, "Taken out of the queue"),
        ("done", Update("done", 3, 3, elapsed=2.0), "Done in 2.0 s"),
        ("failed", None, ""),
        ("tuning", None, ""),
    ],
)
def test_each_phase_is_told_once_and_without_its_steps(phase, update, shown):
    assert bar.announcement(phase, update, "en") == shown
    assert not re.search(r"[a-zA-Z]{2,}", bar.announcement(phase, update, "zh"))


def test_a_place_in_the_queue_and_a_part_of_a_sweep_are_told():
    assert "3 before this one" in bar.waiting("en", (3, 5))
    assert "before" not in bar.waiting("en", (0, 1))
    sweep = Tags(bar.bar(RUNNING, "en", part=(2, 4)))
    track = next(about for _, about in sweep.tags if about.get("role") == "progressbar")
    assert "Painting 2 of 4" in sweep.shown
    assert track["aria-valuenow"] == "31"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3725, "1 h 2 min"),
    ],
)
def test_times(seconds, shown):
    assert bar.clock(seconds, "en") == shown
