"""Resolves a name or a path to a weight file on this computer whose sha256 is right.

In order: the folder that ``STYLIZE_WEIGHTS_DIR`` names, the files that come with Stylize, the caches, and
then the sources of ``weights/catalog.toml`` one after the other. ``HF_HUB_OFFLINE=1`` forbids the network;
``STYLIZE_TIMEOUT`` is how many seconds silent servers may cost (2.5).

This file reads no weights: it brings neither torch nor, until something must be fetched, an HTTP client.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ..errors import WeightsError
from . import catalog, digest, locate, messages
from .catalog import Row
from .fetch.transfer import OnProgress
from .locate import Found

_locks: dict[str, threading.Lock] = {}  # by file: two threads download it once


def find(name_or_path: str, *, download: bool = True, on_progress: OnProgress = None) -> Found:
    """The file of a catalog name, or the file at a path, with its sha256 checked.

    Args:
        name_or_path: a name from the catalog; else a path to a file, or its name in the folder that
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
            raise messages.absent(row)
        return here
    with _locks.setdefault(row.file, threading.Lock()):
        return _here(row, mend=True) or _download(row, on_progress)


def row_of(name: str) -> Row:
    """The row of a name. Raises WeightsError, which lists the names, for one that is not in the catalog."""
    row = catalog.row(name)
    if row is None:
        raise messages.unknown(name)
    return row


def pull(name: str, on_progress: OnProgress = None) -> tuple[Found, ...]:
    """Brings a file of the catalog to this computer; before a decoder, the encoder it needs.

    Raises:
        OfflineError, WeightsError: as :func:`find`.
    """
    row = row_of(name)
    names = [row.encoder, row.name] if row.encoder else [row.name]
    return tuple(find(each, on_progress=on_progress) for each in names)


def _own(text: str) -> Found:
    """A file of the user's, by its path or by its name in their folder."""
    path, origin = Path(os.path.expanduser(text)), "path"
    if os.path.isdir(path) and text:
        raise WeightsError("{path} is a folder: give the weight file itself.", path=text)
    if not os.path.isfile(path):
        in_folder = locate.own_folder(text, text) if text and path.name == text else None
        if in_folder is None:
            raise messages.missing(text) if _looks_like_a_path(text) else messages.unknown(text)
        path, origin = in_folder, "folder"
    found = digest.sha256(path)
    return Found(path, next((row for row in catalog.rows() if row.sha256 == found), None), found, origin)


def _looks_like_a_path(text: str) -> bool:
    return any(mark in text for mark in "/\\~") or text.lower().endswith(locate.SUFFIXES)


def _here(row: Row, *, mend: bool) -> Found | None:
    """The file if it is here. A damaged one in a cache is deleted if ``mend``, and else refused."""
    while local := locate.local_file(row):
        path, origin = local
        found, expected = digest.sha256(path), locate.required_sha256(row, *local)
        if origin == "folder" or not expected or found == expected:
            return Found(path, row, found, origin, messages.remarks(row, path, found))
        if origin == "bundled":
            raise messages.damaged_bundled(path, found, expected)
        if not (mend and locate.discard(path)):
            raise messages.damaged_cached(path, found, expected)
    return None


def _download(row: Row, on_progress: OnProgress) -> Found:
    from .download import download  # HTTP clients, which a file that is here does not need

    return download(row, on_progress)
