"""The runner: updates, stop, time limit and closing, without gradio."""

from __future__ import annotations

import gc
import itertools
import subprocess
import sys
import threading
import weakref
from dataclasses import dataclass, field

import pytest
import torch

from stylize.errors import DivergedError, StylizeError, note
from stylize.execution import OneByOne
from stylize.image import resize
from stylize.progress import Progress
from stylize.webui.runner import EVERY, PREVIEW_EVERY, follow
from stylize.weights import Transfer

from .made import gatys_job


@dataclass
class Steps:
    """Work that takes ``seconds`` of a made-up clock a step, and remembers what became of it."""

    total: int = 20
    seconds: float = 0.1
    pictures: bool = True
    now: float = 0.0
    done: int = 0
    closed: bool = False
    at_step: dict = field(default_factory=dict)

    def clock(self):
        return self.now

    def work(self, job):
        try:
            for step in range(1, self.total + 1):
                self.now += self.seconds
                self.done = step
                if step in self.at_step:
                    self.at_step[step]()
                picture = torch.full((1, 3, 8, 8), step / self.total) if self.pictures else None
                yield Progress(step, self.total, picture, {"total": 1 / step})
        finally:
            self.closed = True


@pytest.fixture
def job(tmp_path):
    return gatys_job(tmp_path)


def run(job, steps, stop=None, **more):
    return list(
        follow(job, stop=stop or threading.Event(), executor=OneByOne(steps.work), clock=steps.clock, **more)
    )


def test_previews_have_the_results_colors(tmp_path):
    job = gatys_job(tmp_path, color="luminance")
    updates = run(job, Steps(total=20, seconds=1.0))  # gray all over
    shown = [each for each in updates if each.preview is not None]
    assert len(shown) > 5
    for update in shown:
        assert update.preview.shape[2:] == (8, 8)  # not enlarged
        wanted = resize(job.finish(torch.full((1, 3, 8, 8), update.step / 20)), (8, 8))
        assert (update.preview - wanted).abs().mean() < 0.03
        assert (update.preview.amax(1) - update.preview.amin(1)).mean() > 0.1


def test_a_real_job_ends_with_the_full_size_picture(job):
    updates = list(follow(job, stop=threading.Event()))
    last = updates[-1]
    assert last.phase == "done"
    assert (last.step, last.total) == (4, 4)
    assert tuple(last.result.shape) == (1, 3, 64, 96)
    assert [each.phase for each in updates].index("running") < [each.phase for each in updates].index(
        "finishing"
    )
    assert all(each.result is None for each in updates[:-1])
    assert {"total", "style"} <= last.losses.keys()


def test_updates_and_previews_are_throttled(job):
    steps = Steps(total=200, seconds=EVERY / 4)
    updates = run(job, steps)
    painted = [each for each in updates if each.phase == "running" and each.total]
    previews = [each for each in painted if each.preview is not None]
    assert 30 < len(painted) <= 51
    assert 12 < len(previews) <= 21
    assert min(_gaps(painted)) > EVERY - 1e-6
    assert min(_gaps(previews)) > PREVIEW_EVERY - 1e-6
    assert len({float(each.preview.mean()) for each in previews}) == len(previews)


def _gaps(updates):
    times = [each.elapsed for each in updates]
    return [later - earlier for earlier, later in itertools.pairwise(times[1:])]


def test_the_first_picture_is_shown_at_once(job):
    updates = run(job, Steps(total=5, seconds=EVERY / 100))
    assert [each.step for each in updates if each.preview is not None] == [1]


def test_stop_keeps_the_picture_so_far_in_full_size(job):
    stop = threading.Event()
    steps = Steps(total=1000, at_step={30: stop.set})
    last = run(job, steps, stop)[-1]
    assert last.phase == "stopped"
    assert steps.done == 30
    assert steps.closed
    assert tuple(last.result.shape) == (1, 3, 64, 96)
    assert last.notes == ()


