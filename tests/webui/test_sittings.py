"""The sittings of all visitors: which end, and that they may be asked while they change."""

from __future__ import annotations

import secrets
import threading
import time

import pytest

from stylize.webui import launch
from stylize.webui.line import Ticket
from stylize.webui.profiles import SPACE
from stylize.webui.sitting import Live, Sitting, Sittings

from .bench import Bench

DAYS = SPACE.kept_days * 86400


def opened(sittings, ago=0.0):
    """A sitting that was last heard of so many seconds ago."""
    sitting, _ = sittings.open(secrets.token_hex(16), "en")
    sitting.seen = time.monotonic() - ago
    return sitting


def test_idle_sittings_end_by_age_on_a_running_page(tmp_path):
    built = launch.build(SPACE, root=tmp_path)
    sittings = built.sittings
    old, new, busy = (opened(sittings, ago) for ago in (DAYS + 60, DAYS - 60, DAYS + 60))
    busy.lives["a"] = Live(phase="running")
    built.keeper.tick()
    assert sittings.all() == [new, busy]
    assert sittings.get(old.key) is None
    busy.lives["a"].phase = "done"
    built.keeper.tick()
    assert sittings.all() == [new]


def test_who_was_just_heard_of_stays(tmp_path):
    sittings = Sittings(10)
    sitting = opened(sittings, DAYS + 60)
    sittings.get(sitting.key)
    sittings.forget(DAYS)
    assert sittings.all() == [sitting]


class Meanwhile(Live):
    """While this run is asked, another begins, as in another thread."""

    lives: dict[str, Live]

    @property
    def busy(self):
        self.lives[f"more-{len(self.lives)}"] = Live(phase="done")
        return False


@pytest.mark.parametrize("asked", ["busy", "in_use"])
def test_a_sitting_may_be_asked_while_its_runs_come_and_go(asked):
    sitting = Sitting("0" * 32)
    for name in "ab":
        sitting.lives[name] = Meanwhile()
        sitting.lives[name].lives = sitting.lives
    assert not getattr(sitting, asked)
    assert len(sitting.lives) == 4


@pytest.mark.parametrize("how", ["delete", "clear", "undo"])
def test_cells_that_are_gone_give_up_their_places_in_the_line(tmp_path, how):
    bench, began, go = Bench(tmp_path), threading.Event(), threading.Event()
    sitting = bench.sitting()

    def hold():
        began.set()
        assert go.wait(60)

    bench.line.join(Ticket("another", hold))
    assert began.wait(60)
    cell = bench.do(sitting, "add", kind="picture")
    bench.do(sitting, "run", cell=cell)
    ticket = sitting.lives[cell].ticket
    assert bench.line.place(ticket) == (1, 2)
    bench.do(sitting, how, **({"cell": cell} if how == "delete" else {}))
    assert cell not in sitting.book
    assert ticket.spent
    assert bench.line.place(ticket) == (1, 1)
    go.set()
    assert bench.line.idle(60)
