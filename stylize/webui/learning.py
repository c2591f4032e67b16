"""A style of a cell is learned: the run, and the learned style in the cell and among the visitor's styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ..errors import StylizeError, note
from ..execution import LearnJob
from ..image import LearnedStyle
from ..image.learned import SUFFIX
from ..notebook import Example, Notebook, Output, PictureRef, Upload
from ..notebook.schema.traversal import replaced
from ..notebook.work import learn_job
from . import examples
from .eta import CellTime
from .owned import Own
from .session import Live, Session
from .texts import say

if TYPE_CHECKING:
    from .cell_runner import CellRunner


@dataclass(frozen=True)
class Lesson:
    """What is to be learned.

    ``index`` is that of a cell's style, counted from 0; ``placed`` is called once the learned style has taken
    its place, with the session's lock held.
    """

    index: int
    placed: Callable[[], None]


def learn(
    runner: CellRunner, lesson: Lesson, session: Session, book: Notebook, cell: str, live: Live
) -> None:
    """Learns a style until the page's time is over or somebody stops it.

    What is learned by then takes the style's place in the cell, and is one of the visitor's styles.

    Raises:
        StylizeError: from the job.
    """
    assert live.ticket is not None
    taken = CellTime(runner.clock)
    own, profile = runner.page_files.of(session), runner.profile
    source = book[cell].styles[lesson.index].source
    job = learn_job(book, cell, lesson.index, own.assets, limits=own.limits(live.ticket.stop))
    most = 0 if profile.trusted else profile.steps
    job = replace(runner.checked(job, own), seconds=profile.learning, most_steps=most)
    taken.plan([job])
    last = None
    for update in runner.follow(session, job, live, runner.executor, taken):
        last = update
    if last is None or last.learned is None:
        live.phase = "stopped"
        return
    made = _kept(session, own, job, last.learned, source, title(book, source, session.language))
    with session.lock:
        live.phase, live.pair = last.phase, None
        if _place(session, cell, source, made, lesson.index):
            lesson.placed()


def title(book: Notebook, source: PictureRef, language: str) -> str:
    """What a style of a cell is called before it is learned."""
    if isinstance(source, Output):
        return book.name_of(source.cell)
    if isinstance(source, Example):
        found = examples.find().named(source.name)
        return found.called(language) if found else source.name
    return PurePath(source.name.removesuffix(SUFFIX)).stem


def _kept(
    session: Session, own: Own, job: LearnJob, learned: LearnedStyle, source: PictureRef, wanted: str
) -> Upload:
    """A learned style among the owner's pictures, and among the visitor's styles, if there is room.

    One of these that learned more keeps its name.
    """
    before = own.styles.holding(source.asset) if isinstance(source, Upload) else None
    name = before.name if before else own.styles.unused(wanted)
    made = Upload(own.assets.add(job.file(replace(learned, name=name))), name + SUFFIX)
    try:
        own.styles.add(own.assets.get(made.asset), name, replace=before is not None)
        told = "done", say(note("{name} is one of your styles now", name=name), session.language)
    except StylizeError as error:
        told = "failed", say(error, session.language, paths=own.profile.trusted)
    with session.lock:
        session.say(*told)
    return made


def _place(session: Session, cell: str, source: PictureRef, made: Upload, index: int) -> bool:
    """Puts a learned style in the place of its picture. Returns whether that was still there."""
    if cell not in session.book:
        return False
    styles = list(session.book[cell].styles)
    places = [n for n, style in enumerate(styles) if style.source == source]
    if not places:
        return False
    at = index if index in places else places[0]
    styles[at] = replaced(styles[at], source=made)
    session.do(session.book.change(cell, styles=tuple(styles)))
    return True
