"""``weights/styles/index.toml`` as data: which named styles there are, and of which encoders. No torch."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from ..errors import StyleError
from ..system.text import decoded
from ..weights import catalog
from .named import NamedStyle

INDEX, STATISTICS = "index.toml", "styles.safetensors"


@dataclass(frozen=True)
class Also:
    """A further encoder's statistics: its name and sha256, the file and the sha256 of that."""

    encoder: str
    encoder_sha256: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Index:
    """The whole file: name and sha256 of the first encoder, the styles, and further encoders by sha256."""

    encoder: str
    sha256: str
    styles: tuple[NamedStyle, ...]
    also: Mapping[str, Also] = field(default_factory=dict)


def folder() -> Path:
    """The folder of the library: ``styles/`` beside the catalog."""
    return catalog.folder() / "styles"


def styles() -> tuple[NamedStyle, ...]:
    """Every style, painter by painter; none if the library was left out of an installation."""
    return read(folder()).styles


def encoder() -> tuple[str, str]:
    """Catalog name and sha256 of the library's first encoder; empty without one."""
    found = read(folder())
    return found.encoder, found.sha256


def fits(encoder_sha256: str) -> bool:
    """Whether there are statistics of the encoder in a file with this sha256."""
    return bool(encoder_sha256) and encoder_sha256 in (encoder()[1], *also())


def also() -> Mapping[str, Also]:
    """The further encoders, by their sha256."""
    return read(folder()).also


@functools.cache
def read(where: Path) -> Index:
    """The index in a folder, read once; an empty one where there is none. Raises StyleError."""
    try:
        table = tomllib.loads(decoded((where / INDEX).read_bytes(), INDEX, StyleError))
    except FileNotFoundError:
        return Index("", "", ())
    known = {each.name for each in fields(NamedStyle)}
    return Index(
        table["encoder"],
        table["encoder_sha256"],
        tuple(
            NamedStyle(**{key: value for key, value in row.items() if key in known} | _own(where, row))
            for row in table["style"]
        ),
        {row["encoder_sha256"]: Also(**row) for row in table.get("also", [])},
    )


def _own(where: Path, row: Mapping[str, object]) -> dict[str, object]:
    return {"thumbnail": where / f"{row['name']}.jpg", "circa": row.get("circa", False)}
