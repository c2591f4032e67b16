"""An accelerator that is lent for one run: what crosses to the process that has it, and back."""

from __future__ import annotations

import inspect
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from stylize import api, modes
from stylize.errors import SettingsError, StylizeError
from stylize.execution import Job, OneByOne, crossing, zerogpu
from stylize.execution.crossing import Parcel, packed_job
from stylize.execution.zerogpu import ZeroGPU, run_there
from stylize.inputs import Inputs
from stylize.progress import Progress
from stylize.webui.runner import follow

from .made import gatys_job, painting, photo
from .visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]


def through_pickle(task):
    """A wrapper as the lender's: all that is given and all that comes back is pickled on its way."""

    def lent(job, seconds):
        for parcel in task(pickle.loads(pickle.dumps(job)), seconds):
            yield pickle.loads(pickle.dumps(parcel))

    return lent


def lender(wrap=through_pickle, asked=None):
    def gpu(duration):
        def decorate(task):
            wrapped = wrap(task)

            def lent(*args):
                if asked is not None:
                    asked.append(duration(*args))
                return wrapped(*args)

            return lent

        return decorate

    return gpu


def borrowing(gpu):
    return ZeroGPU(gpu, gr.Error)


def run(job, executor, stop=None):
    return list(follow(job, stop=stop or threading.Event(), executor=executor))


@pytest.fixture
def job(tmp_path):
    return gatys_job(tmp_path, steps=12)


def test_the_picture_is_the_same(job):
    there, here = run(job, borrowing(lender()))[-1], run(job, OneByOne())[-1]
    assert (there.phase, there.step, there.losses.keys()) == ("done", 12, here.losses.keys())
    assert torch.equal(there.result, here.result)


def test_only_arrays_and_plain_values_cross(job):
    seen = []

    def look(task):
        def lent(job, seconds):
            seen.append(job.content.tensor)
            seen.extend(style.source.tensor for style in job.styles)
            for parcel in task(job, seconds):
                seen.append(parcel.picture)
                assert parcel.progress.picture is None
                yield parcel

        return lent

    run(job, borrowing(lender(look)))
    assert {type(each) for each in seen} == {np.ndarray, type(None)}


@pytest.mark.parametrize("mode", modes.names())
def test_pictures_cross_at_the_working_size_in_16_bits_and_are_finished_here(tmp_path, monkeypatch, mode):
    styles = [painting(tmp_path / "painting.png")] if modes.spec(mode).takes_styles else []
    quick = {"gatys": {"steps": 2}}.get(mode, {})
    job = api.job(photo(tmp_path / "photo.png", 600, 400), styles, mode=mode, content_side=48, **quick)
    crossed, there = [], []

    def look(task):
        def lent(job, seconds):
            crossed.append(job.content.tensor)
            there.append(True)
            for parcel in task(job, seconds):
                crossed.append(parcel.picture)
                there.append(False)
                yield parcel
                there.append(True)
            there.append(False)

        return lent

    finish = Job.finish
    finished = []
    monkeypatch.setattr(Job, "finish", lambda *given: finished.append(there[-1]) or finish(*given))
    last = run(job, borrowing(lender(look)))[-1]
    assert tuple(last.result.shape) == (1, 3, 400, 600)
    assert finished == [False]
    pictures = [each for each in crossed if each is not None]
    assert len(pictures) >= 2
    assert {(each.dtype.name, each.shape) for each in pictures} == {("uint16", (1, 3, 32, 48))}


@pytest.mark.parametrize("colour", ["style", "linear"])
@pytest.mark.parametrize(("mode", "quick"), [("adain", {"style_side": 40}), ("gatys", {"steps": 2})])
def test_large_styles_cross_no_larger_than_they_are_looked_at(tmp_path, mode, quick, colour):
    Image.open(painting(tmp_path / "painting.png")).resize((700, 500)).save(tmp_path / "style.png")
    job = api.job(
        photo(tmp_path / "photo.png"),
        tmp_path / "style.png",
        mode=mode,
        content_side=48,
        colour=colour,
        **quick,
    )
    crossed = []

    def look(task):
        def lent(job, seconds):
            crossed.extend(style.source.tensor for style in job.styles)
            yield from task(job, seconds)

        return lent

    there, here = run(job, borrowing(lender(look)))[-1], run(job, OneByOne())[-1]
    assert [max(each.shape) < 60 and each.dtype == np.uint16 for each in crossed] == [True]
    assert torch.equal(there.result, here.result)


def test_what_is_wrapped_is_a_generator_function():
    """The lender hands a function that merely returns one to a process that cannot send it back."""
    kinds = []
    borrowing(lender(lambda task: kinds.append(task)))
    assert all(map(inspect.isgeneratorfunction, kinds))
    assert kinds


def test_the_time_asked_for_follows_from_the_settings(tmp_path):
    few, many = gatys_job(tmp_path, steps=10), gatys_job(tmp_path, steps=1000)
    large = gatys_job(tmp_path, steps=10000, content_side=0, smallest_side=64)
    wide = api.load(photo(tmp_path / "large.png", 1536, 64))
    large = Job(large.mode, large.settings, Inputs(wide, large.styles))
    assert zerogpu.lent_for(few) < zerogpu.lent_for(many) < zerogpu.lent_for(large) == zerogpu.MOST <= 120
    asked = []
    run(few, borrowing(lender(asked=asked)))
    assert asked == [zerogpu.lent_for(few)]


def test_a_run_ends_before_its_time_with_the_picture_so_far(job, monkeypatch):
    monkeypatch.setattr(zerogpu, "SPARE", 1000)
    last = run(job, borrowing(lender()))[-1]
    assert (last.phase, last.step) == ("stopped", 1)
    assert tuple(last.result.shape) == (1, 3, 64, 96)
    assert [each.template for each in last.notes] == [zerogpu._over(1).template]


