"""The page's files: each visitor's own, those that all may see, and what was just uploaded."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import PictureError
from ..image import Limits
from .owned import Own, url
from .profiles import Profile
from .session import Session
from .store import THUMB_SIDE, Store

REMEMBERED = 256  # owners whose folders are not looked for again


class PageFiles:
    """The files in the page's folder.

    Args:
        store: the folder, which it keeps within its limits.
        profile: how large an input may be, and whether the page is its owner's alone.
    """

    def __init__(self, store: Store, profile: Profile) -> None:
        self.store, self.profile = store, profile
        self._of = functools.lru_cache(REMEMBERED)(functools.partial(Own, store, profile))

    @property
    def served(self) -> list[str]:
        """The folders whose files a browser may ask for, if it knows their names."""
        return [str(self.store.pictures)]

    def of(self, session: Session) -> Own:
        """The pictures of a session: its browser's alone, or on a page of one's own those of everybody."""
        return self._of("" if self.profile.trusted else session.owner)

    def in_use(self, sessions: Iterable[Session]) -> set[Path]:
        """The files that runs need, which no limit may delete."""
        found = {self.of(session).assets.path(sha256) for session in sessions for sha256 in session.in_use}
        return {path for path in found if path is not None}

    def uploaded(self, path: object) -> Path:
        """An upload's file; anything else that a path may lead to is refused. Raises PictureError.

        Its folder is named by gradio after a secret and the whole file: only who has the file knows it.
        """
        root = os.path.realpath(self.store.uploads)
        if isinstance(path, str) and "\0" not in path:
            with suppress(OSError):
                file = Path(path).resolve(strict=True)
                inside = os.path.realpath(file.parent.parent) == root
                if inside and file.is_file() and not Path(path).is_symlink():
                    return file
        raise PictureError("This file did not arrive: choose it again.")

    def sample(self, path: Path, side: int = THUMB_SIDE) -> str:
        """The address of a smaller copy of a picture that comes with Stylize."""
        return url(self.store.sample(path, side))

    def limits(self) -> Limits:
        """How large an input may be."""
        return self.profile.limits()


__all__ = ["PageFiles", "url"]
