"""What a training run leaves beside its checkpoint: results, sample grids and the log of its losses."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from .. import image
from ..weights.painters import half
from .checkpointing import write_atomically

LOG, SAMPLES = "log.csv", "samples"


def save_results(folder: Path, results: Mapping[str, Mapping[str, Tensor]]) -> list[Path]:
    """Each state dict as ``NAME.safetensors``, in the formats of ``weights.painters.half``.

    Raises:
        TrainingError: a file cannot be written.
    """
    paths = []
    for name, state in results.items():
        path = folder / f"{name}.safetensors"
        data = save({key: half(each) for key, each in state.items()})
        # Through bytes: safetensors' own writer makes files that only their owner may read.
        write_atomically(path, lambda draft, data=data: _write_bytes(draft, data))  # type: ignore[misc]
        paths.append(path)
    return paths


def save_grid(folder: Path, step: int, pictures: Tensor) -> Path:
    """(rows, columns, 3, H, W) RGB, clamped to [0, 1], as one PNG. Raises TrainingError."""
    rows, columns, _, height, width = pictures.shape
    joined = pictures.permute(2, 0, 3, 1, 4).reshape(1, 3, rows * height, columns * width)
    encoded = image.encode_png(joined.float().clamp(0, 1).cpu())
    path = folder / SAMPLES / f"{step:07}.png"
    write_atomically(path, lambda draft: _write_bytes(draft, encoded))
    return path


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


class LossLog:
    """A CSV file with a row every so many steps: step, seconds, learning rate, losses, held-out losses.

    Args:
        folder: of the run.
        names: of the losses.
        step: after which the run goes on; later rows of an earlier file are dropped, all if it is 0.
    """

    def __init__(self, folder: Path, names: Sequence[str], step: int) -> None:
        self.path = folder / LOG
        held_out = [f"held_out_{name}" for name in names]
        self.fields = ["step", "seconds", "rate", *names, *held_out]
        kept = [row for row in self._rows() if int(row["step"]) <= step] if step else []
        write_atomically(self.path, lambda draft: self._write(draft, kept, "w"))

    def _rows(self) -> list[dict[str, str]]:
        try:
            with open(self.path, newline="", encoding="utf-8-sig") as file:
                return [row for row in csv.DictReader(file) if (row.get("step") or "").isdecimal()]
        except OSError:
            return []

    def add(self, values: Mapping[str, object]) -> None:
        """Appends a row; unknown names are left out."""
        self._write(self.path, [values], "a")

    def _write(self, path: Path, rows: Sequence[Mapping[str, object]], mode: str) -> None:
        with open(path, mode, newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.fields, restval="", extrasaction="ignore")
            if mode == "w":
                writer.writeheader()
            writer.writerows(rows)
