"""``stylize styles``: the style library, listed or built anew."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .. import library
from ..library import NamedStyle, learned
from .report import Report
from .signals import TRAINING, StopOnSignal
from .weights import columns

if TYPE_CHECKING:
    from torch import Tensor

    from ..statistics import MeanStd
    from ..training.style_library import Renderer

YOURS = "(yours)"
HEADINGS = ("NAME", "PAINTER", "YEARS", "LOOKS")


def show(args: argparse.Namespace, report: Report) -> int:
    """Prints what ``--style`` takes beside files."""
    rows = [((each.name, YOURS, "", each.style.name), _values_of_mine(each)) for each in learned.mine()]
    found = () if args.mine else library.styles()
    rows += [((each.name, each.artist, each.years, each.about), _values(each)) for each in found]
    heading, *lines = columns([HEADINGS, *(cells for cells, _ in rows)])
    if not args.json:
        report.answer(heading, "")
    for (_, values), line in zip(rows, lines, strict=True):
        report.answer(line, "style", **values)
    return 0


def _values_of_mine(style: learned.Mine) -> dict[str, object]:
    return {"name": style.name, "title": style.style.name, "path": str(style.path), "learned": True}


def _values(style: NamedStyle) -> dict[str, object]:
    return {
        "name": style.name,
        "artist": style.artist,
        "artist_zh": style.artist_zh,
        "about": style.about,
        "about_zh": style.about_zh,
        "born": style.born,
        "died": style.died,
        "circa": style.circa,
        "sha256": style.sha256,
        "thumbnail": os.fspath(style.thumbnail),
    }


def build(args: argparse.Namespace, report: Report) -> int:
    """Makes the library from folders of paintings. Raises StylizeError."""
    from ..training import style_library  # torch, which the list does without

    if args.device:
        os.environ["STYLIZE_DEVICE"] = args.device
    config = style_library.LibraryConfig.read(args.config)
    data = Path(args.data or os.environ.get("STYLIZE_DATA") or ".").expanduser()
    out = Path(args.out).expanduser() if args.out else library.folder()
    with StopOnSignal(TRAINING) as stop:
        for progress in style_library.build(config, data, out, _sampler):
            report.progress("styles", progress)
            if stop.status:
                report.note("stopped: the library is as it was.")
                return stop.status
    report.answer(str(out), "built", path=str(out))
    return 0


def _sampler(network: str, photo: Tensor) -> Renderer:
    """A function that renders the photo with given statistics by the AdaIN network of that name."""
    from ..device import choose
    from ..modes.adain.transfer import AdaIN, StyleStatistics
    from ..weights import zoo

    compute = choose()
    encoder, decoder = zoo.adain(network, compute)
    session = AdaIN(encoder.network, decoder.network, compute.device)
    content = next(each for each in session.encode_content(photo) if each is not None)

    def render(statistics: Mapping[str, MeanStd]) -> Tensor:
        return [each for each in session.render(content, StyleStatistics(statistics)) if each is not None][-1]

    return render
