"""``stylize styles``: the style library, listed or built anew."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .. import library
from ..library import NamedStyle
from .report import Report
from .stop import TRAINING, Stop
from .weights import columns

HEADINGS = ("NAME", "PAINTER", "YEARS", "LOOKS")


def show(args: argparse.Namespace, report: Report) -> int:
    """Prints what ``--style`` takes beside files."""
    found = library.styles()
    heading, *lines = columns(
        [HEADINGS, *((each.name, each.artist, each.years, each.about) for each in found)]
    )
    if not args.json:
        report.answer(heading, "")
    for each, line in zip(found, lines, strict=True):
        report.answer(line, "style", **_values(each))
    return 0


def _values(style: NamedStyle) -> dict[str, object]:
    return {
        "name": style.name, "artist": style.artist, "artist_zh": style.artist_zh, "about": style.about,
        "about_zh": style.about_zh, "born": style.born, "died": style.died, "circa": style.circa,
        "sha256": style.sha256, "thumbnail": os.fspath(style.thumbnail),
    }  # fmt: skip


def build(args: argparse.Namespace, report: Report) -> int:
    """Makes the library from folders of paintings. Raises StylizeError."""
    from ..training import library as builder  # torch, which the list does without

    if args.device:
        os.environ["STYLIZE_DEVICE"] = args.device
    config = builder.Config.read(args.config)
    data = Path(args.data or os.environ.get("STYLIZE_DATA") or ".").expanduser()
    out = Path(args.out).expanduser() if args.out else library.folder()
    with Stop(TRAINING) as stop:
        for progress in builder.build(config, data, out):
            report.progress("styles", progress)
            if stop.status:
                report.note("stopped: the library is as it was.")
                return stop.status
    report.answer(str(out), "built", path=str(out))
    return 0
