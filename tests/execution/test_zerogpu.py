"""An accelerator that is lent for one run: what crosses to the process that has it, and back."""

from __future__ import annotations

import inspect
import threading

import numpy as np
import pytest
import torch
from PIL import Image
from webui.made import gatys_job, painting, photo

from stylize import api, modes
from stylize.errors import SettingsError, StylizeError
from stylize.execution import Job, OneByOne, crossing, zerogpu
from stylize.execution.crossing import Parcel, packed_job
from stylize.execution.zerogpu import run_there
from stylize.inputs import Inputs
from stylize.progress import Progress
from stylize.webui.runner import follow

from .lender import Refused, borrowing, lender


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

    def check(task):
        def lent(job, seconds):
            seen.append(job.content.tensor)
            seen.extend(style.source.tensor for style in job.styles)
            for parcel in task(job, seconds):
                seen.append(parcel.picture)
                assert parcel.progress.picture is None
                yield parcel

        return lent

    run(job, borrowing(lender(check)))
    assert {type(each) for each in seen} == {np.ndarray, type(None)}


@pytest.mark.parametrize("mode", modes.names())
def test_pictures_cross_at_the_working_size_in_16_bits_and_are_finished_here(tmp_path, monkeypatch, mode):
    styles = [painting(tmp_path / "painting.png")] if modes.spec(mode).takes_styles else []
    more = {"gatys": {"steps": 2}}.get(mode, {})
    job = api.job(photo(tmp_path / "photo.png", 600, 400), styles, mode=mode, content_side=48, **more)
    crossed, there = [], []

    def check(task):
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
    last = run(job, borrowing(lender(check)))[-1]
    assert tuple(last.result.shape) == (1, 3, 400, 600)
    assert finished == [False]
    pictures = [each for each in crossed if each is not None]
    assert len(pictures) >= 2
    assert {(each.dtype.name, each.shape) for each in pictures} == {("uint16", (1, 3, 32, 48))}


@pytest.mark.parametrize("color", ["style", "linear"])
@pytest.mark.parametrize(("mode", "more"), [("adain", {"style_side": 40}), ("gatys", {"steps": 2})])
def test_large_styles_cross_no_larger_than_they_are_looked_at(tmp_path, mode, more, color):
    Image.open(painting(tmp_path / "painting.png")).resize((700, 500)).save(tmp_path / "style.png")
    job = api.job(
        photo(tmp_path / "photo.png"),
        tmp_path / "style.png",
        mode=mode,
        content_side=48,
        color=color,
        **more,
    )
    crossed = []

    def check(task):
        def lent(job, seconds):
            crossed.extend(style.source.tensor for style in job.styles)
            yield from task(job, seconds)

        return lent

    there, here = run(job, borrowing(lender(check)))[-1], run(job, OneByOne())[-1]
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
    none_left = Refused("Come back tomorrow.")
    with pytest.raises(StylizeError, match=r"No accelerator was lent for this: Come back tomorrow\."):
        run(job, borrowing(refusing(none_left)))


def test_a_fault_of_the_program_is_no_refusal(job):
    for after in (0, 1):
        with pytest.raises(RuntimeError, match="KeyError"):
            run(job, borrowing(refusing(Refused("KeyError"), after)))


def test_what_was_painted_when_the_accelerator_is_taken_back_stays(job):
    last = run(job, borrowing(refusing(Refused("GPU task aborted"), after=3)))[-1]
    assert (last.phase, last.step) == ("stopped", 3)
    assert last.result is not None
    assert [str(each) for each in last.notes] == ["Stopped with the picture so far: it was taken back"]


@pytest.mark.parametrize(("value", "lent"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_where_an_accelerator_is_lent(monkeypatch, value, lent):
    monkeypatch.setenv("SPACES_ZERO_GPU", value)
    assert zerogpu.is_lent() is lent
