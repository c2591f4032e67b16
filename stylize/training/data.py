"""Endless streams of random crops from folders of pictures.

Which crop is at a position of a run depends on the seed, the stream, the step and the position in the batch
alone. So a resumed run has the crops that it would have had, threads may prefetch, and several processes
together see what a single one would have seen.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .. import image
from ..errors import Note, PictureError, note
from ..image.suffixes import has_suffix
from .config import TrainingError
from .settings import DataSettings

CACHE_BYTES = 4e9  # of decoded pictures; those beyond are decoded again whenever they are drawn
MAX_TRIES = 100  # files in a row that do not serve


def is_held_out(name: str, share: float) -> bool:
    """Whether a file of this name is kept out of training: the same on every machine and in every folder.

    Args:
        name: without its folder.
        share: of all files, in [0, 1].
    """
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:4], "big") < share * 2**32


@dataclass
class PictureCache:
    """Decoded pictures by path and side, up to ``room`` bytes, and notes on files that cannot be read.

    Several threads may use it.
    """

    room: float = CACHE_BYTES
    notes: list[Note] = field(default_factory=list)
    _pictures: dict[tuple[Path, int], Tensor | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self, path: Path, side: int) -> Tensor | None:
        """(3, H, W) uint8 with a longer side of at most ``side``; None for a file that cannot be read."""
        key = path, side
        if key in self._pictures:
            return self._pictures[key]
        try:
            tensor = image.fit(image.load(path).tensor, side)
        except PictureError as error:
            self._skip(key, error)
            return None
        pixels = tensor[0].mul(255).round().to(torch.uint8)
        with self._lock:
            if key not in self._pictures and self.room >= pixels.numel():
                self._pictures[key] = pixels
                self.room -= pixels.numel()
        return pixels

    def _skip(self, key: tuple[Path, int], error: PictureError) -> None:
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = None
                self.notes.append(note("Skipped: {problem}", problem=str(error)))

    def fresh_notes(self) -> list[Note]:
        """Notes since the last call."""
        with self._lock:
            found, self.notes = self.notes, []
        return found


class PictureFolder:
    """The pictures of one folder and how they are drawn.

    Args:
        path: the folder.
        settings: which of its files, and whether groups of them are equally likely.
        held_out: whether the held-out files are meant or those in training.

    Raises:
        TrainingError: the folder cannot be read.
    """

    def __init__(self, path: Path, settings: DataSettings, held_out: bool = False) -> None:
        self.path, self.settings = path, settings
        files = [each for each in _pictures(path) if _is_wanted(each.name, settings)]
        files = [each for each in files if is_held_out(each.name, settings.held_out) == held_out]
        self.files = files
        groups: dict[str, list[Path]] = {}
        for each in files:
            groups.setdefault(group_of(each.stem) if settings.by_group else "", []).append(each)
        self.groups = list(groups.values())

    def draw(self, random: np.random.Generator) -> Path:
        """A random file."""
        group = self.groups[random.integers(len(self.groups))]
        return group[random.integers(len(group))]


def _pictures(path: Path) -> list[Path]:
    try:
        return sorted(each for each in path.iterdir() if has_suffix(each.name))
    except OSError as error:
        raise TrainingError(
            "The folder {folder} cannot be read ({reason}): check the path, or say with --data where the "
            "pictures are.",
            folder=str(path),
            reason=error.strerror,
        ) from error


def _is_wanted(name: str, settings: DataSettings) -> bool:
    wanted = not settings.include or name.startswith(settings.include)
    return wanted and not (settings.exclude and name.startswith(settings.exclude))


def group_of(stem: str) -> str:
    """The name of a file's group: its own without its closing number."""
    return re.sub(r"[ _.-]*\d+$", "", stem)


