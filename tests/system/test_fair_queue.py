"""FairQueue: the least recently served owner first, and nobody in two slots."""

from __future__ import annotations

from stylize.system import fair_queue
from stylize.system.fair_queue import FairQueue


def served(waiting, most=100):
    """Everything that waits, one after another."""
    found = []
    while (item := waiting.first()) is not None and len(found) < most:
        waiting.take(item)
        found.append(item)
        waiting.done(item)
    return found


def filled(*names, slots=1):
    waiting = FairQueue(slots)
    for name in names:
        waiting.add(name[0], name)
    return waiting


def test_owners_take_turns_whatever_each_has_brought():
    waiting = filled("a1", "a2", "a3", "b1", "b2", "b3", "c1")
    assert waiting.order() == ["a1", "b1", "c1", "a2", "b2", "a3", "b3"]
    assert served(waiting) == ["a1", "b1", "c1", "a2", "b2", "a3", "b3"]
    assert (len(waiting), waiting.first()) == (0, None)


def test_who_was_served_long_ago_comes_before_who_was_served_just_now():
    waiting = filled("c0", "a1", "b1")
    served(waiting)
    for name in ("b2", "a2", "c1"):
        waiting.add(name[0], name)
    assert served(waiting) == ["c1", "a2", "b2"]


def test_a_new_name_is_no_way_to_the_front():
    waiting = filled("a1", "b1")
    served(waiting)
    waiting.add("x", "x1")
    waiting.add("y", "y1")
    waiting.add("b", "b2")
    assert served(waiting) == ["b2", "x1", "y1"]


def test_an_owner_has_one_place_at_a_time():
    waiting = filled("a1", "a2", "b1", "c1", slots=2)
    waiting.take("a1")
    assert waiting.first() == "b1"
    waiting.take("b1")
    assert waiting.full
    assert waiting.first() is None
    waiting.done("a1")
    assert waiting.first() == "c1"
    assert waiting.remove("c1")
    assert waiting.first() == "a2"
    waiting.take("a2")
    assert "a2" not in waiting
    assert not waiting.remove("a2")
    waiting.add("a", "a3")
    waiting.done("b1")
    assert waiting.first() is None
    waiting.done("a2")
    assert waiting.first() == "a3"


def test_who_is_forgotten_is_none_that_waits(monkeypatch):
    monkeypatch.setattr(fair_queue, "REMEMBERED", 3)
    waiting = filled("a1")
    for name in "bcdefg":
        waiting.add(name, name)
        assert waiting.remove(name)
    assert served(waiting) == ["a1"]
    assert len(waiting._since) <= 3
