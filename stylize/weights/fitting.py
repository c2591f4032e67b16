"""Tensors into a network: each is there, has its shape, and none is left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn

from ..errors import CheckpointError
from .files import StrPath

Network = TypeVar("Network", bound=nn.Module)


def need(tensors: Mapping[str, Tensor], key: str, path: StrPath) -> Tensor:
    """The tensor of that name. Raises CheckpointError where the file (``path``) has none."""
    if key not in tensors:
        raise CheckpointError(
            "{file} lacks {key}: it may be cut short; choose another file.", file=Path(path).name, key=key
        )
    return tensors[key]


def check_shape(key: str, tensor: Tensor, wanted: tuple[int, ...], path: StrPath) -> None:
    """Raises CheckpointError unless ``tensor``, ``key`` of the file ``path``, has the shape ``wanted``."""
    if tuple(tensor.shape) != wanted:
        raise CheckpointError(
            "{file} does not fit: {key} is {found}, but must be {wanted}.",
            file=Path(path).name,
            key=key,
            found=dimensions(tensor.shape),
            wanted=dimensions(wanted),
        )


def fill(network: Network, tensors: Mapping[str, Tensor], path: StrPath) -> Network:
    """``network`` with the tensors of a file as its parameters and buffers.

    Raises:
        CheckpointError: a tensor is missing, has another shape, or the network has none of its name.
    """
    for key, parameter in network.state_dict().items():
        check_shape(key, need(tensors, key, path), tuple(parameter.shape), path)
    for key in tensors.keys() - network.state_dict().keys():
        raise CheckpointError(
            "{file} does not fit: it holds {key}, which the network does not have.",
            file=Path(path).name,
            key=key,
        )
    network.load_state_dict(tensors, strict=True)
    return network


def dimensions(shape: Iterable[int]) -> str:
    """A shape for people, such as ``"64x3x3x3"``."""
    return "x".join(map(str, shape)) or "a single number"
