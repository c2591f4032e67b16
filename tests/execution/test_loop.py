"""The one loop: what happens in which order, stopping, failing, several jobs, results."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Generator, Iterable

import pytest
import torch

from stylize.errors import PictureError
from stylize.execution import (
    Done,
    Ended,
    Executor,
    Failed,
    Fetched,
    Fetching,
    Job,
    OneByOne,
    Step,
    Stop,
    execute,
    execute_all,
)  # fmt: skip
from stylize.execution.events import Work
from stylize.progress import Progress

from .jobs import Steps, job


def test_a_job_is_fetched_run_and_done() -> None:
    events = list(execute(job(full_size=False)))
    assert {type(event) for event in events} == {Fetched, Step, Done} | (
        {Fetching} if isinstance(events[0], Fetching) else set()
    )
    assert isinstance(events[-1], Done)
    result = events[-1].result
    steps = [event for event in events if isinstance(event, Step)]
    assert result.complete
    assert (result.step, result.total) == (steps[-1].progress.step, steps[-1].progress.total)
    assert 0 < steps[0].seconds <= result.seconds
    assert tuple(result.picture.shape) == (1, 3, 32, 48)


def test_a_result_is_finished_once_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    finished: list[float] = []
    finish = Job.finish

    def counted(self: Job, picture: torch.Tensor) -> torch.Tensor:
        finished.append(float(picture.mean()))
        return finish(self, picture)

    monkeypatch.setattr(Job, "finish", counted)
    *_, last = execute(job(), executor=OneByOne(Steps()))
    assert isinstance(last, Done)
    assert finished == []
    assert last.result.picture is last.result.picture
    assert finished == [1.0]


def test_stop_keeps_the_last_picture_and_closes_the_work() -> None:
    stop, steps = threading.Event(), Steps(total=100)
    found = []
    for event in execute(job(), stop=stop, executor=OneByOne(steps)):
        found.append(event)
        if isinstance(event, Step) and event.progress.step == 5:
            stop.set()
    assert steps.done == 5
    assert steps.closed
    last = found[-1]
    assert isinstance(last, Done)
    assert (last.result.step, last.result.complete) == (4, False)
    assert float(last.result.picture.mean()) == pytest.approx(0.04, abs=0.01)


def test_stop_before_there_is_a_picture_leaves_no_result() -> None:
    stop, steps = threading.Event(), Steps()
    found = []
    for event in execute(job(), stop=stop, executor=OneByOne(steps)):
        found.append(event)
        if isinstance(event, Step):
            stop.set()
    assert not any(isinstance(event, Done) for event in found)
    stop.set()
    assert [each for each in execute(job(), stop=stop) if not isinstance(each, Fetching)] == []


def test_closing_closes_the_work() -> None:
    steps = Steps(total=100)
    events = execute(job(), executor=OneByOne(steps))
    while not isinstance(next(events), Step):
        pass
    events.close()
    assert steps.closed
    assert steps.done == 1


def test_a_failure_is_raised_and_keeps_no_picture() -> None:
    work = job()
    assert work.content is not None
    gone = weakref.ref(work.content)
    gc.disable()
    try:
        with pytest.raises(PictureError, match="not this one"):
            list(execute(work, executor=OneByOne(Steps(fails=3))))
        del work
        assert gone() is None
    finally:
        gc.enable()


def test_of_several_one_failure_is_an_event_and_the_others_go_on() -> None:
    works = [job(n) for n in range(3)]

    def steps(each: Job) -> Iterable[Progress]:
        return Steps(fails=3 if each is works[1] else 0)(each)

    events = list(execute_all(works, executor=OneByOne(steps)))  # type: ignore[arg-type]
    assert [event.job for event in events if isinstance(event, Failed)] == [works[1]]
    assert [event.result.job for event in events if isinstance(event, Done)] == [works[0], works[2]]


class Interleaved:
    """A step of each job in turn, the later ones first; the second is never ended, as where it is cut off."""

    def run(self, jobs: Iterable[Job], stop: Stop) -> Generator[Work]:
        works = list(jobs)[::-1]
        for step in (1, 2):
            for n, work in enumerate(works):
                yield Step(work, Progress(step, 2, torch.full((1, 3, 8, 8), (n + step) / 10)))
        yield Ended(works[0])


def test_jobs_may_come_in_any_order() -> None:
    executor: Executor = Interleaved()
    works = [job(0), job(1)]
    done = [each.result for each in execute_all(works, executor=executor) if isinstance(each, Done)]
    assert [result.job for result in done] == works[::-1]
    assert [round(float(result.picture.mean()), 1) for result in done] == [0.2, 0.3]


def test_jobs_are_taken_as_they_are_needed() -> None:
    taken = []

    def works() -> Iterable[Job]:
        for n in range(3):
            taken.append(n)
            yield job(n)

    events = execute_all(works(), executor=OneByOne(Steps()))
    while not isinstance(next(events), Done):
        pass
    assert taken == [0]
    events.close()


def test_nothing_to_do() -> None:
    assert list(execute_all([])) == []
