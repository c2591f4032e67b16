"""The networks by name or path, loaded, placed on the device and kept for the next run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from ..device import Compute
from ..errors import CheckpointError, WeightsError
from ..networks import VGG19, AdaINDecoder, Painter
from ..networks.vgg import FULL, HALF, QUARTER
from . import catalog, checkpoints, resolve
from .locate import Found

Network = TypeVar("Network", bound=nn.Module, covariant=True)

KEPT = 8  # networks; the largest has 80 MB in float32
DEEPEST = "relu4_1"  # where AdaIN works
PAINTERS_ENCODER = "vgg19-half"  # of a painter from a user's file

# The encoder for a decoder from a user's file, by its widths and padding.
_PARTNERS = {
    (QUARTER, "reflect"): "vgg19-quarter",
    (HALF, "reflect"): "vgg19-half",
    (FULL, "reflect"): "vgg-normalised",
    (FULL, "zeros"): "vgg-normalised-zero",
}


@dataclass(frozen=True)
class Loaded(Generic[Network]):
    """A network ready to run and the file it came from."""

    network: Network
    found: Found


_cache: OrderedDict[tuple[object, ...], Any] = OrderedDict()
_lock = threading.RLock()  # also keeps two threads from loading the same file at once


def encoder(name_or_path: str, compute: Compute, pooling: str = "max") -> Loaded[VGG19]:
    """A VGG-19 encoder. Raises WeightsError."""
    found = _find(name_or_path, "encoder")
    normalization = found.row.normalization if found.row else None
    network = _kept(
        found,
        ("encoder", pooling),
        compute,
        lambda: checkpoints.load_encoder(found.path, normalization, pooling),
    )
    return Loaded(network, found)


def decoder(name_or_path: str, compute: Compute) -> Loaded[AdaINDecoder]:
    """An AdaIN decoder. Raises WeightsError."""
    found = _find(name_or_path, "decoder")
    network = _kept(found, ("decoder",), compute, lambda: checkpoints.load_decoder(found.path))
    return Loaded(network, found)


def adain(name_or_path: str, compute: Compute) -> tuple[Loaded[VGG19], Loaded[AdaINDecoder]]:
    """The encoder and the decoder that a decoder's name or path stands for. Raises WeightsError."""
    back = decoder(name_or_path, compute)
    front = encoder(_partner(back.found, back.network), compute)
    _check_pair(front, back)
    return front, back


def painter(name_or_path: str, compute: Compute) -> tuple[Loaded[VGG19], Loaded[Painter]]:
    """A network that paints in one pass and the encoder whose statistics it takes. Raises WeightsError."""
    found = _find(name_or_path, "painter")
    network = _kept(found, ("painter",), compute, lambda: checkpoints.load_painter(found.path))
    name = found.row.encoder if found.row else PAINTERS_ENCODER
    return encoder(name, compute), Loaded(network, found)


def role(name_or_path: str) -> str:
    """``painter`` or ``decoder``: what a name, or a file that AdaIN's mode is given, is to be.

    Raises:
        WeightsError: for a path that cannot be read.
    """
    row = catalog.row(name_or_path)
    if row is not None:
        return row.role
    return "painter" if checkpoints.is_painter(resolve.find(name_or_path).path) else "decoder"


def generator(name_or_path: str, compute: Compute) -> Loaded[checkpoints.Generator]:
    """A CycleGAN generator. Raises WeightsError."""
    found = _find(name_or_path, "generator")
    member = found.row.member if found.row else ""
    network = _kept(
        found, ("generator", member), compute, lambda: checkpoints.load_generator(found.path, member)
    )
    return Loaded(network, found)


def pair(name_or_path: str) -> tuple[str, str]:
    """The names or paths of an AdaIN decoder or a painter, and of the encoder that belongs to it.

    Raises:
        WeightsError: for a path that cannot be read.
    """
    row = catalog.row(name_or_path)
    if row is not None and row.encoder:
        return name_or_path, row.encoder
    if role(name_or_path) == "painter":
        return name_or_path, PAINTERS_ENCODER
    found = _find(name_or_path, "decoder")
    return name_or_path, _partner(found, checkpoints.load_decoder(found.path))


def clear() -> None:
    """Forget every loaded network."""
    with _lock:
        _cache.clear()


def _find(name_or_path: str, role: str) -> Found:
    found = resolve.find(name_or_path)
    if found.row is not None and found.row.role != role:
        raise WeightsError(
            "{name} is of the kind {found}, but a weight file of the kind {wanted} is needed here.",
            name=name_or_path,
            found=found.row.role,
            wanted=role,
        )
    return found


def _kept(found: Found, what: tuple[str, ...], compute: Compute, load: Callable[[], Network]) -> Network:
    """The network from the cache, or loaded and placed; the one unused for longest makes room."""
    key = (*what, str(found.path), found.sha256, str(compute.device), compute.dtype)
    with _lock:
        if key not in _cache:
            with torch.inference_mode(False):  # whoever asks first: a later run may need gradients
                _cache[key] = compute.place(load())
        _cache.move_to_end(key)
        while len(_cache) > KEPT:
            _cache.popitem(last=False)
        network: Network = _cache[key]
        return network


def _partner(found: Found, network: AdaINDecoder) -> str:
    """The name of the encoder that belongs to a decoder."""
    if found.row is not None and found.row.encoder:
        result: str = found.row.encoder
        return result
    for (channels, padding), name in _PARTNERS.items():
        if (network.channels[:4], network.padding) == (channels[:4], padding):
            return name
    raise CheckpointError(
        "{file} is a decoder with {width} channels, for which there is no encoder: use one with {widths}.",
        file=found.path.name,
        width=network.channels[3],
        widths=" / ".join(dict.fromkeys(str(channels[3]) for channels, _ in _PARTNERS)),
    )


def _check_pair(front: Loaded[VGG19], back: Loaded[AdaINDecoder]) -> None:
    network = front.network
    if DEEPEST not in network.layers or network.channels[:4] != back.network.channels[:4]:
        raise CheckpointError(
            "{encoder} and {decoder} do not belong together: their channels differ, or the encoder ends "
            "before {layer}.",
            encoder=front.found.path.name,
            decoder=back.found.path.name,
            layer=DEEPEST,
        )
