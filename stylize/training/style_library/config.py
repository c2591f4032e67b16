"""What ``stylize styles build`` can be set to, as typed tables of a TOML file. No torch here."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ...settings import Settings, option
from ...system.text import decoded
from ..config import TrainingError
from ..earlier import renamed_settings

DRAWN = {"drawings": ("drawings", "素描"), "prints": ("prints", "版画")}


@dataclass(frozen=True)
class LibrarySettings(Settings):
    """``[library]``: how the works are chosen and the samples made."""

    network: str = option(
        "adain-half", label="Network", help="AdaIN decoder; its encoder gives the statistics"
    )
    also: tuple[str, ...] = option(
        (), label="Also", help="Further AdaIN decoders, whose encoders' statistics go into files of their own"
    )
    photo: str = option("", label="Photo", help="What the samples show, relative to the configuration")
    photo_side: int = option(448, low=32, high=4096, label="Photo side", help="At which it is stylized")
    sample_side: int = option(256, low=32, high=1024, label="Sample side", help="To which it is reduced")
    quality: int = option(80, low=1, high=95, label="Quality", help="Of the samples' JPEG")
    max_works: int = option(96, low=1, high=10**6, label="Works", help="Of a painter, at most")
    min_share: float = option(
        0.12, low=0, high=0.5, label="Share", help="Of the works, in a cluster at least"
    )
    near: float = option(
        0.25, low=0, high=1, label="Near", help="Share of a cluster's works that count as near its mean"
    )
    gray: float = option(
        0.013,
        low=0,
        high=1,
        label="Gray",
        help="Colorfulness below which a work on light paper counts as a drawing",
    )
    min_works: int = option(
        16, low=1, high=10**6, label="Least works", help="Drawings or paintings that make a kind of their own"
    )
    seed: int = option(0, low=0, high=2**31 - 1, label="Seed", help="The same seed makes the same library")


@dataclass(frozen=True)
class ArtistSettings(Settings):
    """``[[painter]]``: which artist, and which works."""

    name: str = option("", label="Name", help="What the styles are called")
    artist: str = option("", label="Artist", help="In English")
    artist_zh: str = option("", label="Artist, Chinese", help="In Chinese")
    born: int = option(0, low=0, high=3000, label="Born", help="Year")
    died: int = option(0, low=0, high=3000, label="Died", help="Year")
    circa: bool = option(False, label="Circa", help="The year of birth is uncertain")
    folder: str = option("paintings", label="Folder", help="Relative to the folder that --data names")
    files: str = option("", label="Files", help="Beginning of the works' file names; empty: all")
    styles: int = option(2, low=1, high=9, label="Styles", help="At most")
    drawn: str = option(
        "", choices=("", *DRAWN), label="Drawn", help="A style of their own for drawings or prints"
    )


@dataclass(frozen=True)
class LibraryConfig:
    """A whole file; ``folder`` is the one it is in."""

    library: LibrarySettings
    painters: tuple[ArtistSettings, ...]
    folder: Path

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> LibraryConfig:
        """From a TOML file, also one with earlier names of settings. Raises TrainingError, SettingsError."""
        try:
            text = decoded(Path(path).read_bytes(), Path(path).name, TrainingError)
            table = tomllib.loads(text)
            rows = [ArtistSettings.from_dict(each) for each in table["painter"]]
            settings = LibrarySettings.from_dict(renamed_settings("library", table["library"]))
            return cls(settings, tuple(rows), Path(path).parent)
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(
                "{file} is no configuration of a style library ({reason}): begin with configs/library.toml.",
                file=os.fspath(path),
                reason=getattr(error, "strerror", None) or repr(error),
            ) from error
