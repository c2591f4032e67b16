"""``stylize styles rename``, ``delete``, ``import`` and ``export``: the user's learned styles."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import PictureError, StyleError
from ..execution import learning
from ..image import load
from ..image.faults import called
from ..library import learned
from .report import Report


def rename(args: argparse.Namespace, report: Report) -> int:
    """Gives a style another name. Raises StyleError."""
    path = learned.rename(args.name, args.new)
    report.answer(str(path), "renamed", name=args.new, path=str(path))
    return 0


def delete(args: argparse.Namespace, report: Report) -> int:
    """Deletes styles; none of them if one is not there. Raises StyleError."""
    names = tuple(dict.fromkeys(args.name))
    paths = [learned.there(name) for name in names]
    for name, path in zip(names, paths, strict=True):
        learned.delete(name)
        report.answer(str(path), "deleted", name=name, path=str(path))
    return 0


def take(args: argparse.Namespace, report: Report) -> int:
    """Keeps files among the styles. Raises PictureError, StyleError."""
    if args.name and len(args.file) > 1:
        raise StyleError("--name is for a single file: import these one by one.")
    for file in args.file:
        found = load(file)
        if found.learned is None:
            raise PictureError(
                "{file} is a picture, and no learned style yet: `stylize learn` makes one of it.",
                file=called(found.name),
            )
        name = args.name or learned.name_in(found.name, found.learned)
        path = learned.add(Path(file).read_bytes(), name, replace=args.force)
        report.answer(str(path), "imported", name=name, path=str(path))
    return 0


def export(args: argparse.Namespace, report: Report) -> int:
    """Writes the file of a style. Raises StyleError."""
    data = learned.export(args.name)
    target = learning.target(args.out, args.name, force=args.force)
    learned.write(target, data)
    report.answer(str(target), "exported", name=args.name, path=str(target))
    return 0
