"""The learned styles of one owner: the user's on a page of one's own, else a visitor's in their folder."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from ..errors import StyleError
from ..image import learned as files
from ..library import learned
from ..library.learned import Mine
from ..notebook.assets import touch

REFRESH = 3600.0  # seconds after which a file that is looked at counts as used once more


class MyStyles:
    """A folder of learned styles.

    Args:
        folder: of a visitor, whose files go when nobody looks at them; None for the user's own.
        most: how many may lie there; None for no limit.
    """

    def __init__(self, folder: Path | None, most: int | None = None) -> None:
        self._where, self.most = folder, most

    def all(self) -> tuple[Mine, ...]:
        """Every style by name."""
        found = learned.mine(self._where)
        for each in found if self._where is not None else ():
            with suppress(OSError):
                if time.time() - each.path.stat().st_mtime > REFRESH:
                    touch(each.path)
        return found

    def holding(self, sha256: str) -> Mine | None:
        """The style whose file has this sha256, or None."""
        return learned.holding(sha256, self._where)

    def data(self, name: str) -> bytes:
        """The file of a style. Raises StyleError."""
        return learned.export(name, self._where)

    def unused(self, name: str) -> str:
        """A name that a new style can have, as close to this one as can be."""
        return learned.unused(name, self._where)

    def add(self, data: bytes, name: str, *, replace: bool = False) -> None:
        """Keeps a file that was looked at. Raises StyleError, PictureError."""
        if self.most is not None and len(learned.mine(self._where)) >= self.most and not replace:
            raise StyleError("You have {most} styles already: delete one first.", most=self.most)
        learned.add(data, name, self._where, replace=replace)

    def take(self, data: bytes, file: str) -> str:
        """Keeps a file of that name that was looked at, unless it is here; its name here.

        Raises StyleError, PictureError.
        """
        style, _ = files.parsed(data, file)
        present = self.holding(hashlib.sha256(data).hexdigest())
        name = present.name if present else self.unused(learned.name_in(file, style))
        if present is None:
            self.add(data, name)
        return name

    def rename(self, old: str, new: str) -> None:
        """Another name. Raises StyleError."""
        learned.rename(old, files.clean_name(new), self._where)

    def delete(self, name: str) -> None:
        """Removes one. Raises StyleError."""
        learned.delete(name, self._where)
