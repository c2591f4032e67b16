"""Random crops of photos, without waiting: a photo is read when its first crop is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .. import image
from ..errors import Note, PictureError
from ..image import Limits

LONGER_SIDE = 576  # pixels at which photos are kept
MOST_KEPT = 48
SMALLEST, LARGEST = 0.65, 1.1  # of the side of a crop: how large a square of the photo it is made of


class PhotoCrops:
    """Square crops at random places, sizes and ways round.

    Args:
        files: of photos; those that cannot be read are left out, with a note.
        instead: (1, 3, H, W), from which crops are taken where there is no photo.
        seed: of the run.
        limits: of what is read.
        own: (1, 3, H, W) RGB in [0, 1], photos in memory beside the files.
    """

    def __init__(
        self,
        files: Sequence[Path],
        instead: Tensor,
        seed: int = 0,
        limits: Limits | None = None,
        own: Sequence[Tensor] = (),
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.waiting = [files[n] for n in self.random.permutation(len(files))]
        self.instead, self.limits = instead, limits
        self.kept: list[Tensor] = [_stored(each) for each in own]  # (3, H, W) uint8
        self.notes: list[Note] = []

    def batch(self, count: int, side: int) -> Tensor:
        """(count, 3, side, side) float32 RGB in [0, 1]."""
        return torch.stack([self._crop(self._photo(), side) for _ in range(count)])

    def _photo(self) -> Tensor:
        """The next new photo, until enough are kept; then any of these."""
        while self.waiting and len(self.kept) < MOST_KEPT:
            found = self._read(self.waiting.pop())
            if found is not None:
                self.kept.append(found)
                return found
        if not self.kept:
            return _stored(self.instead)
        return self.kept[self.random.integers(len(self.kept))]

    def _read(self, file: Path) -> Tensor | None:
        try:
            return _stored(image.load(file, self.limits).tensor)
        except PictureError as error:
            self.notes.append(Note("Skipped: {problem}", {"problem": str(error)}))
            return None

    def _crop(self, photo: Tensor, side: int) -> Tensor:
        taken = min(round(side * self.random.uniform(SMALLEST, LARGEST)), *photo.shape[1:])
        top, left = (int(self.random.integers(each - taken + 1)) for each in photo.shape[1:])
        part = photo[None, :, top : top + taken, left : left + taken].float() / 255
        if taken != side:
            part = F.interpolate(part, (side, side), mode="bicubic", antialias=True).clamp(0, 1)
        return part[0].flip(2) if self.random.integers(2) else part[0]


def _stored(picture: Tensor) -> Tensor:
    """(3, H, W) uint8, at ``LONGER_SIDE``."""
    return image.fit(picture, LONGER_SIDE)[0].mul(255).round().to(torch.uint8)
