"""``stylize adain``, ``gatys`` and ``cyclegan``: one picture or many."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from .. import api, device, modes, settings
from ..api import Job
from .report import Report
from .tasks import Task, plan, prepare
from .together import ITS_OWN, Together
from .work import Outcome, make, prepare_machine, tell_notes


def paint(args: argparse.Namespace, report: Report) -> int:
    """Returns the exit status. Raises StylizeError for what concerns all pictures."""
    chosen = settings.from_flags(modes.settings_of(args.mode), args)
    tasks = plan(args.content, args.mode, args.output, args.format)
    prepare(tasks, [*(task.source for task in tasks), *args.style])
    limits = prepare_machine(args)
    styles = [api.style(each, limits) for each in args.style]
    fetched = False
    told: set[str] = set()

    def load(task: Task) -> Job:
        task.check_free(args.overwrite)
        return api.job(
            task.source, styles, mode=args.mode, style_weights=args.style_weights,
            limits=limits, **chosen.to_dict(),
        )  # fmt: skip

    def fetch(work: Job) -> None:  # not before there is a picture that can be read
        tell_notes(work.fetch(report.transfer), report)

    def one(task: Task) -> Outcome:
        nonlocal fetched
        work = load(task)
        if not fetched:
            fetch(work)
            fetched = True
        return make(work, task, report, names=args.names, told=told)

    if len(tasks) == 1:
        return one(tasks[0]).status
    pixels = device.choose().batch_pixels()
    if pixels and modes.may_batch(args.mode, chosen):
        tally = Together(load, fetch, report, names=args.names, pixels=pixels).paint(tasks)
        return _sum_up(tally.made, tally.failed, len(tasks), tally.status, report)
    return _all(tasks, one, report)


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
    return _sum_up(made, failed, len(tasks), status, report)


def _sum_up(made: int, failed: int, total: int, status: int, report: Report) -> int:
    report.summary(made, failed, total - made - failed)
    return status or (2 if failed else 0)