def test_stop_before_there_is_a_picture(job):
    stop = threading.Event()
    last = run(job, Steps(pictures=False, at_step={3: stop.set}), stop)[-1]
    assert (last.phase, last.result) == ("stopped", None)


def test_stop_at_the_last_step_changes_nothing(job):
    stop = threading.Event()
    assert run(job, Steps(total=10, at_step={10: stop.set}), stop)[-1].phase == "done"


def test_the_time_limit_stops_with_a_note(job):
    steps = Steps(total=1000, seconds=0.5)
    last = run(job, steps, seconds=10)[-1]
    assert last.phase == "stopped"
    assert steps.done == 21
    assert last.result is not None
    assert "limit of this page" in str(last.notes[-1])


def test_the_time_limit_without_a_picture_is_an_error(job):
    with pytest.raises(StylizeError, match="time limit"):
        run(job, Steps(total=1000, seconds=0.5, pictures=False), seconds=10)


def test_closing_stops_the_work_at_the_next_step(job):
    steps = Steps(total=1000)
    updates = follow(job, stop=threading.Event(), executor=OneByOne(steps.work), clock=steps.clock)
    while next(updates).step < 5:
        pass
    done = steps.done
    updates.close()
    assert steps.closed
    assert steps.done == done


def test_notes_are_kept(job):
    def work(job):
        picture = torch.zeros(1, 3, 8, 8)
        yield Progress(1, 2, picture, note=note("one"))
        yield Progress(2, 2, picture, note=note("two"))

    last = list(follow(job, stop=threading.Event(), executor=OneByOne(work)))[-1]
    assert [str(each) for each in last.notes] == ["one", "two"]


def test_errors_of_the_work_come_through(job):
    def work(job):
        yield Progress(1, 2)
        raise DivergedError("too wild")

    with pytest.raises(DivergedError):
        list(follow(job, stop=threading.Event(), executor=OneByOne(work)))


class Fetching:
    """A job whose weights come slowly; everything else is another job's."""

    def __init__(self, job, fetch):
        self._job, self.fetch = job, fetch

    def __getattr__(self, name):
        return getattr(self._job, name)


def test_a_download_is_told_and_stop_ends_it(job):
    stop, reported, ended = threading.Event(), threading.Event(), threading.Event()

    def fetch(on_transfer):
        try:
            for done in range(1, 10**6):
                on_transfer(Transfer("net", "net.pth", done, 10**6))
                reported.wait(0.01)
        finally:
            ended.set()

    updates = []
    for update in follow(Fetching(job, fetch), stop=stop):
        updates.append(update)
        if update.transfer is not None:
            stop.set()
    assert updates[-1].phase == "stopped"
    assert any(each.phase == "fetching" and each.transfer.file == "net.pth" for each in updates[:-1])
    assert ended.wait(10)


def test_closing_ends_a_download(job):
    ended = threading.Event()

    def fetch(on_transfer):
        try:
            while True:
                on_transfer(Transfer("net", "net.pth", 1, 2))
        finally:
            ended.set()

    updates = follow(Fetching(job, fetch), stop=threading.Event())
    next(updates)
    updates.close()
    assert ended.wait(10)


def test_a_failed_download_is_an_error(job):
    def fetch(on_transfer):
        raise StylizeError("nobody answers")

    with pytest.raises(StylizeError, match="nobody answers"):
        list(follow(Fetching(job, fetch), stop=threading.Event()))


def test_a_failed_download_keeps_no_picture(tmp_path):
    def fetch(on_transfer):
        raise StylizeError("nobody answers")

    job = gatys_job(tmp_path)
    gone = weakref.ref(job.content)
    gc.disable()
    try:
        with pytest.raises(StylizeError):
            list(follow(Fetching(job, fetch), stop=threading.Event()))
        del job
        assert gone() is None
    finally:
        gc.enable()


def test_the_runner_needs_no_gradio():
    code = (
        "import sys; from stylize.webui import actions, components, drawing, runner; "
        "sys.exit('gradio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
