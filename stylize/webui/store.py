"""The page's folder: what is served, what is private to a visitor, and how much is kept for how long.

pictures/OWNER/      served: smaller copies, and folders with downloads, under names that nobody can guess
pictures/shared/     served: smaller copies of pictures that come with Stylize
visitors/OWNER/      not served: assets and networks of one visitor
assets/, networks/   not served: those of the owner "", on a page with one owner
pace.json            not served: what runs take on this machine
servers/ID/uploads/  what gradio received or hands out, of one running server
"""

from __future__ import annotations

import heapq
import io
import math
import os
import secrets
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StylizeError
from ..image import Limits, fit, load, to_pil
from ..weights import digest
from . import servers

if TYPE_CHECKING:
    from torch import Tensor

PREVIEW_SIDE = 768  # pixels
SHOWN_SIDE = 1600
THUMB_SIDE = 320
OLDEST = 24 * 3600.0  # seconds
RESPITE = 60.0  # seconds for which a file that is new here is safe whatever the total
FETCH = 600.0  # seconds for which an answer waits for its program whatever the total
TRANSIT = 3600.0  # seconds for which a file that was received or handed out is kept
SHARED = "shared"  # pictures that come with Stylize, as if of an owner of their own
LOCAL = "local"  # what the owner "" is called among the served pictures


@dataclass(frozen=True, order=True)
class _File:
    changed: float  # seconds since 1970
    size: float  # bytes, shared among the names that a file has
    path: Path
    owner: str


