"""Many photos on an accelerator: read ahead, painted several at a time, written meanwhile."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from torch import Tensor

from .. import api, device
from ..errors import DivergedError, MemoryLimitError, Note, PictureError
from ..execution.job import Job
from ..progress import Progress
from .report import Report, Saved
from .stop import Stop
from .tasks import Task
from .work import Outcome, keep, make, sort_of

# One picture's trouble. Any other error would meet the next picture as well.
ITS_OWN = (PictureError, MemoryLimitError, DivergedError)
T = TypeVar("T")
Waiting = list[tuple[Task, Job]]
HANDS = 4  # threads that read and write
HELD = 100_000_000  # pixels of photos that wait for each other, 12 bytes each; while written, half as many
AROUND = 48  # pixels that a mode may add to each side of a picture


@dataclass
class Tally:
    """How many pictures were made and failed, and the exit status that somebody asked for, or 0."""

    made: int = 0
    failed: int = 0
    status: int = 0

    def add(self, other: Tally) -> None:
        """Counts what another run did."""
        self.made, self.failed = self.made + other.made, self.failed + other.failed
        self.status = self.status or other.status


class Together:
    """One run over many tasks.

    Args:
        load: a task's job, called in threads. Raises StylizeError.
        first: called with the first job that could be loaded.
        report: where to say what happens.
        names: whether recipes name the files.
        pixels: how many are worked on at once.
    """

    def __init__(
        self, load: Callable[[Task], Job], first: Callable[[Job], None], report: Report, *,
        names: bool, pixels: int,
    ) -> None:  # fmt: skip
        self.load, self.first, self.report, self.names, self.pixels = load, first, report, names, pixels
        self.tally, self._stop = Tally(), Stop()
        self._groups: dict[tuple[int, int], Waiting] = {}  # by working size
        self._writing: deque[tuple[Task, Job, Future[Saved]]] = deque()
        self._noted: set[str] = set()

    def paint(self, tasks: Sequence[Task]) -> Tally:
        """All of them. A picture's own trouble is reported; other errors are raised."""
        with ThreadPoolExecutor(HANDS) as self._hands:
            photos = self._read(tasks)
            head = next(photos, None)
            if head is not None:
                self.first(head[1])  # before Ctrl-C means to keep what is painted: nothing is yet
                with self._stop:
                    self._paint_all(chain([head], photos))
        self.tally.status = self._stop.status
        return self.tally

    def _paint_all(self, photos: Iterable[tuple[Task, Job]]) -> None:
        for task, job in photos:
            self._add(task, job)
            self._tell_written()
            if self._stop.status:
                break
        while self._groups and not self._stop.status:
            self._paint(self._groups.pop(next(iter(self._groups))))
            self._tell_written()
        self._tell_written(wait=True)

    def _read(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Job]]:
        ahead: deque[tuple[Task, Future[Job]]] = deque()
        left = iter(tasks)
        try:
            while not self._stop.status:
                while len(ahead) < HANDS and (task := next(left, None)):
                    ahead.append((task, self._hands.submit(self.load, task)))
                if not ahead:
                    return
                task, future = ahead.popleft()
                if (job := self._own(task, future.result)) is not None:
                    yield task, job
        finally:
            for _, future in ahead:
                future.cancel()

    def _own(self, task: Task, work: Callable[[], T]) -> T | None:
        """What ``work`` returns, or None if it fails for reasons of its own."""
        try:
            return work()
        except ITS_OWN as error:
            self.tally.failed += 1
            self.report.error(str(error), task.name)
            return None

    def _add(self, task: Task, job: Job) -> None:
        size = job.working_size
        waiting = self._groups.setdefault(size, [])
        waiting.append((task, job))
        if (len(waiting) + 1) * (size[0] + AROUND) * (size[1] + AROUND) > self.pixels:
            self._paint(self._groups.pop(size))
        while sum(map(_held, self._groups.values())) > HELD:
            self._paint(self._groups.pop(max(self._groups, key=lambda size: _held(self._groups[size]))))

    def _paint(self, waiting: Waiting) -> None:
        """One group; in halves, and at last photo by photo, if memory does not suffice."""
        started = time.monotonic()
        if (made := _together(waiting)) is not None:
            seconds = (time.monotonic() - started) / len(waiting)
            for (task, job), progress in zip(waiting, made, strict=True):
                assert progress.picture is not None
                for note in (*job.notes, progress.note):
                    self._tell(note, task)
                future = self._hands.submit(self._write, task, job, progress.picture, seconds)
                self._writing.append((task, job, future))
            return
        device.choose().release()
        if len(waiting) == 1:
            self._alone(*waiting[0])
            return
        self.pixels //= 2
        middle = len(waiting) // 2
        for half in (waiting[:middle], waiting[middle:]):
            if not self._stop.status:
                self._paint(half)

    def _tell(self, note: Note | None, task: Task) -> None:
        """Once each."""
        if note is not None and (sort := sort_of(note)) not in self._noted:
            self._noted.add(sort)
            self.report.note(str(note), task.name)

    def _alone(self, task: Task, job: Job) -> None:
        outcome: Outcome | None = self._own(
            task, lambda: make(job, task, self.report, names=self.names, told=self._noted)
        )
        if outcome is not None:
            self.tally.made += outcome.saved
            self._stop.status = self._stop.status or outcome.status

    def _write(self, task: Task, job: Job, picture: Tensor, seconds: float) -> Saved:
        started = time.monotonic()
        picture = job.finish(picture)
        keep(job, task, picture, names=self.names)
        return Saved(
            file=task.name, path=task.target, seconds=seconds + time.monotonic() - started,
            size=(picture.shape[3], picture.shape[2]), step=1, total=1,
            recipe=job.recipe(names=self.names).to_json(),
        )  # fmt: skip

    def _tell_written(self, wait: bool = False) -> None:
        """Reports what is written by now; waits for all of it, or until there is little that must be held."""
        while self._writing:
            task, _, future = self._writing[0]
            if not (
                wait or future.done() or _held((task, job) for task, job, _ in self._writing) > HELD // 2
            ):
                return
            self._writing.popleft()
            if (saved := self._own(task, future.result)) is not None:
                self.tally.made += 1
                self.report.saved(saved)


def _held(waiting: Iterable[tuple[Task, Job]]) -> int:
    """Pixels of the photos."""
    return sum(job.size[0] * job.size[1] for _, job in waiting)


def _together(waiting: Waiting) -> list[Progress] | None:
    """The pictures at the working size, or None if memory does not suffice."""
    try:
        return api.together([job for _, job in waiting])
    except (RuntimeError, MemoryError) as error:
        if not device.is_out_of_memory(error):
            raise
        return None
