"""Many photos: read ahead, painted several at a time, written meanwhile."""

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
from .stop import Stop
from .tasks import Task
from .work import Told, keep, tell_found, tell_saved

# One picture's trouble. Any other error would meet the next picture as well.
ITS_OWN = (PictureError, MemoryLimitError, DivergedError)
T = TypeVar("T")
HANDS = 4  # threads that read and write


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
        executor: where the jobs run.
        report: where to say what happens.
        told: what was said already in the whole command.
        names: whether recipes name the files.
    """

    def __init__(
        self, load: Callable[[Task], Job], executor: Executor, report: Report, told: Told, *, names: bool
    ) -> None:
        self.load, self.executor, self.report, self.told, self.names = load, executor, report, told, names
        self.tally, self._stop = Tally(), Stop()
        self._tasks: dict[Job, Task] = {}
        self._writing: deque[tuple[Task, Job, Future[Saved]]] = deque()

    def paint(self, tasks: Sequence[Task]) -> Tally:
        """All of them. A picture's own trouble is reported; other errors are raised."""
        with ThreadPoolExecutor(HANDS) as self._hands, ExitStack() as heard:
            events = execute_all(self._jobs(tasks), stop=self._stop, executor=self.executor)
            with closing(events):
                for event in events:
                    if isinstance(event, Fetched):
                        heard.enter_context(self._stop)  # before, Ctrl-C means to quit: nothing is painted
                    self._hear(event)
                    self._tell_written()
            self._tell_written(wait=True)
        self.tally.status = self._stop.status
        return self.tally

    def _hear(self, event: Event) -> None:
        if isinstance(event, Fetching):
            if event.transfer is not None:
                self.report.transfer(event.transfer)
        elif isinstance(event, Fetched):
            tell_found(event, self.told)
        elif isinstance(event, Step):
            name, progress = self._tasks[event.job].name, event.progress
            if progress.note is not None:
                self.told.tell(progress.note, name, each=False)
            if progress.total > 1:  # painted alone, because memory did not suffice for several
                self.report.progress(name, progress)
        elif isinstance(event, Failed):
            self._failed(event.error, self._tasks.pop(event.job))
        elif isinstance(event, Done):
            job, task = event.result.job, self._tasks.pop(event.result.job)
            saved = self._hands.submit(keep, event.result, task, names=self.names)
            self._writing.append((task, job, saved))
            if event.result.total > 1:
                self._tell_written(wait=True)

    def _jobs(self, tasks: Sequence[Task]) -> Iterator[Job]:
        """The jobs, read ahead in threads."""
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
                    self._tasks[job] = task
                    self._tell_written()
                    yield job
                    del job, future  # not held while others are painted
        finally:
            for _, future in ahead:
                future.cancel()

    def _own(self, task: Task, work: Callable[[], T]) -> T | None:
        """What ``work`` returns, or None if it fails for reasons of its own."""
        try:
            return work()
        except ITS_OWN as error:
            self._failed(error, task)
            return None

    def _failed(self, error: Exception, task: Task) -> None:
        if not isinstance(error, ITS_OWN):
            raise error
        self.tally.failed += 1
        self.report.error(str(error), task.name)

    def _tell_written(self, wait: bool = False) -> None:
        """Reports what is written by now; waits for all of it, or until there is little that must be held."""
        while self._writing:
            task, _, future = self._writing[0]
            if not (wait or future.done() or held(job for _, job, _ in self._writing) > HELD // 2):
                return
            self._writing.popleft()
            if (saved := self._own(task, future.result)) is not None:
                self.tally.made += 1
                tell_saved(saved, self.report)
