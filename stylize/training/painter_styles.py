"""The styles that a painter learns from: how their pictures are shown, and which share a code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zlib import crc32

import torch
import torch.nn.functional as F
from torch import Tensor

from .data import PictureFolder, group_of
from .settings import PainterDataSettings

SIDE = 512  # pixels of the longer side at which a style is shown, as the modes show it
LEAST_SIDE = 32
OTHER_NAMES = {"giotto-di-bondone": "giotto"}  # of groups of files, and of the style library
File = TypeVar("File", Path, str)


@dataclass(frozen=True)
class StyleForm:
    """A style picture at a longer side, in its own colors (0) or in others, by their seed."""

    picture: int
    side: int = SIDE
    colors: int = 0


@dataclass(frozen=True)
class StyleFolder:
    """Styles that are drawn alike: groups of their numbers, weight among the folders, share of hard ones."""

    groups: Sequence[Sequence[int]]
    weight: float = 1.0
    hard: float = 0.0


@dataclass
class StyleCollection:
    """All styles by their numbers, those of each code by its name, and the folders of predicted ones."""

    forms: list[StyleForm] = field(default_factory=list)
    named: dict[str, list[int]] = field(default_factory=dict)
    folders: list[StyleFolder] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Of the codes, in the order of their rows."""
        return sorted(self.named)

    @property
    def members(self) -> list[list[int]]:
        """The numbers of the styles of each row."""
        return [self.named[name] for name in self.names]

    def add(self, forms: Iterable[StyleForm], code: str = "") -> list[int]:
        """Numbers of new styles; those in their own colors belong to the code of that name."""
        numbers = []
        for form in forms:
            numbers.append(len(self.forms))
            if code and not form.colors:
                self.named.setdefault(code, []).append(len(self.forms))
            self.forms.append(form)
        return numbers


def forms_of(picture: int, name: str, sides: Iterable[int] = (SIDE,), recolored: int = 0) -> list[StyleForm]:
    """A picture at some sides, and at the first of them in other colors, which follow from its name."""
    own = [StyleForm(picture, side) for side in sides]
    seed = crc32(name.encode()) | 1  # never 0
    return own + [StyleForm(picture, own[0].side, seed + 2 * n) for n in range(recolored)]


def code_name(name: str) -> str:
    """What a code is called that belongs to a picture or to a group of files: as in the style library."""
    plain = name.lower().replace("_", "-")
    return OTHER_NAMES.get(plain, plain)


def some_of_each_group(files: Sequence[File], most: int) -> list[File]:
    """At most ``most`` files of each group, or all for 0, in an order that depends on their names alone."""
    counts: dict[str, int] = {}
    found = []
    for file in sorted(files, key=_shuffled):
        group = group_of(Path(file).stem)
        counts[group] = counts.get(group, 0) + 1
        if not most or counts[group] <= most:
            found.append(file)
    return found


def _shuffled(file: File) -> str:
    return hashlib.sha256(("order " + Path(file).name).encode()).hexdigest()


class StyleFiles:
    """The styles of some folders, with the file of each picture.

    Args:
        folders: as :class:`PainterDataSettings` describe them.
    """

    def __init__(self, folders: Sequence[PictureFolder]) -> None:
        self.files: list[tuple[Path, int]] = []  # with the side at which it is kept
        self.collection = StyleCollection()
        self.pictures: dict[str, Path] = {}  # files with a code of their own, by its name
        for folder in folders:
            if folder.files:
                self._take(folder)

    def _take(self, folder: PictureFolder) -> None:
        settings = folder.settings
        assert isinstance(settings, PainterDataSettings)
        groups: dict[str, list[int]] = {}
        sides = [side for side in (settings.side, settings.second_side) if side]
        for file in some_of_each_group(folder.files, settings.per_group):
            forms = forms_of(len(self.files), file.name, sides, settings.recolored)
            self.files.append((file, settings.side))
            group = group_of(file.stem) if settings.by_group else ""
            groups.setdefault(group, []).extend(self.collection.add(forms, self._code(file, settings.codes)))
        self.collection.folders.append(StyleFolder([*groups.values()], settings.weight, settings.hard))

    def _code(self, file: Path, codes: str) -> str:
        if codes == "file":
            self.pictures[code_name(file.stem)] = file
            return code_name(file.stem)
        return code_name(group_of(file.stem) if codes == "group" else codes)

    def digests(self) -> dict[str, str]:
        """The sha256 of files with a code of their own, to its name."""
        return {hashlib.sha256(file.read_bytes()).hexdigest(): name for name, file in self.pictures.items()}


def shown(picture: Tensor, form: StyleForm) -> Tensor:
    """(1, 3, h, w) RGB in [0, 1]: a picture (3, H, W) of the same range, enlarged or reduced to its form."""
    factor = form.side / max(picture.shape[1:])
    size = [max(LEAST_SIDE, round(each * factor)) for each in picture.shape[1:]]
    colored = recolored(picture, form.colors) if form.colors else picture
    return F.interpolate(colored[None], size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def recolored(picture: Tensor, seed: int) -> Tensor:
    """(3, H, W) in [0, 1] in other colors: channels exchanged, perhaps inverted, another gamma."""
    generator = torch.Generator().manual_seed(seed)
    other = picture[torch.randperm(3, generator=generator).tolist()]
    if torch.rand((), generator=generator) < 0.25:
        other = 1 - other
    gamma = torch.exp((torch.rand((), generator=generator) - 0.5) * 0.8)
    return other ** float(gamma)
