"""The command of each mode: one picture or many, with one style set or several."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from .. import api, modes, settings
from ..execution import Job, choice
from ..image import Limits, Picture, load
from ..inputs import Inputs, StyleInput
from ..library import NamedStyle
from ..modes.options import PictureSettings
from . import standard, style_flags
from .batch import PER_PICTURE_ERRORS, BatchRun, Tally
from .existing import Existing, classify
from .inputs import STDIN, Input, Search
from .report import Report
from .style_sets import StyleSet, style_sets
from .tasks import STDOUT, Task, plan, prepare
from .work import NoteFilter, Outcome, make, prepare_machine

Styles = tuple[StyleInput[Picture | NamedStyle], ...]


def paint(args: argparse.Namespace, report: Report) -> int:
    """Returns the exit status. Raises StylizeError for what concerns all pictures."""
    chosen = settings.from_flags(modes.settings_of(args.mode), args)
    output = Path(args.output) if args.output and args.output != STDOUT else None
    search = Search(args.recursive, output)
    inputs = search.find(args.content) if args.content else [Input.nothing()]
    every = style_sets(args, search)
    report.left_out(search.left_out)
    tasks = plan(inputs, args.mode, args.output, args.format, [each.name for each in every])
    styles = [each for one in every for each in one.styles if each != STDIN]
    prepare(tasks, [*(task.file for task in tasks if task.file), *styles, *style_flags.files(args)])
    limits = prepare_machine(args)
    has_stdin = standard.check_once([*dict.fromkeys(args.content), *args.style])
    if args.output == STDOUT:
        standard.check_stdout()
    left, skipped = _without_existing(tasks, report) if args.skip_existing else (tasks, 0)
    if not left:
        report.summary(0, 0, 0, skipped)
        return 0
    painter = _Painter(args, chosen, limits, report, standard.read(limits) if has_stdin else b"")
    if len(tasks) == 1:
        return painter.one(left[0], painter.styles(every[0])).status
    tally = painter.all(left, every)
    report.summary(tally.made, tally.failed, len(left) - tally.made - tally.failed, skipped)
    return tally.status or (2 if tally.failed else 0)


def _without_existing(tasks: Sequence[Task], report: Report) -> tuple[list[Task], int]:
    """The tasks whose result is not there, or not whole and to be replaced; and how many are done.

    A note names results that other photos have there.
    """
    left, others = [], []
    for task in tasks:
        found = Existing.NOTHING if task.stdout else classify(task.target, task.file)
        if found is Existing.ANOTHERS:
            others.append(task)
        elif found is not Existing.WHOLE:
            left.append(task.replacing() if found is Existing.PART else task)
    if others:
        also = f" and {len(others) - 1} more" if others[1:] else ""
        report.note(
            f"{others[0].target}{also}: made from another photo of the same name, or before it was changed, "
            "and left alone. For the result of this photo choose another folder with -o.",
            others[0].name,
        )
    return left, len(tasks) - len(left)


class _Painter:
    """One command's pictures.

    Args:
        chosen: the mode's settings.
        stdin: the bytes read from stdin, for the photo or the style that is ``-``.
    """

    def __init__(
        self, args: argparse.Namespace, chosen: PictureSettings, limits: Limits, report: Report, stdin: bytes
    ) -> None:
        self.args, self.chosen, self.limits, self.report, self.stdin = args, chosen, limits, report, stdin
        self.notes = NoteFilter(report)

    def styles(self, style_set: StyleSet) -> Styles:
        """The styles of a set with their properties, read. Raises StylizeError."""
        sources = [
            standard.picture(self.stdin, self.limits) if each == STDIN else each for each in style_set.styles
        ]
        return api.styles_of(sources, self.limits, **style_flags.given(self.args))

    def one(self, task: Task, styles: Styles) -> Outcome:
        """One picture. Raises StylizeError."""
        job = self._load(task, styles)
        return make(job, task, self.report, names=self.args.names, notes=self.notes)

    def all(self, tasks: Sequence[Task], every: Sequence[StyleSet]) -> Tally:
        """All of them, one style set after the other; errors of single pictures and sets are reported."""
        tally = Tally()
        for n, each in enumerate(every):
            own = [task for task in tasks if task.style == n]
            if not own or tally.status:
                continue
            try:
                styles = self.styles(each)
            except PER_PICTURE_ERRORS as error:
                if len(every) == 1:
                    raise
                tally.failed += len(own)
                self.report.error(str(error), each.name)
                continue
            self._round(own, styles, tally)
        return tally

    def _round(self, tasks: Sequence[Task], styles: Styles, tally: Tally) -> None:
        """All tasks of one style set, in batches where the mode has them."""
        executor = choice.for_many(self.args.mode, self.chosen)
        if executor is None:
            self._one_by_one(tasks, styles, tally)
            return
        batch = BatchRun(
            lambda task: self._load(task, styles), executor, self.report, self.notes, names=self.args.names
        )
        tally.add(batch.paint(tasks))

    def _one_by_one(self, tasks: Sequence[Task], styles: Styles, tally: Tally) -> None:
        for task in tasks:
            try:
                saved, tally.status = self.one(task, styles)
                tally.made += saved
            except PER_PICTURE_ERRORS as error:
                tally.failed += 1
                self.report.error(str(error), task.name)
            except KeyboardInterrupt:
                tally.status = 130
            if tally.status:
                break

    def _load(self, task: Task, styles: Styles) -> Job:
        task.check_free(self.args.overwrite)
        content = None
        if task.is_stdin:
            content = standard.picture(self.stdin, self.limits)
        elif task.file is not None:
            content = load(task.file, self.limits)
        return Job(self.args.mode, self.chosen, Inputs(content, styles))
