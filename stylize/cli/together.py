"""Many photos on an accelerator: read ahead, painted several at a time, written meanwhile."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from torch import Tensor

from .. import api, device
from ..api import Job
from ..errors import DivergedError, MemoryLimitError, Note, PictureError
from .report import Report, Saved
from .stop import Stop
from .tasks import Task
from .work import Outcome, make

# One picture's trouble. Any other error would meet the next picture as well.
ITS_OWN = (PictureError, MemoryLimitError, DivergedError)
T = TypeVar("T")
HANDS = 4  # threads that read and write
HELD = 250_000_000  # pixels of photos in memory at once, 12 bytes each


@dataclass
class Tally:
    """How many pictures were made and failed, and the exit status that somebody asked for, or 0."""

    made: int = 0
    failed: int = 0
    status: int = 0


@dataclass
class _Group:
    """Photos of one working size that wait for each other."""

    room: int
    waiting: list[tuple[Task, Job]] = field(default_factory=list)

    @property
    def held(self) -> int:
        return sum(job.content.size[0] * job.content.size[1] for _, job in self.waiting)


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
        self.tally = Tally()
        self._groups: dict[tuple[int, int], _Group] = {}
        self._writing: deque[tuple[Task, Future[Saved]]] = deque()
        self._noted: set[str] = set()

    def paint(self, tasks: Sequence[Task]) -> Tally:
        """All of them. A picture's own trouble is reported; other errors are raised."""
        started = False
        with ThreadPoolExecutor(HANDS) as self._hands, Stop() as stop:
            for task, job in self._read(tasks):
                if not started:
                    self.first(job)
                    started = True
                self._add(task, job)
                self._tell_written()
                if stop.status:
                    break
            while self._groups and not stop.status:
                self._paint(next(iter(self._groups)))
            self._tell_written(wait=True)
        self.tally.status = stop.status
        return self.tally

    def _read(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Job]]:
        ahead: deque[tuple[Task, Future[Job]]] = deque()
        left = iter(tasks)
        try:
            while True:
                while len(ahead) < 2 * HANDS and (task := next(left, None)):
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
            self.report.error(str(error), task.source.name)
            return None

    def _add(self, task: Task, job: Job) -> None:
        width, height = job.working_size
        group = self._groups.setdefault((width, height), _Group(max(1, self.pixels // (width * height))))
        group.waiting.append((task, job))
        if len(group.waiting) >= group.room:
            self._paint((width, height))
        while sum(each.held for each in self._groups.values()) > HELD:
            self._paint(max(self._groups, key=lambda size: self._groups[size].held))

    def _paint(self, size: tuple[int, int]) -> None:
        """One group; photo by photo, with less memory, if it does not fit."""
        waiting, started = self._groups.pop(size).waiting, time.monotonic()
        try:
            made = api.together([job for _, job in waiting])
        except (RuntimeError, MemoryError) as error:
            if not device.is_out_of_memory(error):
                raise
            made = []
        if not made:
            device.choose().release()
            for task, job in waiting:
                self._alone(task, job)
            return
        seconds = (time.monotonic() - started) / len(waiting)
        for (task, job), progress in zip(waiting, made, strict=True):
            assert progress.picture is not None
            self._tell(progress.note, task)
            future = self._hands.submit(self._write, task, job, progress.picture, seconds)
            self._writing.append((task, future))

    def _tell(self, note: Note | None, task: Task) -> None:
        """Once each."""
        if note is not None and note.template not in self._noted:
            self._noted.add(note.template)
            self.report.note(str(note), task.source.name)

    def _alone(self, task: Task, job: Job) -> None:
        outcome: Outcome | None = self._own(task, lambda: make(job, task, self.report, names=self.names))
        self.tally.made += bool(outcome and outcome.saved)

    def _write(self, task: Task, job: Job, picture: Tensor, seconds: float) -> Saved:
        started = time.monotonic()
        picture = job.finish(picture)
        job.save(task.target, picture, names=self.names)
        return Saved(
            file=task.source.name, path=task.target, seconds=seconds + time.monotonic() - started,
            size=(picture.shape[3], picture.shape[2]), step=1, total=1,
            recipe=job.recipe(names=self.names).to_json(),
        )  # fmt: skip

    def _tell_written(self, wait: bool = False) -> None:
        """Reports what is written by now; waits for all of it, or until little is left to hold in memory."""
        while self._writing and (wait or len(self._writing) > 2 * HANDS or self._writing[0][1].done()):
            task, future = self._writing.popleft()
            if (saved := self._own(task, future.result)) is not None:
                self.tally.made += 1
                self.report.saved(saved)