def test_pictures_cross_now_and_then_and_the_last_always(job, monkeypatch):
    monkeypatch.setattr(crossing, "PICTURE_EVERY", 1000)
    parcels = list(run_there(packed_job(job), 100))
    assert [each.progress.step for each in parcels if each.picture is not None] == [1, 12]


def test_an_error_of_the_work_is_its_own(monkeypatch, job):
    monkeypatch.setenv("STYLIZE_DEVICE", "nowhere")
    with pytest.raises(SettingsError, match="nowhere") as failed:
        run(job, borrowing(lender()))
    assert failed.value.note.values == {"device": "nowhere"}


def refusing(error, after=0):
    def wrap(task):
        def lent(job, seconds):
            yield from [Parcel(Progress(n, 9), np.zeros((1, 3, 8, 8), "f4")) for n in range(1, after + 1)]
            raise error

        return lent

    return lender(wrap)


def test_a_refusal_is_said(job):
    none_left = gr.Error("Come back tomorrow.", title="ZeroGPU quota exceeded")
    with pytest.raises(StylizeError, match=r"No accelerator was lent for this: Come back tomorrow\."):
        run(job, borrowing(refusing(none_left)))


def test_a_fault_of_the_program_is_no_refusal(job):
    for after in (0, 1):
        with pytest.raises(RuntimeError, match="KeyError"):
            run(job, borrowing(refusing(gr.Error("KeyError", title="ZeroGPU worker error"), after)))


def test_what_was_painted_when_the_accelerator_is_taken_back_stays(job):
    last = run(job, borrowing(refusing(gr.Error("GPU task aborted"), after=3)))[-1]
    assert (last.phase, last.step) == ("stopped", 3)
    assert last.result is not None
    assert [str(each) for each in last.notes] == ["Stopped with the picture so far: it was taken back"]


@pytest.mark.parametrize(("value", "lent"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_where_an_accelerator_is_lent(monkeypatch, value, lent):
    monkeypatch.setenv("SPACES_ZERO_GPU", value)
    assert zerogpu.is_lent() is lent


# The page as such a Space runs it: a lender that forks, and a visitor of that Space.


class Guest(Visitor):
    who = "rich"

    def request(self, path, data=None, **headers):
        return super().request(path, data, X_IP_Token=self.who, **headers)

    def wait(self, found, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.open()
            if found():
                return
            time.sleep(0.1)
        raise AssertionError(self.parts["face-0"])

    def paint(self, who="rich", mode="adain", **settings):
        self.who = who
        self.act("add", kind="picture")
        self.cell = self.book["cells"][-1]["id"]
        self.act("mode", cell=self.cell, value=mode)
        for name, value in {"content_side": 128, **settings}.items():
            self.act("set", cell=self.cell, name=name, value=value)
        self.act("run", cell=self.cell)

    @property
    def result(self):
        return self.book["cells"][-1]["result"]

    def done(self):
        self.wait(lambda: not self.pulse["running"])
        return self.result


@pytest.fixture(scope="module")
def space():
    """Its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lender = Path(__file__).parent / "lender"
    about = {"SPACE_ID": "me/it", "SPACES_ZERO_GPU": "true", "GRADIO_SERVER_PORT": str(port)}
    environment = {**os.environ, **about, "PYTHONPATH": str(lender), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "app.py"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert str(port) in process.stdout.readline()
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


@pytest.fixture
def guest(space):
    guest = Guest(space)
    guest.open()
    return guest


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="ZeroGPU forks, and this system does not")


@needs_fork
def test_a_run_on_a_space_that_lends(guest):
    guest.paint()
    assert guest.done()["step"] == guest.result["total"]


@needs_fork
def test_a_program_gets_the_very_picture(space, tmp_path):
    client = Client(space, verbose=False, headers={"X-IP-Token": "rich"})
    content, style = photo(tmp_path / "photo.png", 160, 120), painting(tmp_path / "painting.png")
    path = client.predict(handle_file(content), handle_file(style), side=128, api_name="/stylize")
    here = api.stylize(content, style, content_side=128, network="adain-half")
    assert np.array_equal(np.asarray(Image.open(path)), np.asarray(here))


@needs_fork
def test_stop_reaches_the_other_process(guest):
    guest.paint(mode="gatys", steps=500)
    guest.wait(lambda: "Step " in guest.parts["face-0"])
    guest.act("stop", cell=guest.cell)
    result = guest.done()
    assert 0 < result["step"] < result["total"] == 500
    guest.paint()
    assert guest.done()["step"]


@needs_fork
@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("unlucky", "an accelerator that is not there"),
        ("poor", "You have exceeded your free ZeroGPU quota"),
    ],
)
def test_errors_come_back_to_the_cell(guest, who, said):
    guest.paint(who=who)
    assert guest.done() is None
    assert said in guest.parts["face-0"]


@needs_fork
def test_an_accelerator_that_is_taken_back_leaves_the_picture(guest):
    guest.paint(who="brief", mode="gatys", steps=500)
    result = guest.done()
    assert result["step"] < 500
    assert "Stopped with the picture so far: it was taken back" in guest.parts["face-0"]


@needs_fork
def test_a_program_is_told_as_well(space, tmp_path):
    client = Client(space, verbose=False, headers={"X-IP-Token": "poor"})
    content, style = photo(tmp_path / "photo.png"), painting(tmp_path / "painting.png")
    with pytest.raises(AppError, match="No accelerator was lent"):
        client.predict(handle_file(content), handle_file(style), side=128, api_name="/stylize")
