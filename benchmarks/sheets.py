"""Pictures side by side: contact sheets, and sheets on which nobody can tell the methods by their places."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from stylize.image import fit, save


def contact_sheet(rows: Sequence[Sequence[Tensor]], tile: int = 256) -> Tensor:
    """Rows of pictures, each shrunk into a square tile on white."""
    sheet = torch.ones(1, 3, len(rows) * tile, max(map(len, rows)) * tile)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = fit(picture, tile - 4, enlarge=True)
            height, width = small.shape[2:]
            top, left = y * tile + (tile - height) // 2, x * tile + (tile - width) // 2
            sheet[:, :, top : top + height, left : left + width] = small
    return sheet


class BlindSheets:
    """One sheet for each pair: photo and style above, the methods' pictures below in a random order.

    Args:
        folder: for the sheets and ``key.json``, the methods of each sheet from left to right.
        seed: of the orders; that of a sheet depends on its name and on this alone.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.key: dict[str, list[str]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, photo: Tensor, style: Tensor, pictures: Mapping[str, Tensor]) -> None:
        """Write a sheet, and the key of all so far."""
        order = sorted(pictures)
        random.Random(f"{self.seed} {name}").shuffle(order)
        rows = [[photo, style], [pictures[method] for method in order]]
        save(self.folder / f"{name}.jpg", contact_sheet(rows, tile=516))
        self.key[name] = order
        (self.folder / "key.json").write_text(json.dumps(self.key, indent=1))
