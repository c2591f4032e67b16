"""The sessions of all visitors: which end, and that they may be asked while they change."""

from __future__ import annotations

import secrets
import threading
import time

import pytest

from stylize.webui import launch
from stylize.webui.profiles import SPACE
from stylize.webui.run_queue import Ticket
from stylize.webui.session import Live, Session, Sessions

from .bench import Bench

DAYS = SPACE.kept_days * 86400


def opened(sessions, ago=0.0):
    """A session that was last heard of so many seconds ago."""
    session, _ = sessions.open(secrets.token_hex(16), "en")
    session.seen = time.monotonic() - ago
    return session


def test_idle_sessions_end_by_age_on_a_running_page(tmp_path):
    built = launch.build(SPACE, root=tmp_path)
    sessions = built.sessions
    old, new, busy = (opened(sessions, ago) for ago in (DAYS + 60, DAYS - 60, DAYS + 60))
    busy.lives["a"] = Live(phase="running")
    built.keeper.tick()
    assert sessions.all() == [new, busy]
    assert sessions.get(old.key) is None
    busy.lives["a"].phase = "done"
    built.keeper.tick()
    assert sessions.all() == [new]


def test_who_was_just_heard_of_stays(tmp_path):
    sessions = Sessions(10)
    session = opened(sessions, DAYS + 60)
    sessions.get(session.key)
    sessions.forget(DAYS)
    assert sessions.all() == [session]


class Meanwhile(Live):
    """While this run is asked, another begins, as in another thread."""

    lives: dict[str, Live]

    @property
    def busy(self):
        self.lives[f"more-{len(self.lives)}"] = Live(phase="done")
        return False


@pytest.mark.parametrize("asked", ["busy", "in_use"])
def test_a_session_may_be_asked_while_its_runs_come_and_go(asked):
    session = Session("0" * 32)
    for name in "ab":
        session.lives[name] = Meanwhile()
        session.lives[name].lives = session.lives
    assert not getattr(session, asked)
    assert len(session.lives) == 4


@pytest.mark.parametrize("how", ["delete", "clear", "undo"])
def test_cells_that_are_gone_give_up_their_places_in_the_queue(tmp_path, how):
    bench, began, go = Bench(tmp_path), threading.Event(), threading.Event()
    session = bench.session()

    def hold():
        began.set()
        assert go.wait(60)

    bench.run_queue.join(Ticket("another", hold))
    assert began.wait(60)
    cell = bench.do(session, "add", kind="picture")
    bench.do(session, "run", cell=cell)
    ticket = session.lives[cell].ticket
    assert bench.run_queue.place(ticket) == (1, 2)
    bench.do(session, how, **({"cell": cell} if how == "delete" else {}))
    assert cell not in session.book
    assert ticket.spent
    assert bench.run_queue.place(ticket) == (0, 1)
    go.set()
    assert bench.run_queue.idle(60)
