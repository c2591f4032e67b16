"""``stylize learn``: a style from one picture."""

from __future__ import annotations

import argparse
import os
from contextlib import closing
from pathlib import Path

from .. import api
from ..execution import learning
from ..library import learned
from ..progress import Progress
from ..training.learn import LearnSettings, StyleLearner
from .report import Report
from .signals import StopOnSignal
from .work import NoteFilter

ASKED = b"\nstylize: stopping after this step and keeping what is learned; once more quits at once.\n"


def learn(args: argparse.Namespace, report: Report) -> int:
    """Learns until the time is over or somebody stops it, and reports the file. Raises StylizeError."""
    if args.device:
        os.environ["STYLIZE_DEVICE"] = args.device
    picture = api.load(args.style)
    name = learning.name_for(args.name or "", args.out, picture.name)
    target = learning.target(args.out, name, force=args.force)
    settings = LearnSettings(minutes=args.minutes, steps=args.steps, seed=args.seed)
    photos = learning.photos_in(args.photos)
    last, notes = None, NoteFilter(report)
    with StopOnSignal(ASKED) as stop:
        learner = StyleLearner(picture, photos, settings, name=name)
        with closing(learner.steps()) as steps:
            for last in steps:
                if last.note is not None:
                    notes.report(last.note)
                report.progress(picture.name, last)
                if stop.is_set():
                    break
        learned.write(target, learner.file())
    _conclude(last, target, name, report)
    return stop.status


def _conclude(last: Progress | None, target: Path, name: str, report: Report) -> None:
    step, total = (last.step, last.total) if last else (0, 0)
    if step < total:
        report.note(f"stopped after {step} steps: what is learned so far is kept.")
    losses = {key: round(value, 4) for key, value in last.losses.items()} if last else {}
    report.answer(
        str(target), "learned", path=str(target), name=name, steps=step, complete=step >= total, losses=losses
    )
