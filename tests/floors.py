"""The floors and rooms of the package, as the table of CONTRIBUTING.md has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import stylize

PACKAGE = Path(stylize.__file__).parent
ROOT = PACKAGE.parent
_ROW = re.compile(r"^\| (\d) \w+ \| `([\w/.]+)` \| (.+?) \| ?(.*?) ?\|$", re.MULTILINE)


class Row(NamedTuple):
    """A room: a folder of the package or a module at its root. Floor 1 is the lowest."""

    floor: int
    room: str
    is_folder: bool
    text: str
    begin: str

    @property
    def source(self) -> Path:
        """The file with the room's docstring."""
        return PACKAGE / self.room / "__init__.py" if self.is_folder else PACKAGE / f"{self.room}.py"


def _rows(page: str) -> list[Row]:
    return [
        Row(int(floor), room.removesuffix("/").removesuffix(".py"), room.endswith("/"), text, begin)
        for floor, room, text, begin in _ROW.findall(page)
    ]


TABLE = _rows((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
FLOOR_OF = {row.room: row.floor for row in TABLE}
