"""Pictures by the sha256 of their files: in memory, or in a folder. A file is never changed."""

from __future__ import annotations

import hashlib
import math
import os
import secrets
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NotebookError
from .schema.fields import Asset

if TYPE_CHECKING:
    from ..image import Limits

_SUFFIXES = {
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"II+\0": ".tif",
    b"MM\0+": ".tif",
}
LEARNED = ".safetensors"  # of a learned style
_ALSO = ".also"  # of a file that holds the sha256 under which a picture is kept


class Assets:
    """A store of picture files, none of which keeps its metadata.

    Args:
        folder: where they are kept, made with the first of them; None keeps them in memory. Files that are
            there already are part of the store.
        limits: of what is decoded to take its metadata off; default: none.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, limits: Limits | None = None) -> None:
        self._limits = limits
        self._folder = None if folder is None else Path(folder)
        self._memory: dict[str, bytes] = {}
        self._also: dict[str, str] = {}

    @property
    def limits(self) -> Limits | None:
        """Of what is decoded; None for none."""
        return self._limits

    def add(self, data: bytes) -> str:
        """Mutates: keeps a picture's file without its metadata and returns the sha256 of what is kept.

        The picture is found by the sha256 of the whole file as well. Untrusted bytes go through
        :func:`stylize.load` beforehand. Raises NotebookError for what is no picture, PictureError.
        """
        if not suffix_of(data):
            raise NotebookError("This is no picture that can be read.")
        given, bare = hashlib.sha256(data).hexdigest(), self._bare(data)
        sha256 = hashlib.sha256(bare).hexdigest()
        if self._folder is None:
            self._memory.setdefault(sha256, bytes(bare))
        elif (present := self._file(sha256)) is None:
            self._write(self._folder / (sha256 + suffix_of(bare)), bare)
        else:
            touch(present)
        if given != sha256:
            if self._folder is None:
                self._also[given] = sha256
            else:
                self._write(self._folder / (given + _ALSO), sha256.encode())
        return sha256

    def get(self, sha256: str) -> bytes:
        """A picture's file. Raises NotebookError if it is not here."""
        path = self.path(sha256)
        if path is not None:
            touch(path)
            return self._bare(path.read_bytes())  # an earlier version kept files as they came
        found = self._memory.get(self._also.get(sha256, sha256))
        if found is None:
            raise NotebookError("A picture is no longer here: choose it again.")
        return found

    def path(self, sha256: str) -> Path | None:
        """The path of a picture's file; None if it is in memory or not here."""
        Asset().check(sha256, "sha256")
        if self._folder is None:
            return None
        found = self._file(sha256)
        if found is None:
            also = self._folder / (sha256 + _ALSO)
            with suppress(OSError):
                found = self._file(also.read_text("ascii"))
                touch(also)
        return found

    def _file(self, sha256: str) -> Path | None:
        assert self._folder is not None
        paths = [self._folder / (sha256 + suffix) for suffix in (*_SUFFIXES.values(), ".webp", LEARNED)]
        return next((path for path in dict.fromkeys(paths) if path.is_file()), None)

    def __contains__(self, sha256: object) -> bool:
        if not isinstance(sha256, str):
            return False
        if self._folder is None:
            return self._also.get(sha256, sha256) in self._memory
        return self.path(sha256) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._memory) if self._folder is None else self._names(False))

    def _names(self, also: bool) -> list[str]:
        """The sha256 of the files here; or the others under which some of them are known as well."""
        if self._folder is None or not self._folder.is_dir():
            return list(self._also) if also else []
        paths = sorted(self._folder.iterdir())
        return [path.stem for path in paths if len(path.stem) == 64 and (path.suffix == _ALSO) == also]

    def keep(self, used: Container[str]) -> None:
        """Mutates: drops every picture that is not in ``used``."""
        known = {sha256 for sha256 in self if sha256 in used}
        known |= {self._kept_as(other) for other in self._names(True) if other in used}
        self.drop(sha256 for sha256 in tuple(self) if sha256 not in known)

    def _kept_as(self, sha256: str) -> str:
        path = self.path(sha256)
        return self._also.get(sha256, sha256) if path is None else path.stem

    def drop(self, gone: Iterable[str]) -> None:
        """Mutates: drops pictures, with every other sha256 of theirs. Those not here are ignored."""
        kept = {self._kept_as(sha256) for sha256 in gone}
        if not kept:
            return
        others = [other for other in self._names(True) if self._kept_as(other) in kept]
        for sha256 in kept:
            self._memory.pop(sha256, None)
            path = self.path(sha256)
            if path is not None:
                path.unlink(missing_ok=True)
        for other in others:
            self._also.pop(other, None)
            if self._folder is not None:
                (self._folder / (other + _ALSO)).unlink(missing_ok=True)

    def _bare(self, data: bytes) -> bytes:
        from ..image import Limits, without_metadata

        return without_metadata(data, self._limits or Limits(math.inf, math.inf))

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
                folder=str(path.parent),
                reason=error.strerror,
            ) from error
        finally:
            temporary.unlink(missing_ok=True)


def suffix_of(data: bytes) -> str:
    """The usual suffix of a picture's file, by its first bytes; "" for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    found = next((suffix for magic, suffix in _SUFFIXES.items() if data.startswith(magic)), "")
    return found or (LEARNED if _is_learned(data) else "")


def _is_learned(data: bytes) -> bool:
    from ..image.learned import is_learned  # Pillow, which the notebook itself does without

    return is_learned(data)


def touch(path: Path) -> None:
    """Marks a file as used just now."""
    with suppress(OSError):
        os.utime(path)
