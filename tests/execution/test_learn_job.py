"""Learning a style as a job: here and on a borrowed accelerator."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from webui.made import painting, photo

from stylize import api, library
from stylize.errors import PictureError, StyleError
from stylize.execution import LearnJob, OneByOne, zerogpu
from stylize.inputs import Inputs, StyleInput
from stylize.modes.adain.spec import AdaINSettings
from stylize.webui.runner import follow

from .lender import borrowing, lender

SMALL = AdaINSettings(content_side=48)


@pytest.fixture(autouse=True)
def cpu(monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")


@pytest.fixture
def job(tmp_path) -> LearnJob:
    inputs = api.inputs(photo(tmp_path / "photo.png"), painting(tmp_path / "painting.png"))
    return LearnJob("adain", SMALL, inputs, name="squares", seconds=600, most_steps=2)


def run(job, executor=None, stop=None):
    return list(follow(job, stop=stop or threading.Event(), executor=executor or OneByOne()))


def test_what_is_learned_so_far_comes_with_each_step_and_the_photo_as_it_would_be_painted(job):
    steps = list(job.run())
    assert [(each.step, each.total) for each in steps] == [(1, 2), (2, 2)]
    first, last = (each.learned for each in steps)
    assert (first.code != last.code).any()
    picture = replace(job.style, learned=last)
    painted = api.job(job.content, picture, content_side=48)
    *_, shown = painted.run()
    assert torch.equal(steps[-1].picture, shown.picture)
    assert job.finish(shown.picture) is shown.picture


def test_the_file_has_the_whole_picture_and_paints_as_was_shown(job, tmp_path):
    last = run(job)[-1]
    assert (last.phase, last.step, last.learned.name) == ("done", 2, "squares")
    file = tmp_path / "squares.style.safetensors"
    file.write_bytes(job.file(last.learned))
    assert api.load(file).size == job.style.size
    *_, shown = api.job(job.content, file, content_side=48).run()
    assert torch.equal(shown.picture, last.result)


def test_a_borrowed_accelerator_learns_the_same(job):
    asked = []
    there, here = run(job, borrowing(lender(asked=asked)))[-1], run(job)[-1]
    assert (there.phase, there.step) == (here.phase, here.step) == ("done", 2)
    assert np.abs(there.learned.code - here.learned.code).max() < 0.01
    assert asked == [zerogpu.MOST]
    assert zerogpu.lent_for(replace(job, seconds=30)) == zerogpu.LOADING + 35


def test_it_ends_before_the_accelerator_is_taken_back_and_keeps_what_it_has(job, monkeypatch):
    monkeypatch.setattr(zerogpu, "SPARE", 1000)
    last = run(job, borrowing(lender()))[-1]
    assert (last.phase, last.step) == ("stopped", 1)
    assert last.learned is not None


def test_a_stop_keeps_what_is_learned_so_far(job):
    stop, last = threading.Event(), None
    for last in follow(replace(job, most_steps=0), stop=stop):
        if last.step:
            stop.set()
    assert (last.phase, last.step) == ("stopped", 1)
    assert last.learned.painter


def test_it_learns_with_the_photo_and_goes_on_from_what_was_learned(job):
    first, other = run(job)[-1].learned, api.load(np.zeros((64, 64, 3), np.uint8))
    with_other = replace(job, inputs=Inputs(other, job.styles))
    assert (run(with_other)[-1].learned.code != first.code).any()
    again = StyleInput(replace(job.style, learned=first))
    (more, _) = replace(job, inputs=Inputs(job.content, (again,))).run()
    assert np.abs(more.learned.code - first.code).max() < 0.1


def test_what_cannot_be_taught_is_refused(job, tmp_path):
    for settings in (AdaINSettings(network="adain-half"), AdaINSettings(color="linear")):
        with pytest.raises(StyleError, match="Only AdaIN's painter"):
            replace(job, settings=settings)
    for styles in ((StyleInput(library.style("claude-monet")),), job.styles * 2):
        with pytest.raises(StyleError, match="one picture"):
            replace(job, inputs=Inputs(job.content, styles))
    small = StyleInput(api.load(painting(tmp_path / "small.png", 8)))
    with pytest.raises(PictureError, match="too small"):
        run(replace(job, inputs=Inputs(job.content, (small,))))
