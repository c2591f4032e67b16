"""Which photo is painted in which style: sets of pairs that no training of the bundled networks has seen.

==========  ============================================================================================
old         photographs of ``landscapes`` with paintings of ``vangogh`` and ``paintings`` in turn, all held
            out by ``configs/adain-half.toml``
modern      as many portraits and people of ``photos`` as photographs of ``landscapes``, with pictures of
            ``styles-modern``, all held out by ``configs/gpu/pack.py``; pictures of a folder of wallpapers
            take turns with the latter
named       the same photos with the styles of ``examples/``, which the painter knows by name
==========  ============================================================================================

Which files are chosen depends on their names alone.
"""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "configs" / "gpu"))

import pack

from stylize.training.config import Config
from stylize.training.data import PictureFolder

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "configs" / "adain-half.toml"
SETS = ("old", "modern", "named")
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
PEOPLE = ("face", "person")
SALT = "pair "  # held-out files have small hashes of their own, so folders are not mixed by these


@dataclass(frozen=True)
class Pair:
    """A photo and a style of a set; ``number`` counts from 1 within the set."""

    set: str
    number: int
    photo: Path
    style: Path

    @property
    def name(self) -> str:
        """Such as ``modern-07``."""
        return f"{self.set}-{self.number:02d}"


def pairs_of(name: str, data: Path, wallpapers: Path | None, count: int) -> list[Pair]:
    """``count`` pairs of a set, but of ``named`` at most one for each style."""
    if name == "old":
        photos = ordered(in_config(data, "content", "landscapes"))
        groups = [ordered(in_config(data, "style", folder)) for folder in ("vangogh", "paintings")]
        return paired(name, photos, groups, count)
    photos = ordered(photos_of(data), SALT)
    if name == "named":
        styles = sorted(pictures_in(ROOT / "examples" / "styles"))
        return paired(name, photos, [styles], min(count, len(styles)))
    groups = [ordered(pack.chosen(data, "styles-modern", held_out=True), SALT)]
    if wallpapers:
        contents = {path.stem for path in (data / "landscapes").iterdir()}
        groups.append(ordered(pictures_in(wallpapers, contents), SALT))
    return paired(name, photos, groups, count)


def paired(name: str, photos: Sequence[Path], styles: Sequence[Sequence[Path]], count: int) -> list[Pair]:
    """The first photos with the first styles, of which folders take turns; short folders begin again."""
    if not photos or not all(styles):
        sys.exit(f"there are no pictures to compare for the set {name!r}: check the folders")
    turns = itertools.chain.from_iterable(zip(*map(itertools.cycle, styles), strict=True))
    both = itertools.islice(zip(itertools.cycle(photos), turns, strict=False), count)
    return [Pair(name, number, *files) for number, files in enumerate(both, 1)]


def ordered(files: Iterable[Path], salt: str = "") -> list[Path]:
    """In an order that depends on the names alone."""
    return sorted(files, key=lambda path: hashlib.sha256((salt + path.name).encode()).hexdigest())


def pictures_in(folder: Path, skip: set[str] | frozenset[str] = frozenset()) -> list[Path]:
    """Every picture of a folder, but for those whose stem is to be skipped."""
    return [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.stem not in skip]


def in_config(data: Path, stream: str, folder: str) -> list[Path]:
    """The files that AdaIN's training keeps out."""
    rows = Config.read("adain", CONFIG).data
    return next(
        PictureFolder(data / row.folder, row, held_out=True).files
        for row in rows
        if (row.stream, row.folder) == (stream, folder)
    )


def photos_of(data: Path) -> list[Path]:
    """Photographs that the painter's training keeps out, half of them with people."""
    scenes = pack.chosen(data, "landscapes", held_out=True)
    scenes = [path for path in scenes if not path.name.startswith(pack.NOT_PHOTOS)]
    people = pack.chosen(data, "photos", held_out=True, starts=PEOPLE)
    return scenes + people[: len(scenes)]
