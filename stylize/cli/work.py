"""One picture from a job to its file, and what the commands that make pictures have in common."""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple, cast

from torch import Tensor

from .. import device
from ..errors import Note
from ..execution.job import Job
from ..image import Limits
from ..progress import Progress
from ..weights import Found
from . import standard
from .report import Report, Saved
from .stop import Stop
from .tasks import Task


class Outcome(NamedTuple):
    """Whether there is a picture, and the exit status that somebody asked for meanwhile, or 0."""

    saved: bool
    status: int


def prepare_machine(args: argparse.Namespace) -> Limits:
    """Takes up ``--device`` for the whole process; returns the limits. Raises SettingsError."""
    if args.device:
        os.environ["STYLIZE_DEVICE"] = args.device
    device.choose()
    given = {"megapixels": args.max_megapixels, "megabytes": args.max_megabytes}
    return replace(Limits.default(), **{name: value for name, value in given.items() if value is not None})


def tell_notes(found: Iterable[Found], report: Report) -> None:
    """What there is to say of the weight files that will be used."""
    for each in found:
        for note in each.notes:
            report.note(str(note))


def keep(work: Job, task: Task, picture: Tensor, *, names: bool, stopped: bool = False) -> None:
    """Writes a result to its file or to stdout. Raises PictureError, and OSError for stdout."""
    if not task.stdout:
        work.save(task.target, picture, names=names, stopped=stopped)
        return
    buffer = io.BytesIO()
    work.save(buffer, picture, names=names, format=task.stdout, stopped=stopped)
    standard.write(buffer.getvalue())


def make(work: Job, task: Task, report: Report, *, names: bool, told: set[str] | None = None) -> Outcome:
    """Makes a picture and saves it, or what there is of it when somebody stops it. Raises StylizeError.

    ``told`` are the notes of which one is enough in the whole command; it grows.
    """
    started = time.monotonic()
    with Stop() as stop:
        picture, last = _run(work, task.name, report, stop, set() if told is None else told)
        if picture is None or last is None:
            report.note("stopped before there was a picture: nothing was saved.", task.name)
            return Outcome(False, stop.status)
        picture = work.finish(picture)
        keep(work, task, picture, names=names, stopped=last.step < last.total)
        saved = Saved(
            file=task.name, path=task.target, seconds=time.monotonic() - started,
            size=(picture.shape[3], picture.shape[2]), step=last.step, total=last.total,
            recipe=work.recipe(names=names).to_json(),
        )  # fmt: skip
        if not saved.complete:
            report.note(
                f"stopped: this is the picture after {last.step} of {last.total} steps. "
                "Its recipe makes the whole.",
                saved.file,
            )
        report.saved(saved)
        return Outcome(True, stop.status)


def sort_of(note: Note, file: str = "") -> str:
    """What two notes have in common of which one is enough: all if they name a file, else ``file`` and the
    sentence whatever its numbers."""
    return str(note) if "file" in note.values else f"{file}: {note.template}"


def _run(
    work: Job, file: str, report: Report, stop: Stop, told: set[str]
) -> tuple[Tensor | None, Progress | None]:
    """The last picture, and the last progress that had one."""
    picture, last = None, None
    with closing(cast(Generator[Progress, None, None], work.run())) as steps:
        for progress in steps:
            if progress.picture is not None:
                picture, last = progress.picture, progress
            if progress.note is not None and (sort := sort_of(progress.note, file)) not in told:
                told.add(sort)
                report.note(str(progress.note), file)
            report.progress(file, progress)
            if stop.status:
                break
    return picture, last
