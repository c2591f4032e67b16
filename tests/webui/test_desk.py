"""Tickets: one run a visitor, and a Stop that reaches nobody else."""

from __future__ import annotations

from stylize.webui.desk import MOST_WAITING, Desk


def test_stop_reaches_only_its_own_visitor():
    desk = Desk()
    desk.queue("ann"), desk.queue("bob")
    ann, bob = desk.begin("ann"), desk.begin("bob")
    assert desk.stop("ann")
    assert ann.stop.is_set()
    assert not bob.stop.is_set()


def test_stop_of_nothing():
    assert not Desk().stop("ann")


def test_a_run_that_never_began_is_noticed():
    desk = Desk()
    desk.queue("ann")
    assert desk.end("ann")
    assert not desk.end("ann")


def test_a_run_that_began_and_ended_is_no_surprise():
    desk = Desk()
    desk.queue("ann")
    desk.end("ann", desk.begin("ann"))
    assert not desk.end("ann")


def test_a_second_run_stops_the_first():
    desk = Desk()
    desk.queue("ann")
    first = desk.begin("ann")
    desk.queue("ann")
    second = desk.begin("ann")
    assert first.stop.is_set()
    assert not second.stop.is_set()
    desk.end("ann", first)  # the first run's own end takes nothing from the second
    assert desk.stop("ann")
    assert second.stop.is_set()


def test_a_run_without_a_ticket_gets_one():
    desk = Desk()
    first = desk.begin("ann")
    second = desk.begin("ann")
    assert first is not second
    assert first.stop.is_set()


def test_visitors_who_left_are_forgotten_but_no_run_is():
    desk = Desk()
    desk.queue("runner")
    runner = desk.begin("runner")
    for n in range(MOST_WAITING + 5):
        desk.queue(f"visitor {n}")
    assert not desk.end("visitor 0")
    assert desk.end(f"visitor {MOST_WAITING + 4}")
    assert desk.stop("runner")
    assert runner.stop.is_set()
