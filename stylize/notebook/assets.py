"""Pictures by the sha256 of their files: in memory, or in a folder. A file is never changed."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from ..errors import NotebookError
from .cells import check_asset

_SUFFIXES = {
    b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp",
    b"II*\0": ".tif", b"MM\0*": ".tif", b"II+\0": ".tif", b"MM\0+": ".tif",
}  # fmt: skip


class Assets:
    """A store of picture files.

    Args:
        folder: where they are kept, made when there is something to keep; None keeps them in memory. What
            lies there already belongs to it.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._memory: dict[str, bytes] = {}

    def add(self, data: bytes) -> str:
        """Keeps a picture's file and returns its sha256. Raises NotebookError for what is no picture.

        Only the first bytes are looked at: bytes from strangers go through :func:`stylize.load` as well.
        """
        suffix = suffix_of(data)
        if not suffix:
            raise NotebookError("This is no picture that can be read.")
        sha256 = hashlib.sha256(data).hexdigest()
        if self._folder is None:
            self._memory.setdefault(sha256, bytes(data))
        elif sha256 not in self:
            self._write(self._folder / (sha256 + suffix), data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """A picture's file. Raises NotebookError if it is not here."""
        path = self.path(sha256)
        if path is not None:
            return path.read_bytes()
        if sha256 not in self._memory:
            raise NotebookError("A picture is no longer here: choose it again.")
        return self._memory[sha256]

    def path(self, sha256: str) -> Path | None:
        """Where a picture's file lies; None if it is in memory or not here."""
        check_asset(sha256)
        if self._folder is None:
            return None
        paths = (self._folder / (sha256 + suffix) for suffix in (*dict.fromkeys(_SUFFIXES.values()), ".webp"))
        return next((path for path in paths if path.is_file()), None)

    def __contains__(self, sha256: object) -> bool:
        if not isinstance(sha256, str):
            return False
        return sha256 in self._memory or (self._folder is not None and self.path(sha256) is not None)

    def __iter__(self) -> Iterator[str]:
        if self._folder is None:
            return iter(tuple(self._memory))
        if not self._folder.is_dir():
            return iter(())
        return iter([path.stem for path in sorted(self._folder.iterdir()) if len(path.stem) == 64])

    def keep(self, used: Container[str]) -> None:
        """Drops every picture that is not in ``used``."""
        self.drop(sha256 for sha256 in self if sha256 not in used)

    def drop(self, gone: Iterable[str]) -> None:
        """Drops pictures. Those that are not here are ignored."""
        for sha256 in gone:
            self._memory.pop(sha256, None)
            path = self.path(sha256)
            if path is not None:
                path.unlink(missing_ok=True)

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            os.replace(temporary, path)
        except OSError as error:
            raise NotebookError(
                "{folder} cannot be written ({reason}): make room, or choose another folder.",
                folder=str(path.parent), reason=error.strerror,
            ) from error  # fmt: skip
        finally:
            temporary.unlink(missing_ok=True)


def suffix_of(data: bytes) -> str:
    """The usual suffix of a picture's file, told by its first bytes; "" for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for magic, suffix in _SUFFIXES.items() if data.startswith(magic)), "")
