"""The errors of a download, as a user reads them."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from ...errors import WeightsError
from ...system.text import megabytes
from ..catalog import Row

FULL_DISK = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


def damaged(row: Row, place: str, found: str, expected: str) -> WeightsError:
    """The contents are not what they should be."""
    return WeightsError(
        "{file} arrived damaged from {place} (sha256 {found}, expected {expected}): try again later, or put "
        "{file} into the folder that STYLIZE_WEIGHTS_DIR names.",
        file=row.file,
        place=place,
        found=found,
        expected=expected,
    )


def broken(row: Row, place: str, reason: object) -> WeightsError:
    """The transfer stopped before its end."""
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    return WeightsError(
        "{file} broke off on its way from {place} ({reason}): try again.",
        file=row.file,
        place=place,
        reason=lines[0][:160].rstrip(". "),
    )


def captive_portal(place: str) -> WeightsError:
    """A server answered that is not the Hub, such as a captive portal."""
    return WeightsError(
        "{place} answers, but not as the Hugging Face Hub does: open a web page to see whether this network "
        "wants you to log in, or correct HF_ENDPOINT.",
        place=place,
    )


def refused(row: Row, host: str, status: int) -> WeightsError:
    """The server answered with an HTTP error status."""
    given = {"host": host, "file": row.file, "status": status}
    if status == 401:
        return WeightsError("{host} refuses your access token: correct HF_TOKEN or unset it.", **given)
    if status == 429:
        return WeightsError("{host} has had too many requests: wait some minutes and try again.", **given)
    if status >= 500:
        return WeightsError(
            "{host} is out of order (HTTP {status}) and cannot give {file}: try again later.", **given
        )
    return WeightsError(
        "{host} does not give {file} (HTTP {status}): get it elsewhere and put it into the folder that "
        "STYLIZE_WEIGHTS_DIR names.",
        **given,
    )


def unwritable(error: BaseException, row: Row, folder: Path, variable: str) -> WeightsError | None:
    """The error for a full disk or a folder that cannot be written; None for anything else."""
    number = error.errno if isinstance(error, OSError) else None
    if number in FULL_DISK:
        return _full(row, row.size, folder, variable)
    if number in NOT_WRITABLE:
        return WeightsError(
            "{folder} cannot be written ({reason}): make it writable, or set {variable} to another folder.",
            folder=folder,
            reason=os.strerror(number or 0),
            variable=variable,
        )
    return None


def check_space(row: Row, needed: int, folder: Path, variable: str) -> None:
    """Raises WeightsError if ``needed`` bytes do not fit on the disk of ``folder``."""
    if needed > _free(folder):
        raise _full(row, needed, folder, variable)


def _free(folder: Path) -> float:
    for place in (folder, *folder.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return float("inf")


def _full(row: Row, needed: int, folder: Path, variable: str) -> WeightsError:
    return WeightsError(
        "{file} needs {size}, but the disk of {folder} has only {free} left: make room, or set {variable} to "
        "a folder on a larger disk.",
        file=row.file,
        size=megabytes(needed),
        folder=folder,
        free=megabytes(_free(folder)),
        variable=variable,
    )
