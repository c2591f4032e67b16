"""The pictures of one owner: one visitor of a page for others, or everybody of a page of one's own.

Nothing here can reach another owner's files: a picture is looked for by its sha256 in the owner's folder
alone, and the addresses under which a browser finds it come from the owner's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from .. import library
from ..errors import NotebookError
from ..image import Limits, load
from ..library.learned import Mine
from ..notebook import Assets, Cell, Example, Named, Notebook, Output, PictureRef, Upload
from ..notebook import examples as samples
from ..notebook.assets import LEARNED, touch
from .my_styles import MyStyles
from .profiles import Profile
from .store import PREVIEW_SIDE, SHOWN_SIDE, THUMB_SIDE, Store

if TYPE_CHECKING:
    from torch import Tensor


class Own:
    """What belongs to one owner.

    Args:
        store: the page's folder.
        profile: how large an input may be.
        key: the owner's secret; "" for the one owner of a page of one's own.
    """

    def __init__(self, store: Store, profile: Profile, key: str = "") -> None:
        self.store, self.profile = store, profile
        self.name = _derived("owner", key)[:32] if key else ""
        self._secret = _derived("addresses", key).encode()
        self.assets = Assets(store.private(self.name) / "assets", self.limits())
        self.styles = MyStyles(
            None if profile.trusted else store.private(self.name) / "styles", profile.styles
        )
        self.networks = store.private(self.name) / "networks"

    def limits(self, stop: threading.Event | None = None) -> Limits:
        """The bounds of an input picture of the owner's; ``stop`` is that of the run that reads it."""
        return self.profile.limits(self.name, stop)

    # In

    def take(self, file: Path) -> tuple[str, str]:
        """An upload becomes a picture of the owner's: its sha256 and its name. Raises StylizeError."""
        load(file, self.limits())  # refuses what is no picture, or too large a one
        return self.keep(file), file.name

    def keep(self, file: Path) -> str:
        """A picture file that was uploaded and looked at becomes the owner's; its sha256.

        What arrived is replaced by what is kept, so that no copy with its metadata stays behind.
        """
        data = file.read_bytes()
        sha256 = self.assets.add(data)
        kept = self.assets.path(sha256)
        bare = data if kept is None else kept.read_bytes()
        if bare != data:
            temporary = file.with_name(f".{secrets.token_hex(8)}.tmp")
            temporary.write_bytes(bare)
            os.replace(temporary, file)
        return sha256

    def take_network(self, file: Path) -> None:
        """Keeps a weight file under its name."""
        self.networks.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, self.networks / file.name)

    def network(self, name: str) -> Path | None:
        """A weight file that was taken, where this page takes any; ``name`` is a plain one."""
        path = self.networks / name
        if not (self.profile.own_weights and path.name == name and path.is_file()):
            return None
        touch(path)
        return path

    def bring(self, cells: Iterable[Cell]) -> None:
        """Brings learned styles that cells name among the pictures, if they are the owner's."""
        named = {each.asset for cell in cells for each in cell.sources if isinstance(each, Upload)}
        for sha256 in (each for each in named if each not in self.assets):
            style = self.styles.holding(sha256)
            if style is not None:
                self.assets.add(style.path.read_bytes())

    # Out

    def is_learned(self, sha256: str) -> bool:
        """Whether a picture that is kept is a learned style."""
        path = self.assets.path(sha256)
        return path is not None and path.suffix == LEARNED

    def path(self, suffix: str, name: str = "") -> Path:
        """A new path to be served; ``name`` is what a download will be called."""
        return self.store.path(suffix, name, self.name)

    def preview(self, picture: Tensor, side: int = PREVIEW_SIDE) -> str:
        """A JPEG of (1, 3, H, W) in [0, 1] for the screen; its path."""
        return self.store.preview(picture, side, self.name)

    def thumb(self, sha256: str, side: int = THUMB_SIDE) -> str:
        """The address of a small picture; "" if it is not here any more."""
        path = self.assets.path(sha256)
        if path is not None:
            touch(path)
        return self._smaller(path, sha256, side)

    def style_thumb(self, style: Mine) -> str:
        """The address of the small picture of a learned style; "" if it cannot be read."""
        return self._smaller(style.path, style.sha256, THUMB_SIDE)

    def _smaller(self, path: Path | None, sha256: str, side: int) -> str:
        target = self._served(f"{sha256}-{side}", ".jpg")
        return url(self.store.copied(path, target, side, self.limits()))

    def shown(self, sha256: str) -> str:
        """The address of a picture as large as the screen needs it."""
        return self.thumb(sha256, SHOWN_SIDE)

    def original(self, sha256: str, name: str = "picture") -> str:
        """The address of the file itself; "" if it is not here any more.

        It ends in ``name``: what a browser saves is called after the last part of its address, whatever the
        link says, because gradio sends that along (``Content-Disposition``).
        """
        path = self.assets.path(sha256)
        if path is None:
            return ""
        target = self._served(sha256, "") / (name + path.suffix)
        try:
            if not target.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                _linked(path, target)
            touch(target)
            touch(path)
        except OSError:
            return ""
        return url(target)

    def seen(self, book: Notebook, source: PictureRef | None, side: int = THUMB_SIDE) -> str:
        """The address of the picture that a source stands for at present; "" if there is none."""
        if isinstance(source, Upload):
            return self.thumb(source.asset, side)
        if isinstance(source, Output):
            result = book[source.cell].result
            return self.thumb(result.asset, side) if result else ""
        if isinstance(source, Example):
            try:
                return url(self.store.sample(samples.find(source.name), side))
            except NotebookError:
                return ""
        if isinstance(source, Named):
            found = library.find(source.name)
            return url(self.store.sample(found.thumbnail, side)) if found else ""
        return ""

    def _served(self, what: str, suffix: str) -> Path:
        """The path of a served file: always the same, and known only to who knows the owner's secret."""
        name = hmac.new(self._secret, what.encode(), "sha256").hexdigest()[:32]
        return self.store.public(self.name) / (name + suffix)


def url(path: str | Path) -> str:
    """The address of a served file, in relation to the page; "" for ""."""
    return "gradio_api/file=" + quote(str(path)) if path else ""


def _derived(purpose: str, key: str) -> str:
    """64 hex digits that follow from a key and do not tell it."""
    return hashlib.sha256(f"stylize {purpose}\0{key}".encode()).hexdigest()


def _linked(source: Path, target: Path) -> None:
    """A second name for a file; a copy where there are no such names."""
    temporary = target.with_name(f".{target.name}.tmp")
    with suppress(OSError):
        temporary.unlink()
    try:
        os.link(source, temporary)
    except OSError:
        shutil.copyfile(source, temporary)
    os.replace(temporary, target)