class Store:
    """A folder with limits.

    Args:
        root: the folder; other servers may use it at the same time.
        megabytes: how much may lie in it, in all.
        oldest: seconds after which a file that nobody looked at is deleted.
        each: megabytes of one owner; default: all of them.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        root: Path,
        megabytes: float,
        oldest: float = OLDEST,
        each: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.root, self.limit, self.oldest, self.clock = root, megabytes * 1e6, oldest, clock
        self.each = self.limit if each is None else each * 1e6
        self.pace = root / "pace.json"  # what runs take on this machine, which no limit deletes
        self.pictures = root / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.server = servers.Server(root)
        self.close = weakref.finalize(self, self.server.close)  # at the end of the program, too
        self._samples: dict[Path, str] = {}  # sha256 of files that never change
        self.uploads = self.server.folder / "uploads"
        self.uploads.mkdir()
        self._given: dict[Path, str] = {}  # owners of what was received or is handed out
        self._answers: set[Path] = set()
        self._found: dict[Path, float] = {}  # when each file was first seen here, in seconds since 1970
        # Files that no limit may delete, such as those of a run that is under way.
        self.in_use: Callable[[], Collection[Path]] = frozenset

    def private(self, owner: str) -> Path:
        """The folder of an owner's assets and networks, which is never served."""
        return self.root / "visitors" / owner if owner else self.root

    def public(self, owner: str) -> Path:
        """The folder of an owner's served pictures."""
        return self.pictures / (owner or LOCAL)

    def path(self, suffix: str, name: str = "", owner: str = "") -> Path:
        """A new path that nobody can guess; ``name`` is what a download will be called."""
        return _new_folder(self.public(owner)) / ((name or "picture") + suffix)

    def arrival(self, suffix: str, name: str) -> Path:
        """As :meth:`path`, for what was received, beside gradio's uploads."""
        return _new_folder(self.uploads) / (name + suffix)

    def answer(self, suffix: str, name: str, owner: str = servers.FOLDER) -> Path:
        """As :meth:`arrival`, for what a program is handed: gradio takes it from there without a copy."""
        path = self.arrival(suffix, name)
        self._answers.add(path)
        self.give(path, owner)
        return path

    def give(self, path: Path, owner: str) -> None:
        """Counts a file that was received or is handed out to the share of ``owner``."""
        self._given[self._inside(path)] = owner

    def _inside(self, path: Path) -> Path:
        """A path as it is found from the folder as it was named, whatever links lead there."""
        real = Path(os.path.realpath(self.root))
        return self.root / path.relative_to(real) if path.is_relative_to(real) else path

    def preview(self, picture: Tensor, side: int = PREVIEW_SIDE, owner: str = "") -> str:
        """A JPEG of (1, 3, H, W) in [0, 1] for the screen; its path."""
        path = self.path(".jpg", owner=owner)
        to_pil(fit(picture, side)).save(path, quality=88)
        return str(path)

    def smaller(self, source: Path, target: Path, side: int, limits: Limits | None = None) -> None:
        """Writes a JPEG of a picture file, at most ``side`` pixels a side. Raises PictureError, OSError."""
        picture = load(source, replace(limits or Limits.default(), megapixels=math.inf, megabytes=math.inf))
        data = io.BytesIO()
        to_pil(fit(picture.tensor, side)).save(data, "JPEG", quality=90)
        try:
            _written(data.getvalue(), target)
        except FileNotFoundError:  # the folder was empty for long, and went between its making and its use
            _written(data.getvalue(), target)

    def sample(self, path: Path, side: int = THUMB_SIDE) -> str:
        """The path of a smaller copy of a picture that comes with Stylize; "" if it cannot be read."""
        known = self._samples.get(path) or self._samples.setdefault(path, digest.sha256(path))
        return self.copied(path, self.public(SHARED) / f"{known}-{side}.jpg", side)

    def copied(self, source: Path | None, target: Path, side: int, limits: Limits | None = None) -> str:
        """The path of a smaller copy, made if need be; "" if there is no source or it cannot be made."""
        if not target.is_file():
            if source is None:
                return ""
            try:
                self.smaller(source, target, side, limits)
            except (StylizeError, OSError):
                return ""
        with suppress(OSError):
            os.utime(target)
        return str(target)

    # Limits

    def trim(self) -> None:
        """Deletes what is too old, then the oldest of each owner's that is above the owner's share, then the
        oldest of whoever has most until the rest is within the limit. What is in use stays."""
        servers.sweep(self.root)
        now, held, every = self.clock(), frozenset(map(self._inside, self.in_use())), list(self._files())
        found = self._found = {file.path: self._found.get(file.path, now) for file in every}
        by_owner: defaultdict[str, list[_File]] = defaultdict(list)
        for file in every:
            if now - file.changed >= self._oldest(file) and file.path not in held:
                self._delete(file)
            else:
                by_owner[file.owner].append(file)
        left = {
            owner: _Pile(
                [f for f in files if now - _came(f, found) >= self._respite(f) and f.path not in held], files
            )
            for owner, files in by_owner.items()
        }
        for pile in left.values():
            while pile.size > self.each and pile.loose:
                self._delete(pile.pop())
        for file in _fairly(left.values(), self.limit):
            self._delete(file)
        self._without_empty()

    def _oldest(self, file: _File) -> float:
        return min(TRANSIT, self.oldest) if self.uploads in file.path.parents else self.oldest

    def _respite(self, file: _File) -> float:
        return FETCH if file.path in self._answers else RESPITE

    def _files(self) -> Iterator[_File]:
        """Every file but those of other servers."""
        other = self.root / servers.FOLDER
        for folder, names, files in os.walk(self.root):
            if Path(folder) == other:
                names[:] = [name for name in names if name == self.server.folder.name]
            for name in files:
                path = Path(folder, name)
                if path.parent == self.server.folder or path in (self.root / servers.MARK, self.pace):
                    continue
                with suppress(OSError):
                    about = path.lstat()
                    size = about.st_size / max(1, about.st_nlink)
                    yield _File(about.st_mtime, size, path, self._owner(path))

    def _owner(self, path: Path) -> str:
        """Whose file it is; those of the page itself are the owner ""'s."""
        kind, *rest = path.relative_to(self.root).parts
        if kind in ("visitors", "pictures") and len(rest) > 1:
            return "" if rest[0] == LOCAL else rest[0]
        return self._given.get(path, servers.FOLDER) if kind == servers.FOLDER else ""

    def _delete(self, file: _File) -> None:
        with suppress(OSError):
            file.path.unlink()
            self._given.pop(file.path, None)
            self._answers.discard(file.path)
            folder = file.path.parent
            if self.pictures in folder.parent.parents or self.uploads in folder.parents:
                folder.rmdir()  # it was this file's alone

    def _without_empty(self) -> None:
        """Deletes empty folders, but none that is expected to be there or that is just being filled."""
        fixed = {self.root, self.pictures, self.uploads, self.server.folder, self.root / servers.FOLDER}
        fixed |= {self.root / "visitors", self.root / "assets", self.root / "networks"}
        for folder, _, _ in os.walk(self.root, topdown=False):
            path = Path(folder)
            foreign = self.root / servers.FOLDER in path.parents and self.server.folder not in path.parents
            if path in fixed or foreign:
                continue
            with suppress(OSError):
                if self.clock() - path.stat().st_mtime >= RESPITE:
                    path.rmdir()  # fails where there is something in it


def _came(file: _File, found: Mapping[Path, float]) -> float:
    """Since when it is here, as far as that is known: whoever looks at a file makes it look new."""
    return min(file.changed, found[file.path])


class _Pile:
    """An owner's files: their size in all, and those that may be deleted, the oldest last."""

    def __init__(self, loose: Iterable[_File], every: Iterable[_File]) -> None:
        self.loose = sorted(loose, reverse=True)
        self.size = sum(file.size for file in every)

    def pop(self) -> _File:
        """Takes the oldest off."""
        file = self.loose.pop()
        self.size -= file.size
        return file


def _fairly(piles: Collection[_Pile], limit: float) -> Iterator[_File]:
    """The oldest file of whoever has most at that time, until the total is within the limit."""
    total = sum(pile.size for pile in piles)
    largest = [(-pile.size, n, pile) for n, pile in enumerate(piles) if pile.loose]
    heapq.heapify(largest)
    while total > limit and largest:
        _, n, pile = largest[0]
        file = pile.pop()
        total -= file.size
        yield file
        if pile.loose:
            heapq.heapreplace(largest, (-pile.size, n, pile))
        else:
            heapq.heappop(largest)


def _written(data: bytes, target: Path) -> None:
    """A file that is whole or not there, in a folder that is made if need be. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, target)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _new_folder(where: Path) -> Path:
    folder = where / secrets.token_hex(12)
    folder.mkdir(parents=True)
    return folder
