"""Folders of pictures as an endless supply of crops.

Which crop stands at a place of a run depends on the seed, the stream, the step and the place in the
batch alone. So a run that was stopped goes on with the crops that it would have had, threads may
work ahead, and several processes see together what one would have seen.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .. import image
from ..errors import Note, PictureError, note
from ..image.suffixes import has_suffix
from .config import DataSettings, TrainingError

MEMORY = 4e9  # bytes of decoded pictures that are kept; the rest is decoded again when it is drawn
MOST_TRIES = 100  # broken files in a row


def is_held_out(name: str, share: float) -> bool:
    """Whether a file of this name is kept out of training: the same on every machine and in every folder."""
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:4], "big") < share * 2**32


@dataclass
class Shelf:
    """Decoded pictures by path and side, up to a number of bytes, and notes on broken files."""

    room: float = MEMORY
    notes: list[Note] = field(default_factory=list)
    _kept: dict[tuple[Path, int], Tensor | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, path: Path, side: int) -> Tensor | None:
        """(3, H, W) uint8 with a longer side of ``side`` at most; None for a file that cannot be read."""
        key = path, side
        if key in self._kept:
            return self._kept[key]
        try:
            tensor = image.fit(image.load(path).tensor, side)
        except PictureError as error:
            self._skip(key, error)
            return None
        pixels = tensor[0].mul(255).round().to(torch.uint8)
        with self._lock:
            if key not in self._kept and self.room >= pixels.numel():
                self._kept[key] = pixels
                self.room -= pixels.numel()
        return pixels

    def _skip(self, key: tuple[Path, int], error: PictureError) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = None
                self.notes.append(note("Skipped: {problem}", problem=str(error)))

    def fresh_notes(self) -> list[Note]:
        """What was noted since the last call."""
        with self._lock:
            found, self.notes = self.notes, []
        return found


class Folder:
    """The pictures of one folder and how they are drawn."""

    def __init__(self, path: Path, settings: DataSettings, held_out: bool = False) -> None:
        self.path, self.settings = path, settings
        files = [each for each in _pictures(path) if _fits(each.name, settings)]
        files = [each for each in files if is_held_out(each.name, settings.held_out) == held_out]
        self.files = files
        groups: dict[str, list[Path]] = {}
        for each in files:
            groups.setdefault(_group(each.stem) if settings.by_group else "", []).append(each)
        self.groups = list(groups.values())

    def draw(self, random: np.random.Generator) -> Path:
        """One of the files."""
        group = self.groups[random.integers(len(self.groups))]
        return group[random.integers(len(group))]


def _pictures(path: Path) -> list[Path]:
    try:
        return sorted(each for each in path.iterdir() if has_suffix(each.name))
    except OSError as error:
        raise TrainingError(
            "The folder {folder} cannot be read ({reason}): check the path, or say with --data where the "
            "pictures are.", folder=str(path), reason=error.strerror,
        ) from error  # fmt: skip


def _fits(name: str, settings: DataSettings) -> bool:
    wanted = not settings.include or name.startswith(settings.include)
    return wanted and not (settings.exclude and name.startswith(settings.exclude))


def _group(stem: str) -> str:
    return re.sub(r"[ _.-]*\d+$", "", stem)


class Stream:
    """An endless supply of crops from several folders with weights."""

    def __init__(self, name: str, folders: Sequence[Folder], size: int, seed: int, shelf: Shelf) -> None:
        self.name, self.size, self.seed, self.shelf = name, size, seed, shelf
        self.folders = [each for each in folders if each.files and each.settings.weight > 0]
        if not self.folders:
            where = ", ".join(str(each.path) for each in folders)
            raise TrainingError(
                "There are no pictures for {stream!r} in {folders}: check the folder and the names that are "
                "included, or hold fewer files out.", stream=name, folders=where,
            )  # fmt: skip
        shares = np.array([each.settings.weight for each in self.folders])
        self.shares = shares / shares.sum()

    def crop(self, step: int, place: int) -> Tensor:
        """(3, size, size) float32 RGB in [0, 1]: the crop at a place of a step's batch."""
        random = np.random.default_rng([self.seed, crc32(self.name.encode()), step, place])
        for _ in range(MOST_TRIES):
            folder = self.folders[random.choice(len(self.folders), p=self.shares)]
            pixels = self.shelf.take(folder.draw(random), folder.settings.side)
            if pixels is not None and is_colourful(pixels, folder.settings.colourful):
                return _crop(pixels, self.size, folder.settings, random)
        raise TrainingError(
            "Of the files for {stream!r}, {tries} in a row could not be read or were grey: give it sound "
            "pictures, or set colourful to 0.",
            stream=self.name, tries=MOST_TRIES,
        )  # fmt: skip

    def batch(self, step: int, places: range) -> Tensor:
        """(len(places), 3, size, size) float32 RGB in [0, 1]."""
        return torch.stack([self.crop(step, place) for place in places])


def is_colourful(pixels: Tensor, least: float) -> bool:
    """Whether the channels of a (3, H, W) uint8 picture differ by ``least`` of white on average."""
    if not least:
        return True
    few = pixels[:, ::8, ::8].float()
    return bool((few.amax(0) - few.amin(0)).mean() / 255 >= least)


def _crop(pixels: Tensor, size: int, settings: DataSettings, random: np.random.Generator) -> Tensor:
    height, width = pixels.shape[1:]
    side = max(1, round(min(height, width) * random.uniform(settings.smallest, 1)))
    top, left = (int(random.integers(length - side + 1)) for length in (height, width))
    part = pixels[None, :, top : top + side, left : left + side].float().div_(255)
    if side != size:
        part = F.interpolate(part, (size, size), mode="bilinear", antialias=True)
    if settings.flip and random.integers(2):
        part = part.flip(3)
    return part[0]


def streams(
    wanted: Sequence[str], rows: Sequence[DataSettings], root: str | os.PathLike[str], size: int, seed: int,
    shelf: Shelf, *, held_out: bool = False,
) -> dict[str, Stream]:  # fmt: skip
    """The streams that a task wants.

    ``root`` is where the folders of ``rows`` lie. A root that has none of them and has pictures of its
    own serves as each of them.

    Raises:
        TrainingError: for a stream without pictures.
    """
    own = not any((Path(root) / each.folder).is_dir() for each in rows if each.folder)
    found = {}
    for name in wanted:
        chosen = [each for each in rows if each.stream == name]
        if not chosen:
            raise TrainingError(
                'This task needs pictures for {stream!r}: add a [[data]] with stream = "{stream}".',
                stream=name,
            )
        if own and _has_pictures(Path(root)):
            folders = [Folder(Path(root), _plain(chosen[0]), held_out)]
        else:
            folders = [Folder(Path(root) / each.folder, each, held_out) for each in chosen]
        found[name] = Stream(name, folders, size, seed, shelf)
    return found


def _has_pictures(root: Path) -> bool:
    return root.is_dir() and bool(_pictures(root))


def _plain(settings: DataSettings) -> DataSettings:
    """Without what is said of other folders' file names."""
    values = settings.to_dict()
    return DataSettings.from_dict({**values, "include": [], "exclude": [], "by_group": False, "weight": 1.0})
