"""The folder of one running server inside a cache folder that several may share, and what dead ones left.

A server holds a lock on a file in its folder. The operating system drops the lock when the process ends,
however it ends, so a folder whose lock is free belongs to nobody.
"""

from __future__ import annotations

import atexit
import os
import re
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
_OWN = re.compile(r"[0-9a-f]{16}")  # the names of servers' folders
MARK = "stylize.lock"  # held in a folder for temporary files by the process that made it


class Server:
    """A new folder below ``root`` that is this server's alone until ``close``, or until the process ends."""

    def __init__(self, root: Path) -> None:
        self._process = os.getpid()
        self.folder = root / FOLDER / secrets.token_hex(8)
        self.folder.mkdir(parents=True)
        self._lock: IO[bytes] | None = _locked(self.folder / _LOCK)

    def close(self) -> None:
        """Gives the lock back and deletes the folder, nothing else. A forked process does neither."""
        if self._lock is not None and self._process == os.getpid():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.close()
            self._lock = None
            shutil.rmtree(self.folder, ignore_errors=True)  # where an open file cannot be deleted


def temporary(parent: Path) -> Path:
    """A new folder that only this user can read, deleted at the end of the program; if that is killed, by
    :func:`sweep_temporary`. Raises OSError.
    """
    root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    atexit.register(_end, root, _locked(root / MARK))
    return root


def _end(root: Path, lock: IO[bytes]) -> None:
    lock.close()  # an open file cannot be deleted everywhere
    shutil.rmtree(root, ignore_errors=True)


def sweep(root: Path) -> None:
    """Deletes the folders of servers below ``root`` that have ended."""
    for folder in _folders(root):
        if _is_dead(folder):
            shutil.rmtree(folder, ignore_errors=True)


def sweep_temporary(where: Path | None = None) -> None:
    """Deletes this user's folders for temporary files whose makers and servers have all ended.

    Only a folder with the mark, or one of an earlier version with nothing but servers' folders, is Stylize's.
    """
    for root in (where or Path(tempfile.gettempdir())).glob(PREFIX + "*"):
        with suppress(OSError):
            ours = not hasattr(os, "getuid") or root.lstat().st_uid == os.getuid()
            if ours and not root.is_symlink() and _is_over(root):
                shutil.rmtree(root, ignore_errors=True)


def _is_over(root: Path) -> bool:
    """Whether a folder is Stylize's, for temporary files, and nobody uses it any more."""
    folders = _folders(root)
    if (root / MARK).is_file():
        return _is_free(root / MARK) and all(map(_is_dead, folders))
    everything = list((root / FOLDER).iterdir()) if (root / FOLDER).is_dir() else []
    return (
        bool(folders) and len(folders) == len(everything) and all(_is_free(each / _LOCK) for each in folders)
    )


def _folders(root: Path) -> list[Path]:
    with suppress(OSError):
        return [
            each
            for each in (root / FOLDER).iterdir()
            if _OWN.fullmatch(each.name) and each.is_dir() and not each.is_symlink()
        ]
    return []


def _is_dead(folder: Path) -> bool:
    if not (folder / _LOCK).exists():
        with suppress(OSError):
            return time.time() - folder.stat().st_mtime > YOUNG
    return _is_free(folder / _LOCK)


def _is_free(lock: Path) -> bool:
    with suppress(OSError), open(lock, "r+b") as file:
        return _take(file)
    return False


def _locked(path: Path) -> IO[bytes]:
    """A new file whose lock is held until it is closed, and which nobody ever sees without."""
    making = path.with_name(".lock")
    file = open(making, "wb")  # noqa: SIM115
    _take(file)
    os.replace(making, path)
    return file


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
