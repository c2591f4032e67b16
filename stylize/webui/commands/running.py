"""Cells into the queue of runs and out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ... import modes
from ...errors import StylizeError
from ...notebook import Cell
from ..learning import Lesson
from ..run_queue import Ticket
from ..session import Live, Session
from ..tuning import may_tune
from .entry import Services

Work = Callable[[Live], None]


def queue(services: Services, session: Session, cells: tuple[str, ...]) -> None:
    """Runs of cells, but for those that wait or run already. Raises SettingsError where the queue is full."""
    runner = services.cell_runner
    _join(services, session, {cell: (Live(), partial(runner.run, session, cell)) for cell in cells})


def queue_lesson(services: Services, session: Session, cell: str, index: int) -> None:
    """A style of a cell, counted from 0, is to be learned, unless the cell waits or runs already.

    The cell is painted with it afterwards, where that takes seconds. Raises SettingsError where the queue is
    full.
    """

    def paint() -> None:
        found = session.book[cell]
        if modes.spec(found.mode).instant and found.kind == "picture":
            with suppress(StylizeError):  # the queue is full: the cell is out of date
                queue(services, session, (cell,))

    learn = partial(services.cell_runner.learn, session, cell, lesson=Lesson(index, paint))
    _join(services, session, {cell: (Live(learning=True), learn)})


def _join(services: Services, session: Session, works: Mapping[str, tuple[Live, Work]]) -> None:
    """Cells into the queue, but for those that wait or run already, each with what its turn is for."""
    todo = [cell for cell in works if not ((live := session.live(cell)) and live.busy)]
    tickets = []
    for cell in todo:
        live, work = works[cell]
        session.lives[cell] = live
        live.ticket = Ticket(session.owner, partial(work, live), caller=session.caller)
        tickets.append(live.ticket)
    try:
        services.run_queue.join(*tickets)
    except StylizeError:
        for cell in todo:
            del session.lives[cell]
        raise


def stop(services: Services, session: Session, cell: str) -> None:
    """Takes a cell out of the queue, or ends its run with the picture so far."""
    live = session.live(cell)
    if live is None or live.ticket is None or not live.busy:
        return
    if services.run_queue.leave(live.ticket):
        live.phase = "left"
    elif live.phase == "running":
        live.phase = "stopping"


def change(services: Services, session: Session, before: Cell, key: str, **fields: object) -> None:
    """A change of a cell, which a finished one shows at once where its mode can.

    ``key``: changes of the same key that follow each other are undone together.
    """
    session.do(session.book.change(before.id, **fields), key)
    cell, live = session.book[before.id], session.live(before.id)
    if live is not None and live.phase == "tuning":
        return  # it takes the cell as it is when its turn comes
    under_way = live is not None and live.phase == "tuned"
    idle = live is None or not live.busy
    current = under_way or (idle and before.id not in _stale(session, before))
    if services.cell_runner.tunes and may_tune(cell, before) and current:
        _tune(services, session, cell.id)


def _stale(session: Session, before: Cell) -> frozenset[str]:
    """What was out of date before a cell's last change."""
    book = session.book
    cells = tuple(before if each.id == before.id else each for each in book.cells)
    return replace(book, cells=cells).stale


def _tune(services: Services, session: Session, cell: str) -> None:
    live = Live(phase="tuning")

    def work() -> None:
        with session.lock:
            live.phase = "tuned"  # a change from here on asks for another turn
        services.cell_runner.tune(session, cell, live)

    live.ticket = Ticket(session.owner, work, caller=session.caller)
    services.run_queue.join(live.ticket)
    session.lives[cell] = live
