"""Signals, closed outputs, and what is kept then."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stylize.cli import parser
from stylize.cli.report import JsonLines
from stylize.cli.signals import StopOnSignal
from stylize.errors import note
from stylize.execution.job import Job
from stylize.progress import Progress

from .commands import Ticks, events, pixels, recipe_of

pytestmark = pytest.mark.usefixtures("folder", "usual_signals")


class Pressing(JsonLines):
    """A report that sends this process a signal when a step has come."""

    def __init__(self, step, number=signal.SIGINT, file=""):
        super().__init__(io.StringIO(), Ticks(10))
        self.step, self.number, self.file = step, number, file

    def progress(self, file, progress):
        super().progress(file, progress)
        if progress.step == self.step and self.file in file:
            os.kill(os.getpid(), self.number)

    @property
    def events(self):
        return events(self.out.getvalue())


def command(report, *argv):
    args = parser.build().parse_args([str(each) for each in argv])
    return args.command(args, report)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_after_the_step_and_keeps_the_picture(number, status):
    report = Pressing(3, number)
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    argv = ["gatys", "photo.png", "b.png", "--style", "a.png", "--steps", "500", "--content-side", "64"]
    assert command(report, *argv) == status
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
    steps = [each["step"] for each in report.events if each["event"] == "progress"]
    assert steps == [1, 2, 3]
    note, saved, summary = report.events[-3:]
    assert "of 500 steps" in note["message"]
    assert (saved["event"], saved["complete"]) == ("saved", False)
    assert (summary["made"], summary["failed"], summary["left"]) == (1, 0, 1)
    assert pixels("photo-gatys.png").shape == (48, 64, 3)
    assert not Path("b-gatys.png").exists()


def test_stopped_before_there_is_a_picture_nothing_is_saved():
    report = Pressing(1)
    assert command(report, "adain", "photo.png", "b.png", "--style", "a.png") == 130
    note, summary = report.events[-2:]
    assert "nothing was saved" in note["message"]
    assert (summary["made"], summary["left"]) == (0, 2)
    assert not list(Path().glob("*-adain*"))


def test_the_second_signal_is_not_caught():
    with StopOnSignal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.status == 130
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with StopOnSignal() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.status == 0
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_note_of_a_run_is_told_once(monkeypatch, run):
    def steps(self):
        for n in (1, 2, 3):
            text = note("Not enough memory for {side} pixels: working at {smaller}.", side=1024, smaller=512)
            yield Progress(n, 3, self.content.tensor if n == 3 else None, note=text)

    monkeypatch.setattr(Job, "run", steps)
    _, _, err = run("adain", "photo.png", "--style", "a.png")
    assert err == "stylize: photo.png: Not enough memory for 1024 pixels: working at 512.\n"


def start(*argv, **given):
    # A process of the background ignores SIGINT, and so would its children.
    return subprocess.Popen(
        [sys.executable, "-m", "stylize", *argv], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **given,
    )  # fmt: skip


def test_ctrl_c_in_a_process_of_its_own_keeps_the_picture():
    argv = ["gatys", "photo.png", "--style", "a.png", "--steps", "10000", "--content-side", "64", "--json"]
    with start(*argv, "-o", "out.jpg") as process:
        assert json.loads(process.stdout.readline())["event"] == "progress"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping after this step" in err
    assert "Traceback" not in err
    saved = events(out)[-1]
    assert (saved["event"], saved["complete"]) == ("saved", False)
    assert recipe_of("out.jpg").settings.steps == 10000


def test_nobody_reads_the_output_any_more():
    with start("weights", "list", "--json") as process:
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (141, "")


@pytest.mark.parametrize(("streams", "status"), [(">&-", 0), (">&- 2>&-", 0), ("> /dev/full", 2)])
def test_an_output_that_is_closed_or_full(streams, status):
    if "full" in streams and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    found = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m stylize weights list {streams}', sys.executable],
        capture_output=True, text=True,
    )  # fmt: skip
    assert found.returncode == status
    assert found.stderr == ("" if status == 0 else "stylize: error: No space left on device.\n")


def test_ctrl_c_elsewhere_leaves_without_a_traceback(run, monkeypatch):
    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr("stylize.webui.serve", interrupted)
    assert run("serve") == (130, "", "stylize: interrupted.\n")
