"""The pictures of all notebooks as files, and smaller ones of them for the screen."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from .. import library
from ..errors import NotebookError, PictureError, StylizeError
from ..image import Limits, load
from ..notebook import Assets, Example, Named, Notebook, Output, Source, Upload
from ..notebook import examples as samples
from .profiles import Profile
from .store import SHOWN_SIDE, Store

THUMB_SIDE = 320  # pixels


class Shelf:
    """What lies in the page's folder.

    Args:
        store: the folder, which it keeps within its limits.
        profile: how large an input may be.
    """

    def __init__(self, store: Store, profile: Profile) -> None:
        self.store, self.profile = store, profile
        self.assets = Assets(store.root / "assets")
        self._samples: dict[Path, str] = {}  # sha256 of files that come with Stylize

    @property
    def served(self) -> list[str]:
        """The folders whose files a browser may ask for."""
        return [str(self.store.pictures), str(self.store.root / "assets"), str(self.store.root / "networks")]

    def take(self, path: object) -> tuple[str, str]:
        """An upload becomes a picture of the shelf: its sha256 and its name. Raises StylizeError."""
        file = self.uploaded(path)
        load(file, self.profile.limits())  # refuses what is no picture, or too large a one
        return self.assets.add(file.read_bytes()), file.name

    def uploaded(self, path: object) -> Path:
        """An upload's file; anything else that a path may lead to is refused. Raises PictureError."""
        root = self.store.root.resolve()
        if isinstance(path, str) and "\0" not in path:
            with suppress(OSError):
                file = Path(path).resolve(strict=True)
                inside = file.parent.parent == root and file.parent.name not in (
                    "assets",
                    "pictures",
                    "networks",
                )
                if inside and file.is_file() and not Path(path).is_symlink():
                    return file
        raise PictureError("This file did not arrive: choose it again.")

    def thumb(self, sha256: str, side: int = THUMB_SIDE) -> str:
        """The address of a small picture; "" if it is not here any more."""
        target = self.store.pictures / f"{sha256}-{side}.jpg"
        if not target.is_file():
            source = self.assets.path(sha256)
            if source is None:
                return ""
            try:
                self.store.smaller(source, target, side)
            except StylizeError:
                return ""
        with suppress(OSError):
            os.utime(target)
        return url(target)

    def shown(self, sha256: str) -> str:
        """The address of a picture as large as the screen needs it."""
        return self.thumb(sha256, SHOWN_SIDE)

    def sample(self, path: Path, side: int = THUMB_SIDE) -> str:
        """The address of a smaller copy of a picture that comes with Stylize."""
        return self.thumb(self._kept(path), side)

    def _kept(self, path: Path) -> str:
        """The sha256 of a file that never changes, which is among the assets from then on."""
        known = self._samples.get(path)
        if known is None or known not in self.assets:
            known = self._samples[path] = self.assets.add(path.read_bytes())
        return known

    def original(self, sha256: str) -> str:
        """The address of the file itself."""
        path = self.assets.path(sha256)
        if path is None:
            return ""
        with suppress(OSError):
            os.utime(path)
        return url(path)

    def picture_of(self, book: Notebook, source: Source | None) -> str | None:
        """The sha256 of the picture that a source stands for at present; None if there is none."""
        if isinstance(source, Upload):
            return source.asset
        if isinstance(source, Output):
            result = book[source.cell].result
            return result.asset if result else None
        if isinstance(source, Example):
            try:
                return self._kept(samples.find(source.name))
            except NotebookError:
                return None
        if isinstance(source, Named):
            found = library.find(source.name)
            return self._kept(found.thumbnail) if found else None
        return None

    def limits(self) -> Limits:
        """How large an input may be."""
        return self.profile.limits()


def url(path: Path) -> str:
    """The address of a served file, in relation to the page."""
    return "gradio_api/file=" + quote(str(path))