class CropStream:
    """Endless random crops from several folders with weights.

    Args:
        name: of the stream; streams of different names have different crops.
        folders: where the pictures are.
        size: side of a crop in pixels.
        seed: of the run.
        cache: for the decoded pictures.

    Raises:
        TrainingError: no folder has a picture.
    """

    def __init__(
        self, name: str, folders: Sequence[PictureFolder], size: int, seed: int, cache: PictureCache
    ) -> None:
        self.name, self.size, self.seed, self.cache = name, size, seed, cache
        self.folders = [each for each in folders if each.files and each.settings.weight > 0]
        if not self.folders:
            where = ", ".join(str(each.path) for each in folders)
            raise TrainingError(
                "There are no pictures for {stream!r} in {folders}: check the folder and the names that are "
                "included, or hold fewer files out.",
                stream=name,
                folders=where,
            )
        shares = np.array([each.settings.weight for each in self.folders])
        self.shares = shares / shares.sum()

    def crop(self, step: int, position: int) -> Tensor:
        """(3, size, size) float32 RGB in [0, 1]: the crop at a position of a step's batch.

        Raises:
            TrainingError: many files in a row cannot be read or have too little color.
        """
        random = np.random.default_rng([self.seed, crc32(self.name.encode()), step, position])
        for _ in range(MAX_TRIES):
            folder = self.folders[random.choice(len(self.folders), p=self.shares)]
            pixels = self.cache.load(folder.draw(random), folder.settings.side)
            if pixels is not None and serves(pixels, folder.settings):
                return _crop(pixels, self.size, folder.settings, random)
        raise TrainingError(
            "Of the files for {stream!r}, {tries} in a row could not be read or were gray: give it sound "
            "pictures, or set min_color to 0.",
            stream=self.name,
            tries=MAX_TRIES,
        )

    def batch(self, step: int, positions: range) -> Tensor:
        """(len(positions), 3, size, size) float32 RGB in [0, 1]. Raises TrainingError."""
        return torch.stack([self.crop(step, position) for position in positions])


def serves(pixels: Tensor, settings: DataSettings) -> bool:
    """Whether a picture, (3, H, W) uint8, has the color and the light that the settings ask for.

    Color is the mean difference of a pixel's highest and lowest channel, light the mean of all channels, both
    as shares of white.
    """
    if (settings.min_color, settings.max_color, settings.min_light) == (0, 1, 0):
        return True
    few = pixels[:, ::8, ::8].float() / 255
    color, light = float((few.amax(0) - few.amin(0)).mean()), float(few.mean())
    return settings.min_color <= color <= settings.max_color and light >= settings.min_light


def _crop(pixels: Tensor, size: int, settings: DataSettings, random: np.random.Generator) -> Tensor:
    height, width = pixels.shape[1:]
    share = random.uniform(settings.min_crop, max(settings.min_crop, settings.max_crop))
    side = max(1, round(min(height, width) * share))
    top, left = (int(random.integers(length - side + 1)) for length in (height, width))
    part = pixels[None, :, top : top + side, left : left + side].float().div_(255)
    if side != size:
        part = F.interpolate(part, (size, size), mode="bilinear", antialias=True)
    if settings.flip and random.integers(2):
        part = part.flip(3)
    return part[0]


def streams(
    names: Sequence[str],
    rows: Sequence[DataSettings],
    root: str | os.PathLike[str],
    size: int,
    seed: int,
    cache: PictureCache,
    *,
    held_out: bool = False,
) -> dict[str, CropStream]:
    """The streams that a task needs.

    Args:
        names: of the streams.
        rows: the folders of all streams.
        root: where these folders are. A root that has none of them and has pictures itself serves as
            each of them.
        size: side of a crop in pixels.
        seed: of the run.
        cache: for the decoded pictures.
        held_out: whether the held-out files are meant or those in training.

    Raises:
        TrainingError: for a stream without pictures.
    """
    return {
        name: CropStream(name, folders_of(name, rows, root, held_out=held_out), size, seed, cache)
        for name in names
    }


def folders_of(
    name: str, rows: Sequence[DataSettings], root: str | os.PathLike[str], *, held_out: bool = False
) -> list[PictureFolder]:
    """The folders of one stream, see :func:`streams`. Raises TrainingError where none is named."""
    own = not any((Path(root) / each.folder).is_dir() for each in rows if each.folder)
    chosen = [each for each in rows if each.stream == name]
    if not chosen:
        raise TrainingError(
            'This task needs pictures for {stream!r}: add a [[data]] with stream = "{stream}".', stream=name
        )
    if own and _has_pictures(Path(root)):
        return [PictureFolder(Path(root), _without_names(chosen[0]), held_out)]
    return [PictureFolder(Path(root) / each.folder, each, held_out) for each in chosen]


def _has_pictures(root: Path) -> bool:
    return root.is_dir() and bool(_pictures(root))


def _without_names(settings: DataSettings) -> DataSettings:
    """Without what concerns the file names of another folder."""
    return replace(settings, include=(), exclude=(), by_group=False, weight=1.0)
