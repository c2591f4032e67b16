"""The sha256 of a file, computed once and remembered until its size or its time of change differs."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import WeightsError

CHUNK = 1 << 20  # bytes read at a time
KEPT = 500  # entries remembered on disk

Stamp = tuple[int, int]  # size in bytes, time of change in nanoseconds
_known: dict[str, tuple[Stamp, str]] = {}
_lock = threading.Lock()


def cache_folder() -> Path:
    """Where Stylize keeps what it can make again: ``STYLIZE_CACHE``, else the user's cache folder."""
    if chosen := os.environ.get("STYLIZE_CACHE"):
        return Path(os.path.expanduser(chosen))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "stylize"


def sha256(path: Path, *, fresh: bool = False, on_bytes: Callable[[int], None] | None = None) -> str:
    """The sha256 of a file as 64 hex digits.

    Args:
        path: the file; links are followed.
        fresh: read the file even if its sum is remembered.
        on_bytes: called with the bytes read so far.

    Raises:
        WeightsError: if the file cannot be read.
    """
    try:
        key, before = os.path.realpath(path), _stamp(path)
        if not fresh and (remembered := _recall(key, before)):
            return remembered
        digest = _read(path, on_bytes)
        if _stamp(path) == before:
            _remember(key, before, digest)
        return digest
    except OSError as error:
        raise WeightsError(
            "{file} cannot be read ({reason}): check that it is there and that you may read it.",
            file=path,
            reason=error.strerror or error,
        ) from error


def _stamp(path: Path) -> Stamp:
    state = os.stat(path)
    return state.st_size, state.st_mtime_ns


def _read(path: Path, on_bytes: Callable[[int], None] | None) -> str:
    digest, done = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
            done += len(block)
            if on_bytes:
                on_bytes(done)
    return digest.hexdigest()


def _recall(key: str, stamp: Stamp) -> str:
    with _lock:
        found = _known.get(key) or _load().get(key)
        return found[1] if found and found[0] == stamp else ""


def _remember(key: str, stamp: Stamp, digest: str) -> None:
    with _lock:
        _known[key] = stamp, digest
        table = _load()
        table.pop(key, None)  # so that the newest entry is the last
        table[key] = stamp, digest
        with suppress(OSError):  # a cache that cannot be written costs time, nothing else
            _save(dict(list(table.items())[-KEPT:]))


def _file() -> Path:
    return cache_folder() / "sha256.json"


def _load() -> dict[str, tuple[Stamp, str]]:
    """What earlier runs remembered; entries of any other shape are dropped."""
    try:
        table = json.loads(_file().read_text("utf-8"))
        return {
            str(key): ((int(size), int(time)), str(digest)) for key, (size, time, digest) in table.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _save(table: dict[str, tuple[Stamp, str]]) -> None:
    folder = _file().parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix="sha256-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({key: [*stamp, digest] for key, (stamp, digest) in table.items()}, file)
        os.replace(name, _file())
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
