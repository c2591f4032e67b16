"""One cell's run: the jobs that it stands for, their pictures, and what the page can show meanwhile."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from PIL import Image

from ..errors import StylizeError, note
from ..execution import Executor, Job, OneByOne
from ..execution.sharing import Sharing
from ..image import encode_png, fit, to_pil
from ..notebook import CellResult, Notebook, Tile, points
from ..notebook.sheet import contact_sheet
from ..notebook.sweeps import column_count
from ..notebook.work import jobs
from ..recipe import Recipe
from ..weights.own import located
from . import eta, learning
from .eta import CellTime, Pace
from .learning import Lesson
from .owned import Own
from .page_files import PageFiles
from .profiles import Profile
from .runner import Update, follow
from .session import Live, Session
from .store import PREVIEW_SIDE
from .texts import say

logger = logging.getLogger(__name__)
ALONE = 60.0  # seconds without a page that looks on, after which a stranger's run is stopped
TILE_SIDE = 768  # pixels of one picture on a contact sheet
INSIDE = note(
    "Something went wrong inside Stylize, and the details are in the server's log. "
    "Try other settings or another picture."
)


AnyJob = TypeVar("AnyJob", bound=Job)


Work = Callable[[Session, Notebook, str, Live], None]


@dataclass(frozen=True)
class Made:
    """One picture of a run, which itself lies in a file: ``asset``.

    ``update`` is the run's last without its pictures; ``seconds`` is what it took; ``tile`` a small copy
    for a sweep's sheet.
    """

    asset: str
    recipe: Recipe
    update: Update
    seconds: float
    tile: Image.Image | None = None


@contextmanager
def _what_goes_wrong(session: Session, live: Live) -> Iterator[None]:
    """Stores an error in ``live``; the page is drawn again in any case."""
    try:
        yield
    except StylizeError as error:
        if live.ticket and live.ticket.stop.is_set():  # of no matter to whoever stopped it
            live.phase = "stopped"
            return
        live.phase, live.error = "failed", error.note  # not itself: its traceback holds the pictures
    except Exception:
        logger.exception("A cell failed")
        live.phase, live.error = "failed", INSIDE
    finally:
        session.touch()


class CellRunner:
    """Makes the cells' pictures.

    Args:
        page_files: where they lie.
        profile: the limits.
        executor: where jobs run; in this process, one by one, if left out.
        tunes: whether a finished picture may be rendered anew here, whatever the ``executor``.
    """

    def __init__(
        self, page_files: PageFiles, profile: Profile, executor: Executor | None = None, tunes: bool = True
    ) -> None:
        self.page_files, self.profile, self.tunes = page_files, profile, tunes
        self.executor, self._is_here = executor or OneByOne(), executor is None
        self.sharing = Sharing()
        self.pace, self.clock = Pace(page_files.store.pace), time.monotonic

    def run(self, session: Session, cell: str, live: Live) -> None:
        """Runs a cell. An error is stored in ``live``."""
        self._begin(session, cell, live, self._run)

    def learn(self, session: Session, cell: str, live: Live, lesson: Lesson) -> None:
        """Learns a style of a cell. An error is stored in ``live``."""
        self._begin(session, cell, live, partial(learning.learn, self, lesson))

    def _begin(self, session: Session, cell: str, live: Live, work: Work) -> None:
        """Does a cell's work, and stores an error in ``live``."""
        with _what_goes_wrong(session, live):
            with session.lock:
                if cell not in session.book:
                    return
                book = session.book
                live.phase = "stopping" if live.ticket and live.ticket.stop.is_set() else "running"
            session.touch()
            try:
                work(session, book, cell, live)
            finally:
                self.page_files.store.trim()

    def tune(self, session: Session, cell: str, live: Live) -> None:
        """The same picture with another strength or mix, from the features that are kept."""
        with _what_goes_wrong(session, live):
            with session.lock:
                if cell not in session.book:
                    return
                book = session.book
            taken = CellTime(self.clock)
            (job,) = self._jobs(session, book, cell, live)
            *_, update = follow(job, stop=threading.Event(), executor=self.sharing)
            made = self._keep(session, job, update, taken)
            self._finish(session, book, cell, live, [made], 1)

    def _run(self, session: Session, book: Notebook, cell: str, live: Live) -> None:
        taken = CellTime(self.clock)
        todo = self._jobs(session, book, cell, live)
        taken.plan(todo)
        made: list[Made] = []
        sweep = book[cell].kind == "sweep"
        executor = Sharing() if sweep and self._is_here else self.executor
        for n, job in enumerate(todo, 1):
            live.part = (n, len(todo))
            done = self._one(session, job, live, executor, taken, tile=sweep)
            if done is not None:
                made.append(done)
                live.made.append(done.asset)
            if live.ticket and live.ticket.stop.is_set():
                break
        self.pace.save()
        if made:
            self._finish(session, book, cell, live, made, len(todo))
        else:
            live.phase = "stopped"

    def _jobs(self, session: Session, book: Notebook, cell: str, live: Live) -> list[Job]:
        own = self.page_files.of(session)
        found = jobs(book, cell, own.assets, limits=own.limits(live.ticket.stop if live.ticket else None))
        if book[cell].kind == "sweep":
            self.profile.check_sweep([job.result_size for job in found])
        return [self.checked(job, own) for job in found]

    def checked(self, job: AnyJob, own: Own) -> AnyJob:
        """A job within the page's limits, with the owner's networks. Raises SettingsError."""
        self.profile.check(job.settings, max(job.size))
        return replace(job, settings=located(job.settings, own.network))

    def _one(
        self, session: Session, job: Job, live: Live, executor: Executor, taken: CellTime, tile: bool
    ) -> Made | None:
        finishing = 0.0
        for update in self.follow(session, job, live, executor, taken, self.pace):
            if update.phase == "finishing":
                finishing = self.clock()
            if update.result is not None:
                made = self._keep(session, job, update, taken, tile)
                self.pace.learn(eta.FINISH, eta.megapixels(job.result_size), self.clock() - finishing)
                return made
        return None

    def follow(
        self,
        session: Session,
        job: Job,
        live: Live,
        executor: Executor,
        taken: CellTime,
        pace: Pace | None = None,
    ) -> Iterator[Update]:
        """A job's updates, each of which the page shows by ``live``. A stranger's ends when nobody looks on.

        Args:
            session: whose run it is.
            job: what is done.
            live: the state of the run.
            executor: where it is done.
            taken: the time of the whole run.
            pace: what such jobs took here before.

        Raises:
            StylizeError: from the job.
        """
        assert live.ticket is not None
        own, before = self.page_files.of(session), ""
        stop, seconds = live.ticket.stop, self.profile.seconds
        for each in follow(job, stop=stop, seconds=seconds, executor=executor, pace=pace):
            update = taken.of(each, live.part[0])
            if update.preview is not None:
                if job.content is not None:
                    before = before or own.preview(job.content.tensor, PREVIEW_SIDE)
                live.pair = (before, own.preview(update.preview))
            for name, value in update.losses.items():
                curve = live.losses.setdefault(name, [])
                if not curve or curve[-1][0] < update.step:
                    curve.append((update.step, float(value)))
            live.update = replace(update, preview=None, result=None, learned=None)
            session.touch()
            if not self.profile.kept and time.monotonic() - session.seen > ALONE:
                live.ticket.stop.set()
            yield update

    def _keep(self, session: Session, job: Job, update: Update, taken: CellTime, tile: bool = False) -> Made:
        result, recipe = update.result, job.recipe(names=False)
        assert result is not None
        png = encode_png(result, recipe.to_json(), job.alpha(result), dpi=job.dpi)
        asset = self.page_files.of(session).assets.add(png)
        small = to_pil(fit(result, TILE_SIDE)) if tile else None
        last = taken.of(replace(update, preview=None, result=None), 1)
        return Made(asset, recipe, last, taken.lap(), small)

    def _finish(
        self, session: Session, book: Notebook, cell: str, live: Live, made: Sequence[Made], wanted: int
    ) -> None:
        last = made[-1].update
        live.update = last
        log = tuple(say(each, session.language, paths=self.profile.trusted) for each in last.notes)
        if book[cell].kind == "sweep":
            result = self._sheet(self.page_files.of(session), book, cell, made, wanted)
        else:
            asset, recipe = made[0].asset, made[0].recipe
            result = CellResult(asset, recipe=recipe, step=last.step, total=max(last.total, 1))
        result = replace(
            result,
            inputs=book.fingerprint(cell),
            log=log,
            seconds=last.elapsed,
            losses=tuple((name, tuple(curve)) for name, curve in live.losses.items()),
        )
        self.page_files.of(session).shown(result.asset)
        with session.lock:
            session.finish(cell, result)
            live.phase = "done" if result.complete else "stopped"
            live.pair = None

    def _sheet(self, own: Own, book: Notebook, cell: str, made: Sequence[Made], wanted: int) -> CellResult:
        positions = points(book[cell])
        columns = column_count(positions)
        small = [each.tile for each in made if each.tile is not None]
        data = io.BytesIO()
        contact_sheet(small, columns).save(data, "PNG")
        tiles = tuple(
            Tile(point.column, point.row, each.asset, each.recipe, each.seconds)
            for point, each in zip(positions, made, strict=False)
        )
        asset = own.assets.add(data.getvalue())
        for tile in tiles:
            own.thumb(tile.asset)
        return CellResult(asset, step=len(made), total=wanted, tiles=tiles)
