"""Which weight file a name stands for, where it lies, and whether it is whole.

In order: the folder that ``STYLIZE_WEIGHTS_DIR`` names, the files that come with Stylize, the caches, and
then the sources of ``weights/catalog.toml`` one after the other. ``HF_HUB_OFFLINE=1`` forbids the network;
``STYLIZE_TIMEOUT`` is how many seconds silent servers may cost (2.5).

This file reads no weights: it brings neither torch nor, until something must be fetched, huggingface_hub.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import Note, OfflineError, WeightsError, note
from . import catalog, digest, locate
from .catalog import Row, Source
from .fetch import hub, trouble, web
from .fetch.patience import Patience
from .fetch.report import OnProgress, Transfer

__all__ = ["Check", "Found", "Transfer", "find", "pull", "size", "state", "verify"]

_locks: dict[str, threading.Lock] = {}


@dataclass(frozen=True)
class Found:
    """A weight file on this computer.

    ``row`` is None for a file that the catalogue does not know. ``origin`` is "path", "folder", "bundled",
    "cache", "hub" or "url". ``notes`` are for the user to read.
    """

    path: Path
    row: Row | None
    sha256: str
    origin: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Check:
    """What :func:`verify` found.

    ``verdict`` is "right", "unknown" (no sha256 to compare with), "different" (not the file that the
    catalogue means, which may be the user's wish), "damaged", "unreadable" or "absent".
    """

    row: Row
    verdict: str
    path: Path | None = None
    sha256: str = ""
    expected: str = ""


def find(name_or_path: str, *, download: bool = True, on_progress: OnProgress = None) -> Found:
    """The file of a catalogue name, or the file at a path, with its sha256 checked.

    Args:
        name_or_path: a name from the catalogue; else a path to a file, or its name in the folder that
            ``STYLIZE_WEIGHTS_DIR`` names.
        download: whether a file that is not on this computer may be fetched.
        on_progress: called while a file is downloaded; what it raises stops the download.

    Raises:
        OfflineError: if the file is not here and the network does not answer.
        WeightsError: if there is no such name or file, or none of its sources gives it whole.
    """
    row = catalog.row(name_or_path)
    if row is None:
        return _own(name_or_path)
    if not download:
        here = _here(row, mend=False)
        if here is None:
            raise _absent(row)
        return here
    with _locks.setdefault(row.file, threading.Lock()):
        return _here(row, mend=True) or _fetch(row, on_progress)


def pull(name: str, on_progress: OnProgress = None) -> tuple[Found, ...]:
    """Brings a file of the catalogue to this computer; before a decoder, the encoder it needs.

    Raises:
        OfflineError, WeightsError: as :func:`find`.
    """
    row = _row(name)
    names = [row.encoder, row.name] if row.encoder else [row.name]
    return tuple(find(each, on_progress=on_progress) for each in names)


def state(row: Row) -> str:
    """Where a row's file is, without reading it and without the network.

    Returns:
        "folder", "bundled" or "cached"; else "download", or "bring" if no source is known.
    """
    place = locate.place(row)
    if place is not None:
        return "cached" if place[1] == "cache" else place[1]
    return "download" if any(source.kind != "bundled" for source in row.sources) else "bring"


def size(row: Row) -> int:
    """Bytes of a row's file: measured if it is here, else from the catalogue, where 0 is unknown."""
    place = locate.place(row)
    with suppress(OSError):
        if place is not None:
            return place[0].stat().st_size
    return row.size


def verify(names: Iterable[str] | None = None, on_progress: OnProgress = None) -> list[Check]:
    """Reads weight files again and compares their sha256 with the catalogue. Nothing is changed.

    Args:
        names: which; by default all that are on this computer.
        on_progress: called while a file is read.

    Raises:
        WeightsError: for a name that is not in the catalogue.
    """
    if names is None:
        return [_check(row, on_progress) for row in catalog.rows() if locate.place(row)]
    return [_check(_row(name), on_progress) for name in names]


def _row(name: str) -> Row:
    row = catalog.row(name)
    if row is None:
        raise _unknown(name)
    return row


def _own(text: str) -> Found:
    """A file of the user's, by its path or by its name in their folder."""
    path, origin = Path(os.path.expanduser(text)), "path"
    if os.path.isdir(path) and text:
        raise WeightsError("{path} is a folder: give the weight file itself.", path=text)
    if not os.path.isfile(path):
        in_folder = locate.own_folder(text, text) if text and path.name == text else None
        if in_folder is None:
            raise _missing(text) if _looks_like_a_path(text) else _unknown(text)
        path, origin = in_folder, "folder"
    found = digest.sha256(path)
    return Found(path, next((row for row in catalog.rows() if row.sha256 == found), None), found, origin)


def _looks_like_a_path(text: str) -> bool:
    return any(mark in text for mark in "/\\~") or text.lower().endswith(locate.SUFFIXES)


def _here(row: Row, *, mend: bool) -> Found | None:
    """The file if it is here. A damaged one in a cache is deleted if ``mend``, and else refused."""
    while place := locate.place(row):
        path, origin = place
        found, expected = digest.sha256(path), locate.required_sha256(row, *place)
        if origin == "folder" or not expected or found == expected:
            return Found(path, row, found, origin, _remarks(row, path, found))
        if origin == "bundled":
            raise WeightsError(
                "{path} is damaged (sha256 {found}, expected {expected}): bring it back with git checkout, "
                "or with git lfs pull if it is a pointer, or install Stylize again.",
                path=path, found=found, expected=expected,
            )  # fmt: skip
        if not (mend and locate.discard(path)):
            raise WeightsError(
                "{path} is damaged (sha256 {found}, expected {expected}): delete it, and it will be fetched "
                "again.", path=path, found=found, expected=expected,
            )  # fmt: skip
    return None


def _fetch(row: Row, on_progress: OnProgress) -> Found:
    """The file from the first source that gives it whole."""
    patience, failures = Patience(), []
    for source in row.sources:
        try:
            if source.kind == "hub":
                return _from_hub(row, source, patience, on_progress)
            if source.kind == "url":
                path = web.download(row, source, patience, on_progress)
                return Found(path, row, digest.sha256(path), "url")
        except WeightsError as error:
            failures.append(error)
    raise _failed(row, failures)


def _from_hub(row: Row, source: Source, patience: Patience, on_progress: OnProgress) -> Found:
    file = hub.HubFile(row, source)
    stated = file.look(patience)
    for again in (False, True):
        path = file.download(on_progress, force=again)
        found = digest.sha256(path, fresh=again)
        expected = locate.required_sha256(row, path, "cache") or stated
        if not expected or found == expected:
            return Found(path, row, found, "hub", _remarks(row, path, found))
        locate.discard(path)
    raise trouble.damaged(row, file.page, found, expected)


def _check(row: Row, on_progress: OnProgress) -> Check:
    place = locate.place(row)
    if place is None:
        return Check(row, "absent", expected=row.sha256)
    path, origin = place
    required, total = locate.required_sha256(row, path, origin), size(row)
    expected = required or row.sha256

    def tell(done: int) -> None:
        if on_progress:
            on_progress(Transfer(row.name, row.file, done, total))

    try:
        found = digest.sha256(path, fresh=True, on_bytes=tell)
    except WeightsError:
        return Check(row, "unreadable", path, expected=expected)
    if not expected or found == expected:
        return Check(row, "right" if expected else "unknown", path, found, expected)
    return Check(row, "damaged" if required and origin != "folder" else "different", path, found, expected)


# ------------------------------------------------------------------------------- what the user is told


def _remarks(row: Row, path: Path, found: str) -> tuple[Note, ...]:
    if not row.sha256 or found == row.sha256:
        return ()
    remark = note(
        "{path} is not the file that the catalogue means by {name} (sha256 {found}, not {expected}); it is "
        "used all the same.", path=path, name=row.name, found=found, expected=row.sha256,
    )  # fmt: skip
    return (remark,)


def _failed(row: Row, failures: list[WeightsError]) -> WeightsError:
    if not failures:
        return _absent(row)
    if all(isinstance(each, OfflineError) for each in failures):
        return _offline(row, failures[0])
    if len(failures) == 1:
        return failures[0]
    return WeightsError(
        "None of the {count} sources of {name} gives {file}. {reasons}",
        count=len(failures), name=row.name, file=row.file,
        reasons=" ".join(f"({n}) {str(each).rstrip('.')}." for n, each in enumerate(failures, 1)),
    )  # fmt: skip


def _offline(row: Row, error: WeightsError) -> OfflineError:
    # One translation is no substitute for another.
    roles = ({row.role} | {each.role for each in catalog.rows() if each.encoder == row.name}) - {"generator"}
    bundled = [
        each.name for each in catalog.rows() if each.role in roles and each.bundled and not each.earlier
    ]
    if bundled:
        return OfflineError(
            "{reason}, and {file} ({size}) is not on this computer. Use {bundled}, which comes with Stylize; "
            "or run `stylize weights pull {name}` where there is a network, put the file as {file} into a "
            "folder here and set STYLIZE_WEIGHTS_DIR to it.",
            reason=error.note, file=row.file, size=trouble.megabytes(row.size), name=row.name,
            bundled=" / ".join(bundled),
        )  # fmt: skip
    return OfflineError(
        "{reason}, and {file} ({size}) is not on this computer. Run `stylize weights pull {name}` where "
        "there is a network, put the file as {file} into a folder here and set STYLIZE_WEIGHTS_DIR to it.",
        reason=error.note, file=row.file, size=trouble.megabytes(row.size), name=row.name,
    )  # fmt: skip


def _absent(row: Row) -> WeightsError:
    if state(row) == "download":
        return WeightsError(
            "{file} ({size}) is not on this computer: run `stylize weights pull {name}`.",
            file=row.file, size=trouble.megabytes(row.size), name=row.name,
        )  # fmt: skip
    if row.bundled:
        return WeightsError(
            "{file} should have come with Stylize but is missing: bring it back with git checkout, or "
            "install Stylize again.", file=row.file,
        )  # fmt: skip
    return WeightsError(
        "No source is known for {name}: put {file} into a folder and set STYLIZE_WEIGHTS_DIR to it, or give "
        "the path of the file.", name=row.name, file=row.file,
    )  # fmt: skip


def _unknown(name: str) -> WeightsError:
    return WeightsError(
        "There is no weight called {name!r}. Choose one of: {names}; or give the path of a file.",
        name=name, names=", ".join(row.name for row in catalog.rows()),
    )  # fmt: skip


def _missing(path: str) -> WeightsError:
    return WeightsError(
        "{path} is not there: check the path, or choose a name from `stylize weights list`.", path=path
    )
