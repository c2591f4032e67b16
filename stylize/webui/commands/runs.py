"""Commands that run cells and stop them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..session import Session
from .entry import AnyEntry, Entry, Services
from .fields import CellId, OneOf
from .running import queue, stop


@dataclass(frozen=True)
class Run:
    """Runs this cell, or all from it down, and before them what they need."""

    cell: CellId
    scope: Annotated[str, OneOf(("this", "below"))] = "this"


def run(services: Services, session: Session, command: Run) -> None:
    queue(services, session, session.book.plan(command.scope, command.cell))


@dataclass(frozen=True)
class RunAll:
    """Runs all cells that are out of date, or every cell where none is."""


def run_all(services: Services, session: Session, command: RunAll) -> None:
    if not session.book.cells:
        return
    queue(services, session, session.book.plan("all", again=False) or session.book.plan("all"))


@dataclass(frozen=True)
class StopRun:
    """Stops a cell's run, which keeps its picture so far."""

    cell: CellId


def stop_run(services: Services, session: Session, command: StopRun) -> None:
    stop(services, session, command.cell)


@dataclass(frozen=True)
class StopAll:
    """Stops every run."""


def stop_all(services: Services, session: Session, command: StopAll) -> None:
    for cell in list(session.lives):
        stop(services, session, cell)


ENTRIES: dict[str, AnyEntry] = {
    "run": Entry(Run, run),
    "run_all": Entry(RunAll, run_all),
    "stop": Entry(StopRun, stop_run),
    "stop_all": Entry(StopAll, stop_all),
}
