"""Many photos in batches: the next are read and the last are written in threads meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TypeVar

from ..errors import DivergedError, MemoryLimitError, PictureError
from ..execution import Done, Event, Executor, Failed, Fetched, Fetching, Job, Step, execute_all
from ..execution.batched import HELD, held
from .report import Report, Saved
from .signals import StopOnSignal
from .tasks import Task
from .work import NoteFilter, keep, report_saved, report_weight_notes

# Errors of one picture, after which the others go on. Any other error would meet the next picture as well.
PER_PICTURE_ERRORS = (PictureError, MemoryLimitError, DivergedError)
T = TypeVar("T")
THREADS = 4  # threads that read and write


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


class BatchRun:
    """One run over many tasks.

    Args:
        load: a task's job, called in threads. Raises StylizeError.
        executor: where the jobs run.
        report: where to say what happens.
        notes: filters repeated notes of the whole command.
        names: whether recipes name the files.
    """

    def __init__(
        self,
        load: Callable[[Task], Job],
        executor: Executor,
        report: Report,
        notes: NoteFilter,
        *,
        names: bool,
    ) -> None:
        self.load, self.executor, self.report, self.notes, self.names = load, executor, report, notes, names
        self.tally, self._stop = Tally(), StopOnSignal()
        self._tasks: dict[Job, Task] = {}
        self._writing: deque[tuple[Task, Job, Future[Saved]]] = deque()

    def paint(self, tasks: Sequence[Task]) -> Tally:
        """Runs all tasks. PER_PICTURE_ERRORS are reported and counted; other errors are raised."""
        with ThreadPoolExecutor(THREADS) as self._pool, ExitStack() as context:
            events = execute_all(self._jobs(tasks), stop=self._stop, executor=self.executor)
            with closing(events):
                for event in events:
                    if isinstance(event, Fetched):
                        context.enter_context(self._stop)  # before, Ctrl-C means to quit: nothing is painted
                    self._handle(event)
                    self._report_written()
            self._report_written(wait=True)
        self.tally.status = self._stop.status
        return self.tally

    def _handle(self, event: Event) -> None:
        if isinstance(event, Fetching):
            if event.transfer is not None:
                self.report.transfer(event.transfer)
        elif isinstance(event, Fetched):
            report_weight_notes(event, self.notes)
        elif isinstance(event, Step):
            name, progress = self._tasks[event.job].name, event.progress
            if progress.note is not None:
                self.notes.report(progress.note, name, each=False)
            if progress.total > 1:  # painted alone, because memory did not suffice for several
                self.report.progress(name, progress)
        elif isinstance(event, Failed):
            self._failed(event.error, self._tasks.pop(event.job))
        elif isinstance(event, Done):
            job, task = event.result.job, self._tasks.pop(event.result.job)
            saved = self._pool.submit(keep, event.result, task, names=self.names)
            self._writing.append((task, job, saved))
            if event.result.total > 1:
                self._report_written(wait=True)

    def _jobs(self, tasks: Sequence[Task]) -> Iterator[Job]:
        """The jobs, read ahead in threads."""
        ahead: deque[tuple[Task, Future[Job]]] = deque()
        left = iter(tasks)
        try:
            while not self._stop.status:
                while len(ahead) < THREADS and (task := next(left, None)):
                    ahead.append((task, self._pool.submit(self.load, task)))
                if not ahead:
                    return
                task, future = ahead.popleft()
                if (job := self._result_or_none(task, future.result)) is not None:
                    self._tasks[job] = task
                    self._report_written()
                    yield job
                    del job, future  # not held while others are painted
        finally:
            for _, future in ahead:
                future.cancel()

    def _result_or_none(self, task: Task, work: Callable[[], T]) -> T | None:
        """What ``work`` returns; None after one of PER_PICTURE_ERRORS, which is reported."""
        try:
            return work()
        except PER_PICTURE_ERRORS as error:
            self._failed(error, task)
            return None

    def _failed(self, error: Exception, task: Task) -> None:
        if not isinstance(error, PER_PICTURE_ERRORS):
            raise error
        self.tally.failed += 1
        self.report.error(str(error), task.name)

    def _report_written(self, wait: bool = False) -> None:
        """Reports the files written by now; waits for all, or until less than half of HELD is in memory."""
        while self._writing:
            task, _, future = self._writing[0]
            if not (wait or future.done() or held(job for _, job, _ in self._writing) > HELD // 2):
                return
            self._writing.popleft()
            if (saved := self._result_or_none(task, future.result)) is not None:
                self.tally.made += 1
                report_saved(saved, self.report)
