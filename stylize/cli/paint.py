"""``stylize adain``, ``gatys`` and ``cyclegan``: one picture or many."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from .. import api, modes, settings
from ..errors import DivergedError, MemoryLimitError, PictureError
from .report import Report
from .tasks import Task, plan, prepare
from .work import Outcome, make, prepare_machine, tell_notes

# One picture's trouble. Any other error would meet the next picture as well.
ITS_OWN = (PictureError, MemoryLimitError, DivergedError)


def paint(args: argparse.Namespace, report: Report) -> int:
    """Returns the exit status. Raises StylizeError for what concerns all pictures."""
    chosen = settings.from_flags(modes.settings_of(args.mode), args)
    tasks = plan(args.content, args.mode, args.output, args.format)
    prepare(tasks, [*(task.source for task in tasks), *args.style])
    limits = prepare_machine(args)
    styles = [api.style(each, limits) for each in args.style]
    fetched = False

    def one(task: Task) -> Outcome:
        nonlocal fetched
        task.check_free(args.overwrite)
        work = api.job(
            task.source, styles, mode=args.mode, style_weights=args.style_weights,
            limits=limits, **chosen.to_dict(),
        )  # fmt: skip
        if not fetched:  # not before there is a picture that can be read
            tell_notes(work.fetch(report.transfer), report)
            fetched = True
        return make(work, task, report, names=args.names)

    return one(tasks[0]).status if len(tasks) == 1 else _all(tasks, one, report)


def _all(tasks: list[Task], one: Callable[[Task], Outcome], report: Report) -> int:
    made, failed, status = 0, 0, 0
    for task in tasks:
        try:
            saved, status = one(task)
            made += saved
        except ITS_OWN as error:
            failed += 1
            report.error(str(error), task.source.name)
        except KeyboardInterrupt:
            status = 130
        if status:
            break
    report.summary(made, failed, len(tasks) - made - failed)
    return status or (2 if failed else 0)
