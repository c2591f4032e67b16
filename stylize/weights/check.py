"""Whether the weight files on this computer are those of the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import WeightsError
from . import catalog, digest, locate
from .catalog import Row
from .fetch.transfer import OnProgress, Transfer
from .resolve import row_of


@dataclass(frozen=True)
class Check:
    """What :func:`verify` found.

    ``verdict`` is "right", "unknown" (no sha256 to compare with), "different" (not the file that the
    catalog means, which may be the user's wish), "damaged", "unreadable" or "absent".
    """

    row: Row
    verdict: str
    path: Path | None = None
    sha256: str = ""
    expected: str = ""


def verify(names: Iterable[str] | None = None, on_progress: OnProgress = None) -> list[Check]:
    """Reads weight files again and compares their sha256 with the catalog. Nothing is changed.

    Args:
        names: which; by default all that are on this computer.
        on_progress: called while a file is read.

    Raises:
        WeightsError: for a name that is not in the catalog.
    """
    if names is None:
        return [_check(row, on_progress) for row in catalog.rows() if locate.local_file(row)]
    return [_check(row_of(name), on_progress) for name in names]


def _check(row: Row, on_progress: OnProgress) -> Check:
    local = locate.local_file(row)
    if local is None:
        return Check(row, "absent", expected=row.sha256)
    path, origin = local
    required, total = locate.required_sha256(row, path, origin), locate.size(row)
    expected = required or row.sha256

    def report(done: int) -> None:
        if on_progress:
            on_progress(Transfer(row.name, row.file, done, total))

    try:
        found = digest.sha256(path, fresh=True, on_bytes=report)
    except WeightsError:
        return Check(row, "unreadable", path, expected=expected)
    if not expected or found == expected:
        return Check(row, "right" if expected else "unknown", path, found, expected)
    return Check(row, "damaged" if required and origin != "folder" else "different", path, found, expected)
