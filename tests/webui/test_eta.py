"""Time left: guesses by a made-up clock, with what steps took on a real machine."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
import torch

from stylize import modes
from stylize.execution import OneByOne
from stylize.modes.gatys.pyramid import plan
from stylize.progress import Progress
from stylize.webui import eta
from stylize.webui.eta import CellTime, Pace
from stylize.webui.runner import Update, follow

from .made import gatys_job

LOADING = 5.2  # seconds
STEP = {69: 0.15, 97: 0.17, 138: 0.2, 194: 0.3, 275: 0.43, 389: 0.7, 550: 1.42}  # by the side, measured


class Machine:
    """Work by a made-up clock: loading, then steps that take what they took on two cores of a server."""

    def __init__(self, slower=1.0):
        self.now, self.slower = 0.0, slower

    def clock(self):
        return self.now

    def work(self, job):
        self.now += LOADING
        total, done = job.settings.steps, 0
        for side, count in plan(job.settings, job.working_size):
            for n in range(count):
                self.now += self.slower * min(STEP.items(), key=lambda each: abs(each[0] - side))[1]
                self.now += 0 if n else self.slower * 1.5 * STEP[69]
                done += 1
                yield Progress(done, total, torch.zeros(1, 3, 8, 8) if done == total else None)


def guesses(job, machine, pace=None):
    """(seconds gone, seconds that were said to be left, seconds that were left)."""
    begun = machine.now
    executor = OneByOne(machine.work)
    updates = list(follow(job, stop=threading.Event(), executor=executor, clock=machine.clock, pace=pace))
    told = [
        (each.elapsed, each.left) for each in updates if each.phase == "running" and each.left is not None
    ]
    return [(gone, left, machine.now - begun - gone) for gone, left in told]


@pytest.fixture
def large(tmp_path):
    from stylize import api
    from stylize.execution.job import Job

    from .made import painting, photo

    pictures = api.load(photo(tmp_path / "photo.png", 768, 512)), api.load(painting(tmp_path / "style.png"))
    settings = modes.spec("gatys").settings.from_dict({"steps": 100, "content_side": 512})
    return Job("gatys", settings, api.inputs(*pictures))


def test_a_first_run_is_not_far_off_once_it_says_something(large):
    told = guesses(large, Machine())
    assert told[0][0] < LOADING + 3, "and it says something early"
    for gone, left, real in told:
        assert real / 2 - 2 < left < 2 * real + 2, (gone, left, real)


def test_a_second_run_knows_from_its_first_step_and_so_does_one_after_a_restart(large, tmp_path):
    path = tmp_path / "pace.json"
    pace = Pace(path)
    guesses(large, Machine(), pace)
    pace.save()
    for known in (pace, Pace(path)):
        told = guesses(large, Machine(), known)
        assert told[0][0] < LOADING + 1
        for gone, left, real in told:
            assert 0.8 * real - 2 < left < 1.25 * real + 2, (gone, left, real)


def test_a_machine_that_became_slower_is_noticed(large):
    pace = Pace()
    guesses(large, Machine(), pace)
    told = guesses(large, Machine(slower=4), pace)
    late = told[len(told) * 3 // 4]
    assert 0.7 * late[2] < late[1] < 1.3 * late[2]


def test_what_comes_after_the_steps_counts_once_it_is_known(large):
    pace = Pace()
    guesses(large, Machine(), pace)
    before = guesses(large, Machine(), pace)[-1]
    width, height = large.result_size
    pace.learn(eta.FINISH, width * height / 1e6, 30.0)
    after = guesses(large, Machine(), pace)[-1]
    assert 29 < after[1] - before[1] < 31


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": ["x"]}', '{"a": [1, 2, 3, 4, 5, 6]}'])
def test_a_file_that_is_none_is_as_if_there_were_none(tmp_path, text):
    path = tmp_path / "pace.json"
    path.write_text(text)
    pace = Pace(path)
    assert pace.line("a") is None
    pace.learn("a", 1.0, 2.0)
    pace.save()
    assert json.loads(path.read_text())["a"][0] == 1


def test_the_kinds_of_work_that_are_remembered_are_bounded():
    pace = Pace()
    for n in range(1000):
        pace.learn(str(n), 1.0, 1.0)
    known = [n for n in range(1000) if pace.line(str(n))]
    assert len(known) <= 100
    assert 999 in known


def test_a_sweeps_time_is_that_of_all_its_pictures(tmp_path):
    now = [100.0]
    taken = CellTime(lambda: now[0])
    now[0] += 3  # reading
    small = gatys_job(tmp_path, steps=20)
    taken.plan([small, replace(small, settings=small.settings.changed(steps=40)), small])
    update = Update("running", 5, 20, elapsed=1.0, left=6.0, whole=8.0)
    shown = taken.of(update, 1)
    assert shown.elapsed == 3
    assert shown.left == pytest.approx(6 + 16 + 8, rel=0.1)
    now[0] += 50
    assert taken.lap() == 53
    assert taken.of(replace(update, phase="fetching", left=None), 2).left is None
    now[0] += 1000
    shown = taken.of(replace(update, left=2.0), 3)
    assert (shown.elapsed, shown.left) == (53, 2)
    assert taken.lap() == 0


def test_reading_finishing_and_writing_count(bench, session, monkeypatch):
    """The whole of a sweep by a clock that moves while a picture is read, painted, finished and written."""
    from stylize.execution.job import Job
    from stylize.webui import cell_runner

    now = [0.0]
    bench.cell_runner.clock = lambda: now[0]

    def slow(function, seconds):
        def slower(*given, **named):
            now[0] += seconds
            return function(*given, **named)

        return slower

    monkeypatch.setattr(cell_runner, "jobs", slow(cell_runner.jobs, 1000))
    monkeypatch.setattr(Job, "finish", slow(Job.finish, 100))
    monkeypatch.setattr(cell_runner, "encode_png", slow(cell_runner.encode_png, 10))
    cell = bench.picture(session, kind="sweep")
    bench.run(session, cell)
    result = session.book[cell].result
    assert len(result.tiles) == 4
    assert result.seconds == 1000 + 4 * 110
    assert [tile.seconds for tile in result.tiles] == [1110, 110, 110, 110]
    assert session.live(cell).update.elapsed == result.seconds
    assert bench.page_files.store.pace.is_file()
    bench.page_files.store.limit = bench.page_files.store.oldest = 0
    bench.page_files.store.trim()
    assert Pace(bench.page_files.store.pace).seconds(eta.FINISH, 1.0) > 0
