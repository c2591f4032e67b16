"""The queue: one at a time, fair, and anybody may leave."""

from __future__ import annotations

import contextvars
import functools
import threading
import weakref
from dataclasses import replace

import pytest

from stylize.errors import SettingsError
from stylize.webui import run_queue
from stylize.webui.profiles import LOCAL, SHARE, SPACE
from stylize.webui.run_queue import RunQueue, Ticket
from stylize.webui.session import SLOTS


class Gate:
    """Work that waits to be let through, and a record of who was served."""

    def __init__(self):
        self.served, self.go, self.began = [], threading.Event(), threading.Event()

    def ticket(self, owner, name="", hold=False):
        def work():
            self.served.append(name or owner)
            self.began.set()
            if hold:
                assert self.go.wait(20)

        return Ticket(owner, work)


def test_nobody_is_served_twice_in_a_row_while_others_wait():
    gate, queue = Gate(), RunQueue(20)
    queue.join(gate.ticket("a", "a1", hold=True))
    assert gate.began.wait(20)
    queue.join(*(gate.ticket("a", f"a{n}") for n in (2, 3)))
    queue.join(gate.ticket("b", "b1"))
    gate.go.set()
    assert queue.idle(20)
    assert gate.served == ["a1", "b1", "a2", "a3"]


def test_the_least_recently_served_comes_first():
    gate, queue = Gate(), RunQueue(20)
    queue.join(gate.ticket("a", "a1", hold=True))
    assert gate.began.wait(20)
    waiting = [gate.ticket(name[0], name) for name in ("a2", "a3", "b1", "b2", "b3", "c1")]
    queue.join(*waiting)
    assert queue.place(waiting[-1]) == (2, 7)
    gate.go.set()
    assert queue.idle(20)
    assert gate.served == ["a1", "b1", "c1", "a2", "b2", "a3", "b3"]


def test_a_ticket_leaves_the_queue_that_it_joined():
    gate, queue = Gate(), RunQueue(20, each=1)
    first, second = gate.ticket("a", hold=True), gate.ticket("a")
    second.leave()  # before it joined any
    assert second.stop.is_set()
    queue.join(first)
    assert gate.began.wait(20)
    queue.join(second)
    second.leave()
    assert second.spent
    queue.join(gate.ticket("a", "third"))
    first.leave()
    assert first.stop.is_set()
    gate.go.set()
    assert queue.idle(20)
    assert gate.served == ["a", "third"]


def test_places_are_told_and_whoever_waits_may_leave():
    gate, queue = Gate(), RunQueue(20)
    first, second, third = gate.ticket("a", hold=True), gate.ticket("b"), gate.ticket("c")
    queue.join(first)
    assert gate.began.wait(20)
    queue.join(second, third)
    assert queue.place(first) == (0, 3), "its page may not have heard yet that it is its turn"
    assert queue.place(second) == (1, 3)
    assert queue.place(third) == (2, 3)
    assert queue.leave(second)
    assert queue.place(third) == (1, 2)
    assert not queue.leave(first)
    assert first.stop.is_set()
    gate.go.set()
    assert queue.idle(20)
    assert gate.served == ["a", "c"]


def test_a_full_queue_refuses():
    gate, queue = Gate(), RunQueue(1)
    queue.join(gate.ticket("a", hold=True))
    assert gate.began.wait(20)
    queue.join(gate.ticket("b"))
    with pytest.raises(SettingsError, match="Too many"):
        queue.join(gate.ticket("c"))
    gate.go.set()
    assert queue.idle(20)
    assert gate.served == ["a", "b"]


def test_nobody_fills_the_queue_alone():
    gate, queue = Gate(), RunQueue(5, each=2)
    queue.join(gate.ticket("a", hold=True))
    assert gate.began.wait(20)
    with pytest.raises(SettingsError, match="may have 2 runs"):
        queue.join(*(gate.ticket("a", f"a{n}") for n in range(3)))
    queue.join(gate.ticket("a"), gate.ticket("a"))
    with pytest.raises(SettingsError, match="may have 2 runs"):
        queue.join(gate.ticket("a"))
    queue.join(gate.ticket("b"))
    gate.go.set()
    assert queue.idle(20)
    assert gate.served == ["a", "b", "a", "a"]


@pytest.mark.parametrize("profile", [LOCAL, SHARE, SPACE], ids=lambda profile: profile.name)
def test_a_whole_notebook_may_wait(profile):
    assert SLOTS <= profile.queue_each <= profile.queue


@pytest.mark.parametrize("profile", [SHARE, SPACE], ids=lambda profile: profile.name)
def test_a_stranger_leaves_room_for_others(profile):
    assert profile.queue_each <= profile.queue // 2


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_work_that_fails_does_not_stop_the_queue(internal_errors, error):
    def fail():
        raise error

    gate, queue = Gate(), RunQueue(5)
    queue.join(Ticket("a", fail), gate.ticket("b"))
    assert queue.idle(20)
    assert gate.served == ["b"]
    assert [each.exc_info[0] for each in internal_errors] == [error]
    internal_errors.clear()


class Held:
    """Something that work holds, which tells when it is gone."""


@pytest.mark.parametrize("served", [True, False])
def test_a_spent_ticket_holds_nothing(served):
    """Neither does the queue, while it waits for the next."""
    gate, queue, held = Gate(), RunQueue(5), Held()
    mine = contextvars.ContextVar("mine")
    mine.set(held)
    ticket = Ticket("a", functools.partial(id, held))
    gone = weakref.ref(held)
    queue.join(gate.ticket("b", hold=True))
    queue.join(ticket)
    if not served:
        assert queue.leave(ticket)
    gate.go.set()
    assert queue.idle(20)
    mine.set(None)
    del held
    assert gone() is None


def test_the_queue_rests_once_after_the_last_run(monkeypatch, internal_errors):
    monkeypatch.setattr(run_queue, "REST", 0.05)
    gate, rested = Gate(), threading.Semaphore(0)

    def rest():
        gate.served.append("rest")
        rested.release()
        raise ValueError  # costs a line in the log and nothing else

    queue = RunQueue(5, rest=rest)
    queue.join(gate.ticket("a"), gate.ticket("b"))
    assert rested.acquire(timeout=20)
    assert not rested.acquire(timeout=0.5)
    queue.join(gate.ticket("c"))
    assert rested.acquire(timeout=20)
    assert gate.served == ["a", "b", "rest", "c", "rest"]
    assert len(internal_errors) == 2
    internal_errors.clear()


def test_a_queue_that_is_never_empty_rests_between_runs(monkeypatch):
    monkeypatch.setattr(run_queue, "WORK", 0.0)
    gate = Gate()
    queue = RunQueue(5, rest=lambda: gate.served.append("rest"))
    queue.join(gate.ticket("a"), gate.ticket("b"), gate.ticket("c"))
    assert queue.idle(20)
    assert gate.served[:5] == ["a", "rest", "b", "rest", "c"]


def test_many_owners_at_one_address_do_not_fill_the_queue():
    gate, queue = Gate(), RunQueue(9, each=2)
    queue.join(gate.ticket("first", hold=True))
    assert gate.began.wait(20)
    for n in range(4):
        queue.join(replace(gate.ticket(f"invented {n}"), caller="1.2.3.4"))
    with pytest.raises(SettingsError, match="have 4 runs"):
        queue.join(replace(gate.ticket("invented 5"), caller="1.2.3.4"))
    queue.join(replace(gate.ticket("somebody else"), caller="5.6.7.8"))
    gate.go.set()
    assert queue.idle(20)
