"""``stylize weights``: list, pull and verify the networks' files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from .. import weights
from ..system.text import megabytes
from ..weights import catalog
from ..weights.catalog import Row
from .report import Report

HEADINGS = ("NAME", "ROLE", "TITLE", "SIZE", "WHERE", "LICENSE")
VERDICTS = {
    "right": "right",
    "unknown": "read, but its sha256 is not known",
    "different": "not the file that the catalog means",
    "damaged": "damaged: delete it and pull it again",
    "unreadable": "cannot be read",
    "absent": "not on this machine",
}
BAD = ("damaged", "unreadable", "absent")


def show(args: argparse.Namespace, report: Report) -> int:
    """Prints the catalog and where each file is."""
    rows = catalog.rows()
    heading, *lines = columns([HEADINGS, *map(_cells, rows)])
    if not args.json:
        report.answer(heading, "")
    for row, line in zip(rows, lines, strict=True):
        report.answer(line, "weights", **_values(row))
    return 0


def _values(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "role": row.role,
        "title": row.title,
        "summary": row.summary,
        "file": row.file,
        "size": weights.size(row),
        "state": weights.state(row),
        "license": row.license,
        "licence": row.license,  # the key of earlier versions
        "sha256": row.sha256,
        "encoder": row.encoder,
    }


def _cells(row: Row) -> tuple[str, ...]:
    bytes_ = weights.size(row)
    size = megabytes(bytes_) if bytes_ else "?"
    where = {
        "folder": "your folder",
        "bundled": "bundled",
        "cached": "cached",
        "download": f"needs a download of {size}",
        "bring": f"bring {row.file} yourself",
    }
    return row.name, row.role, row.title, size, where[weights.state(row)], row.license


def columns(table: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """The rows of a table as lines."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def pull(args: argparse.Namespace, report: Report) -> int:
    """Brings files here. Raises WeightsError."""
    for name in args.name:
        for found in weights.pull(name, report.transfer):
            for each in found.notes:
                report.note(str(each))
            known = found.row.name if found.row else name
            report.answer(str(found.path), "pulled", name=known, path=str(found.path), sha256=found.sha256)
    return 0


def verify(args: argparse.Namespace, report: Report) -> int:
    """Says of each file whether it is what it should be; 2 if one is not. Raises WeightsError."""
    checks = weights.verify(args.name or None, report.transfer)
    for check in checks:
        report.answer(
            f"{check.row.name}: {VERDICTS[check.verdict]}",
            "verified",
            name=check.row.name,
            verdict=check.verdict,
            path=str(check.path or ""),
            sha256=check.sha256,
            expected=check.expected,
        )
    return 2 if any(check.verdict in BAD for check in checks) else 0
