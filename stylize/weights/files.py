"""Weight files as named tensors on the CPU.

They are read as data only: safetensors, or pickles of plain tensors with ``weights_only=True``.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch
from safetensors import safe_open
from safetensors.torch import load as safetensors_of
from torch import Tensor

from ..device import is_out_of_memory
from ..errors import CheckpointError, MemoryLimitError
from . import layouts
from .layouts import Shapes

StrPath = str | os.PathLike[str]

_DEEPEST = 4  # dictionaries within dictionaries that are looked into


class File(Protocol):
    """An opened weight file: what is in it at once, the tensors on demand."""

    shapes: Shapes

    def take(self, names: Iterable[str]) -> dict[str, Tensor]: ...


def read(path: StrPath, prefixes: Sequence[str] | None = None) -> dict[str, Tensor]:
    """The tensors of a weight file by name, without wrappers such as ``state_dict`` or ``module.``.

    Args:
        path: safetensors, or a pickle that ``torch.save`` made of a state dict.
        prefixes: if any name starts with one of these, only such names are read and the prefix is
            taken off: ``("features.",)`` leaves a classifier on the disk.

    Returns:
        Tensors on the CPU, in float32 where they are stored in another floating-point format.

    Raises:
        CheckpointError: the file is damaged, no weight file, needs code to be read, or holds
            numbers that are not finite.
        MemoryLimitError: it does not fit in memory.
    """
    file = open_file(path)
    stored = layouts.unwrap(file.shapes, prefixes or ())
    return take(file, stored, path)


def open_file(path: StrPath) -> File:
    """The file, with the names and shapes that it holds; the tensors stay on the disk where they can.

    Names are those of the state dict, those of nested dictionaries joined by dots.

    Raises:
        CheckpointError: the file cannot be read, is damaged, is no weight file or needs code to be read.
        MemoryLimitError: it does not fit in memory.
    """
    name = Path(path).name
    try:
        with open(path, "rb") as opened:
            start = opened.read(64)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise CheckpointError(
            "The weight file {file} cannot be read: check the path and its permissions.", file=str(path)
        ) from error
    _refuse_other_files(start, name)
    with _guarded(name):
        file: File
        if start[8:9] == b"{":
            file = _Safetensors(path) if _is_utf8(path) else _InMemory(path)
        else:
            file = _Pickle(path, start[:2] == b"PK")
    if not file.shapes:
        raise CheckpointError("{file} holds no named tensors: choose a file with a state dict.", file=name)
    return file


def take(file: File, keys: Mapping[str, str], path: StrPath) -> dict[str, Tensor]:
    """Some tensors of a file, in float32 where they are stored in another floating-point format.

    Args:
        file: as :func:`open_file` gives it.
        keys: from the names that the result has to the stored ones.
        path: of the file, for messages.

    Raises:
        CheckpointError: the file is damaged or holds numbers that are not finite.
        MemoryLimitError: they do not fit in memory.
    """
    with _guarded(Path(path).name):
        taken = file.take(keys.values())
        return {name: _sound(taken[stored], stored, path) for name, stored in keys.items()}


class _InMemory:
    """A safetensors file read into memory, because safetensors opens no path that is not UTF-8."""

    def __init__(self, path: StrPath) -> None:
        self.tensors = safetensors_of(Path(path).read_bytes())
        self.shapes: Shapes = {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def take(self, names: Iterable[str]) -> dict[str, Tensor]:
        return {name: self.tensors[name] for name in names}


class _Safetensors:
    def __init__(self, path: StrPath) -> None:
        self.path = path
        with safe_open(path, "pt") as file:
            self.shapes: Shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118

    def take(self, names: Iterable[str]) -> dict[str, Tensor]:
        with safe_open(self.path, "pt") as file:
            return {name: file.get_tensor(name) for name in names}


class _Pickle:
    def __init__(self, path: StrPath, zipped: bool) -> None:
        # Only zipped files can be mapped, torch takes what is named .safetensors for that, and knows only
        # names in UTF-8.
        mapped = zipped and Path(path).suffix.lower() != ".safetensors" and _is_utf8(path)
        with open(path, "rb") as file:
            source = path if mapped else file
            loaded = torch.load(source, map_location="cpu", weights_only=True, mmap=mapped)
        self.tensors = _flat(loaded, "", _DEEPEST)
        self.shapes: Shapes = {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    def take(self, names: Iterable[str]) -> dict[str, Tensor]:
        return {name: self.tensors[name] for name in names}


def _flat(loaded: object, prefix: str, depth: int) -> dict[str, Tensor]:
    """The tensors in nested dictionaries, their keys joined by dots."""
    if isinstance(loaded, Tensor) and prefix:
        return {prefix[:-1]: loaded.detach()}
    found: dict[str, Tensor] = {}
    if isinstance(loaded, Mapping) and depth:
        for key, value in loaded.items():
            found.update(_flat(value, f"{prefix}{key}.", depth - 1))
    return found


def _sound(tensor: Tensor, key: str, path: StrPath) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    tensor = tensor.float()
    if not tensor.isfinite().all():
        raise CheckpointError(
            "{file} holds numbers that are not finite, in {key}: download it again or choose another one.",
            file=Path(path).name,
            key=key,
        )
    return tensor


def _is_utf8(path: StrPath) -> bool:
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _guarded(name: str) -> Iterator[None]:
    """Makes a CheckpointError of anything that a damaged or hostile file can cause."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise MemoryLimitError(
                "Not enough memory to load {file}: close other programs or choose another file.", file=name
            ) from error
        raise _unreadable(error, name) from error


def _refuse_other_files(start: bytes, name: str) -> None:
    if not start:
        raise CheckpointError("{file} is empty: download it again.", file=name)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise CheckpointError(
            "{file} is a web page and not a weight file: download the file itself.", file=name
        )
    if start.startswith(b"version https://git-lfs"):
        raise CheckpointError(
            "{file} is a Git LFS pointer and not the weights: fetch the file itself, with git lfs pull or "
            "from the web page.",
            file=name,
        )


def _unreadable(error: Exception, name: str) -> CheckpointError:
    message = str(error)
    if (
        isinstance(error, pickle.UnpicklingError) and "global" in message.lower()
    ) or "TorchScript" in message:
        return CheckpointError(
            "{file} holds program code and not only weights, so it is not loaded: ask for its state dict, "
            "best as safetensors.",
            file=name,
        )
    return CheckpointError(
        "{file} is damaged, incomplete or no weight file: download it again or choose another one.", file=name
    )
