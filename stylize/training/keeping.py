"""What a run leaves in its folder: checkpoint, results, log and grids of samples."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from .. import image
from ..device import is_out_of_memory
from .config import TrainingError

CHECKPOINT, LOG, SAMPLES = "checkpoint.pt", "log.csv", "samples"
# What may differ when a run goes on; everything else would make another run of it.
FREE = {"steps", "checkpoint_minutes", "log_every", "sample_every", "workers", "teacher", "encoder", "start"}


class Average:
    """An exponential moving average of networks, quicker at the start."""

    def __init__(self, networks: Mapping[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self.networks = {name: deepcopy(each).requires_grad_(False) for name, each in networks.items()}

    @torch.no_grad()
    def update(self, networks: Mapping[str, nn.Module], step: int) -> None:
        """Takes up the weights after ``step``."""
        decay = min(self.decay, (1 + step) / (10 + step)) if self.decay else 0.0
        for name, each in networks.items():
            for kept, new in zip(self.networks[name].parameters(), each.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
            for own, buffer in zip(self.networks[name].buffers(), each.buffers(), strict=True):
                own.copy_(buffer)


def write(path: Path, save: Callable[[Path], None]) -> None:
    """Through a file beside it, so that ``path`` is never half written. Raises TrainingError."""
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(draft)
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())  # else a machine that loses its power may have the name and not the bytes
        os.replace(draft, path)
    except (OSError, RuntimeError) as error:  # RuntimeError: how torch reports a full disk
        raise TrainingError(
            "{file} cannot be written ({reason}): check the folder and the space on the disk.",
            file=str(path), reason=str(error),
        ) from error  # fmt: skip
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def is_finite(state: Any) -> bool:
    """Whether all numbers are finite in the tensors and floats of nested mappings and sequences."""
    tensors: list[Tensor] = []
    if not _gather(state, tensors):
        return False
    return all(bool(torch.stack(few).all()) for few in _by_device(tensors))


def _gather(state: Any, tensors: list[Tensor]) -> bool:
    """Adds what must be looked at to ``tensors``; False for a float that is not finite."""
    if isinstance(state, Tensor):
        if state.is_floating_point() or state.is_complex():
            tensors.append(state.detach().isfinite().all())
        return True
    if isinstance(state, Mapping):
        state = state.values()
    elif not isinstance(state, (list, tuple)):
        return not isinstance(state, float) or math.isfinite(state)
    return all(_gather(each, tensors) for each in state)


def _by_device(tensors: Sequence[Tensor]) -> list[list[Tensor]]:
    """One question to each device in place of one for each tensor."""
    groups: dict[torch.device, list[Tensor]] = {}
    for each in tensors:
        groups.setdefault(each.device, []).append(each)
    return list(groups.values())


def save_checkpoint(folder: Path, state: Mapping[str, Any]) -> Path:
    """All that a run needs to go on."""
    path = folder / CHECKPOINT
    write(path, lambda draft: torch.save(dict(state), draft))
    return path


def load_checkpoint(folder: Path, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """What :func:`save_checkpoint` wrote, or None if there is nothing.

    Raises:
        TrainingError: it is damaged or was made with other settings.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        differing = _differing(state["config"], config)
    except Exception as error:  # broken bytes make torch raise nearly anything
        if is_out_of_memory(error):
            raise
        raise TrainingError(
            "The checkpoint {file} cannot be read, it is damaged or cut short: delete it and start anew.",
            file=str(path),
        ) from error
    if not is_finite(state):
        raise TrainingError(
            "The checkpoint {file} holds numbers that are not finite, from which no run goes on: delete it "
            "and start anew with a lower learning rate.", file=str(path),
        )  # fmt: skip
    if differing:
        raise TrainingError(
            "The checkpoint {file} was made with another {names}: set it back, or choose another --out.",
            file=str(path), names=", ".join(differing),
        )  # fmt: skip
    return state


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Names of settings that are not the same and should be."""
    found = []
    for name in sorted({*one, *other} - FREE):
        before, now = one.get(name), other.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            found.extend(_differing(before, now))
        elif before != now:
            found.append(name)
    return found


def save_results(folder: Path, results: Mapping[str, Mapping[str, Tensor]]) -> list[Path]:
    """Each state dict as safetensors in float16; in float32 what float16 has no room for."""
    paths = []
    for name, state in results.items():
        path = folder / f"{name}.safetensors"
        half = {key: _half(each.detach().cpu()) for key, each in state.items()}
        write(path, lambda draft, half=half: _write_bytes(draft, save(half)))  # type: ignore[misc]
        paths.append(path)
    return paths


def _half(tensor: Tensor) -> Tensor:
    half = tensor.to(torch.float16)
    return (half if half.isfinite().all() else tensor.float()).contiguous()


def save_grid(folder: Path, step: int, pictures: Tensor) -> Path:
    """(rows, columns, 3, H, W) RGB as one PNG."""
    rows, columns, _, height, width = pictures.shape
    joined = pictures.permute(2, 0, 3, 1, 4).reshape(1, 3, rows * height, columns * width)
    encoded = image.encode_png(joined.float().clamp(0, 1).cpu())
    path = folder / SAMPLES / f"{step:07}.png"
    write(path, lambda draft: _write_bytes(draft, encoded))
    return path


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


class Log:
    """A CSV file with a line every so many steps; held-out losses stand beside those of training."""

    def __init__(self, folder: Path, names: Sequence[str], step: int) -> None:
        self.path = folder / LOG
        held_out = [f"held_out_{name}" for name in names]
        self.fields = ["step", "seconds", "rate", *names, *held_out]
        kept = [row for row in self._rows() if int(row["step"]) <= step] if step else []
        write(self.path, lambda draft: self._write(draft, kept, "w"))

    def _rows(self) -> list[dict[str, str]]:
        try:
            with open(self.path, newline="", encoding="utf-8-sig") as file:
                return [row for row in csv.DictReader(file) if (row.get("step") or "").isdecimal()]
        except OSError:
            return []

    def add(self, values: Mapping[str, Any]) -> None:
        """One line."""
        self._write(self.path, [values], "a")

    def _write(self, path: Path, rows: Sequence[Mapping[str, Any]], how: str) -> None:
        with open(path, how, newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.fields, restval="", extrasaction="ignore")
            if how == "w":
                writer.writeheader()
            writer.writerows(rows)
