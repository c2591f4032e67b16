"""One picture from a job to its file, and what the commands that make pictures have in common."""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import NamedTuple

from .. import device
from ..errors import Note
from ..execution import Done, Fetched, Fetching, Job, Result, Step, execute
from ..image import Limits
from . import standard
from .report import Report, Saved
from .signals import StopOnSignal
from .tasks import Task


class Outcome(NamedTuple):
    """Whether there is a picture, and the exit status that somebody asked for meanwhile, or 0."""

    saved: bool
    status: int


def prepare_machine(args: argparse.Namespace) -> Limits:
    """Applies ``--device`` to the whole process; returns the limits of inputs. Raises SettingsError."""
    if args.device:
        os.environ["STYLIZE_DEVICE"] = args.device
    device.choose()
    given = {"megapixels": args.max_megapixels, "megabytes": args.max_megabytes}
    return replace(Limits.default(), **{name: value for name, value in given.items() if value is not None})


class NoteFilter:
    """Reports notes, each kind once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._kinds: set[str] = set()

    def report(self, note: Note, file: str = "", *, each: bool = True) -> None:
        """Reports a note unless one of its template was reported. ``each``: once for every file."""
        kind = str(note) if "file" in note.values else f"{file if each else ''}: {note.template}"
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._report.note(str(note), file)


def make(
    job: Job,
    task: Task,
    report: Report,
    *,
    names: bool,
    notes: NoteFilter | None = None,
    fetched: Callable[[], None] | None = None,
) -> Outcome:
    """Makes a picture and saves it, or what there is of it when somebody stops it. Raises StylizeError.

    Args:
        job: what to make.
        task: where it goes.
        report: where to say what happens.
        names: whether the recipe names the files.
        notes: filters repeated notes of the whole command.
        fetched: called when the networks are on this machine.
    """
    notes, stop = notes or NoteFilter(report), StopOnSignal()
    with ExitStack() as context, closing(execute(job, stop=stop)) as events:
        for event in events:
            if isinstance(event, Fetching):
                if event.transfer is not None:
                    report.transfer(event.transfer)
            elif isinstance(event, Fetched):
                report_weight_notes(event, notes)
                if fetched is not None:
                    fetched()
                context.enter_context(stop)  # before, Ctrl-C means to quit: there is nothing to keep
            elif isinstance(event, Step):
                if event.progress.note is not None:
                    notes.report(event.progress.note, task.name)
                report.progress(task.name, event.progress)
            elif isinstance(event, Done):
                report_saved(keep(event.result, task, names=names), report)
                return Outcome(True, stop.status)
        report.note("stopped before there was a picture: nothing was saved.", task.name)
        return Outcome(False, stop.status)


def report_weight_notes(event: Fetched, notes: NoteFilter) -> None:
    """Reports the notes on the weight files that will be used."""
    for found in event.found:
        for note in found.notes:
            notes.report(note)


def keep(result: Result, task: Task, *, names: bool) -> Saved:
    """Finishes a result and writes it to its file or to stdout. Raises MemoryLimitError, PictureError, and
    OSError for stdout."""
    started, job, stopped = time.monotonic(), result.job, not result.complete
    picture = result.picture
    if task.stdout:
        buffer = io.BytesIO()
        job.save(buffer, picture, names=names, format=task.stdout, stopped=stopped)
        standard.write(buffer.getvalue())
    else:
        job.save(task.target, picture, names=names, stopped=stopped)
    return Saved(
        file=task.name,
        path=task.target,
        seconds=result.seconds + time.monotonic() - started,
        size=(picture.shape[3], picture.shape[2]),
        step=result.step,
        total=result.total,
        recipe=job.recipe(names=names).to_json(),
    )


def report_saved(saved: Saved, report: Report) -> None:
    """Reports a written picture, with a note if it was stopped early."""
    if not saved.complete:
        report.note(
            f"stopped: this is the picture after {saved.step} of {saved.total} steps. "
            "Its recipe makes the whole.",
            saved.file,
        )
    report.saved(saved)
