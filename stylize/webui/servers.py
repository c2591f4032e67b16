"""The folder of one running server inside a cache folder that several may share, and what dead ones left.

A server holds a lock on a file in its folder. The operating system drops the lock when the process ends,
however it ends, so a folder whose lock is free belongs to nobody.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

FOLDER = "servers"
PREFIX = "stylize-"  # of folders in the system's folder for temporary files
YOUNG = 3600.0  # seconds for which a folder without a lock file may still be in the making
_LOCK = "lock"


class Server:
    """A new folder below ``root`` that is this server's alone until ``close``, or until the process ends."""

    def __init__(self, root: Path) -> None:
        self._process = os.getpid()
        self.folder = root / FOLDER / secrets.token_hex(8)
        self.folder.mkdir(parents=True)
        making = self.folder / ".lock"
        self._lock: IO[bytes] | None = open(making, "wb")  # noqa: SIM115
        _take(self._lock)
        os.replace(making, self.folder / _LOCK)  # nobody ever sees the file without its lock

    def close(self) -> None:
        """Gives the lock back and deletes the folder, nothing else. A forked process does neither."""
        if self._lock is not None and self._process == os.getpid():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.close()
            self._lock = None
            shutil.rmtree(self.folder, ignore_errors=True)  # where an open file cannot be deleted


def sweep(root: Path) -> None:
    """Deletes the folders of servers below ``root`` that have ended."""
    for folder in _folders(root):
        if _is_dead(folder):
            shutil.rmtree(folder, ignore_errors=True)


def sweep_temporary(where: Path | None = None) -> None:
    """Deletes this user's cache folders for temporary files whose servers have all ended."""
    for root in (where or Path(tempfile.gettempdir())).glob(PREFIX + "*"):
        with suppress(OSError):
            ours = not hasattr(os, "getuid") or root.lstat().st_uid == os.getuid()
            folders = _folders(root) if ours and not root.is_symlink() else []
            if folders and all(map(_is_dead, folders)):
                shutil.rmtree(root, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    with suppress(OSError):
        return [each for each in (root / FOLDER).iterdir() if each.is_dir() and not each.is_symlink()]
    return []


def _is_dead(folder: Path) -> bool:
    try:
        with open(folder / _LOCK, "r+b") as file:
            return _take(file)
    except FileNotFoundError:
        with suppress(OSError):
            return time.time() - folder.stat().st_mtime > YOUNG
    except OSError:
        pass
    return False


def _take(file: IO[bytes]) -> bool:
    """Whether the lock on a file is free; from then on it is held until the file is closed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # taken, or a file system that knows no locks: then nothing is ever swept there
        return False
    return True
