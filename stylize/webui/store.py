"""The files that the page writes: previews and results, in a folder of their own that cannot overflow."""

from __future__ import annotations

import math
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..image import Limits, fit, load, to_pil

if TYPE_CHECKING:
    from torch import Tensor

PREVIEW_SIDE = 768  # pixels
SHOWN_SIDE = 1600
OLDEST = 24 * 3600.0  # seconds
RESPITE = 60.0  # seconds for which a new file is safe whatever the total


class Store:
    """A folder with an upper limit.

    Args:
        root: the folder, with gradio's own files (uploads) in it too.
        megabytes: how much may lie in it, in all.
        oldest: seconds after which a file that nobody looked at is deleted.
    """

    def __init__(self, root: Path, megabytes: float, oldest: float = OLDEST) -> None:
        self.root, self.limit, self.oldest = root, megabytes * 1e6, oldest
        self.pictures = root / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)

    def path(self, suffix: str, name: str = "") -> Path:
        """A new path that nobody can guess; ``name`` is what a download will be called."""
        folder = self.pictures / secrets.token_hex(12)
        folder.mkdir()
        return folder / ((name or "picture") + suffix)

    def preview(self, picture: Tensor, side: int = PREVIEW_SIDE) -> str:
        """A JPEG of (1, 3, H, W) in [0, 1] for the screen; its path."""
        path = self.path(".jpg")
        to_pil(fit(picture, side)).save(path, quality=88)
        return str(path)

    def smaller(self, source: Path, target: Path, side: int) -> None:
        """Writes a JPEG of a picture file, at most ``side`` pixels a side. Raises PictureError."""
        picture = load(source, Limits(math.inf, math.inf))
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        to_pil(fit(picture.tensor, side)).save(temporary, "JPEG", quality=90)
        os.replace(temporary, target)

    def trim(self) -> None:
        """Deletes what is too old, then the oldest until the rest is within the limit."""
        now, files = time.time(), []
        for path in self.root.rglob("*"):
            with suppress(OSError):
                if path.is_file():
                    about = path.stat()
                    files.append((about.st_mtime, about.st_size, path))
        total = sum(size for _, size, _ in files)
        for changed, size, path in sorted(files):
            if now - changed < self.oldest and (total <= self.limit or now - changed < RESPITE):
                break
            with suppress(OSError):
                path.unlink()
                total -= size
            with suppress(OSError):  # only if that was its last file
                if path.parent.parent != self.root:
                    os.rmdir(path.parent)
