"""Checkpoints of a training run: written whole or not at all, read with a check of settings and numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..device import is_out_of_memory
from .config import TrainingError
from .earlier import renamed_checkpoint

CHECKPOINT = "checkpoint.pt"
# Settings that may differ when a run is resumed; with others changed it would be another run.
CHANGEABLE = {
    "steps",
    "checkpoint_minutes",
    "log_every",
    "sample_every",
    "workers",
    "teacher",
    "encoder",
    "init",
}


def write_atomically(path: Path, save: Callable[[Path], None]) -> None:
    """Write a file through one beside it, so that ``path`` is never half written.

    Args:
        path: what to write; its folder is made.
        save: writes the path that it is given.

    Raises:
        TrainingError: it cannot be written; an older file is unchanged.
    """
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(draft)
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())  # else a machine that loses power may have the name and not the bytes
        os.replace(draft, path)
    except (OSError, RuntimeError) as error:  # RuntimeError: how torch reports a full disk
        raise TrainingError(
            "{file} cannot be written ({reason}): check the folder and the space on the disk.",
            file=str(path),
            reason=str(error),
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def is_finite(state: object) -> bool:
    """Whether all tensors and floats in nested mappings and sequences are finite."""
    tensors: list[Tensor] = []
    if not _gather(state, tensors):
        return False
    return all(bool(torch.stack(few).all()) for few in _by_device(tensors))


def _gather(state: object, tensors: list[Tensor]) -> bool:
    """Adds a scalar for each tensor to ``tensors``; False for a float that is not finite."""
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
    """Grouped, so that each device is synchronized once and not for each tensor."""
    groups: dict[torch.device, list[Tensor]] = {}
    for each in tensors:
        groups.setdefault(each.device, []).append(each)
    return list(groups.values())


def save_checkpoint(folder: Path, state: Mapping[str, object]) -> Path:
    """Writes all that a run needs to be resumed; returns the file. Raises TrainingError."""
    path = folder / CHECKPOINT
    write_atomically(path, lambda draft: torch.save(dict(state), draft))
    return path


def load_checkpoint(folder: Path, config: Mapping[str, object]) -> dict[str, Any] | None:
    """What :func:`save_checkpoint` wrote, with the present names; None if there is no checkpoint.

    Args:
        folder: of the run.
        config: the run's settings as plain values, with which those of the checkpoint must agree.

    Raises:
        TrainingError: it is damaged, was made with other settings, or holds numbers that are not finite.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        state = renamed_checkpoint(torch.load(path, map_location="cpu", weights_only=True))
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
            "and start anew with a lower learning rate.",
            file=str(path),
        )
    if differing:
        raise TrainingError(
            "The checkpoint {file} was made with another {names}: set it back, or choose another --out.",
            file=str(path),
            names=", ".join(differing),
        )
    return state


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """Names of settings that differ and must not."""
    found = []
    for name in sorted({*one, *other} - CHANGEABLE):
        before, now = one.get(name), other.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            found.extend(_differing(before, now))
        elif before != now:
            found.append(name)
    return found
