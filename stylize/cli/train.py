"""``stylize train``: a network from folders of pictures."""

from __future__ import annotations

import argparse
import os
from contextlib import closing
from pathlib import Path

from ..progress import Progress
from ..training.config import Config
from ..training.loop import TrainingProgress
from ..training.run import run
from .report import Console, Report
from .signals import TRAINING, StopOnSignal


def train(args: argparse.Namespace, report: Report) -> int:
    """Trains until the end or a signal, and reports the paths of the results. Raises StylizeError."""
    if args.device:
        os.environ["STYLIZE_DEVICE"] = args.device
    config = _config(args)
    data = Path(args.data or os.environ.get("STYLIZE_DATA") or ".").expanduser()
    out = Path(args.out or Path("out") / args.task).expanduser()
    is_first = os.environ.get("RANK", "0") == "0"
    with StopOnSignal(TRAINING) as stop:
        steps = run(
            config,
            data,
            out,
            minutes=args.minutes,
            resume=args.resume,
            should_stop=lambda: bool(stop.status),
        )
        last = None
        with closing(steps):
            for last in steps:
                if is_first:
                    _report(last, args.task, report)
    if is_first:
        _conclude(last, out, report)
    return stop.status


def _config(args: argparse.Namespace) -> Config:
    config = Config.read(args.task, args.config)
    given = {name: getattr(args, name) for name in ("teacher", "encoder") if getattr(args, name)}
    return config.with_task(**given) if given else config


def _report(progress: TrainingProgress, task: str, report: Report) -> None:
    for note in progress.notes:
        report.note(str(note))
    report.progress(task, Progress(progress.step, progress.total, losses=progress.losses))
    if progress.samples is not None and not isinstance(report, Console):
        report.answer(str(progress.samples), "samples", path=str(progress.samples), step=progress.step)


def _conclude(last: TrainingProgress | None, out: Path, report: Report) -> None:
    if last is not None and last.step < last.total:
        report.note(f"stopped after {last.step} of {last.total} steps; --resume goes on.")
    for path in sorted(out.glob("*.safetensors")):
        report.answer(str(path), "trained", path=str(path), step=last.step if last else None)
