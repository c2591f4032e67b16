"""``weights/catalog.toml`` as data: what files there are, where they come from, what they hold.

No torch and no network here; ``resolve.py`` finds the files and ``checkpoints.py`` reads them.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..system.text import decoded

EARLIER_KEYS = {"licence": "license", "normalisation": "normalization"}  # of the file, still read
ROLES = ("encoder", "decoder", "generator", "painter")


@dataclass(frozen=True)
class WeightSource:
    """Where to get a file from: ``bundled``, ``hub`` or ``url``.

    ``hub`` needs ``repo_type``, ``repo_id``, ``filename`` and a ``revision``: 40 hex digits, or a
    branch name if the row's sha256 is certain.
    """

    kind: str
    filename: str = ""
    repo_type: str = "model"
    repo_id: str = ""
    revision: str = ""
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One weight file, or one member of a file that holds several networks.

    ``file`` is its name in the user's own folder. ``size`` is in bytes and may be rounded. ``sha256``
    empty means unknown; ``sha256_certain`` False means documentation only: a mismatch is noted, not
    refused. ``encoder`` names the row a decoder or a painter belongs to. ``normalization`` is a key of
    ``networks.NORMALIZATIONS``. ``member`` is the key prefix to take. ``card`` is the heading in
    ``weights/README.md``.
    """

    name: str
    role: str
    title: str
    summary: str
    file: str
    license: str
    card: str = ""
    sources: tuple[WeightSource, ...] = ()
    sha256: str = ""
    sha256_certain: bool = False
    size: int = 0
    format: str = ""
    normalization: str = "none"
    encoder: str = ""
    member: str = ""

    @property
    def bundled(self) -> bool:
        """Whether the project ships this file."""
        return any(source.kind == "bundled" for source in self.sources)


def folder() -> Path:
    """Where the bundled weights lie: ``weights/`` beside the package, or installed inside it."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parent / "weights"
    return beside if (beside / "catalog.toml").is_file() else package / "_weights"


@functools.cache
def rows() -> tuple[Row, ...]:
    """Every row of the catalog, in its order."""
    path = folder() / "catalog.toml"
    table = tomllib.loads(decoded(path.read_bytes(), str(path)))["file"]
    return tuple(_row(entry) for entry in table)


def _row(entry: dict[str, Any]) -> Row:
    values = {EARLIER_KEYS.get(key, key): value for key, value in entry.items()}
    sources = tuple(WeightSource(**each) for each in values.pop("sources", ()))
    return Row(**values, sources=sources)


def row(name: str) -> Row | None:
    """The row of that name, or None."""
    return next((each for each in rows() if each.name == name), None)
