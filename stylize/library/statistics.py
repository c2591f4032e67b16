"""The statistics of the library's styles, from their files. Torch is imported only when they are read."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Note, note
from ..weights.messages import damaged_bundled
from . import index
from .index import Also
from .named import NamedStyle

if TYPE_CHECKING:
    from torch import Tensor

    from ..statistics import MeanStd

_lock = threading.Lock()


def of(style: NamedStyle) -> Mapping[str, MeanStd]:
    """Mean and standard deviation of the features of ``style.encoder``, by layer, each (1, C, 1, 1) float32.

    Raises:
        WeightsError: if the file is missing, damaged, or not that of the index.
    """
    return _read(style.thumbnail.parent, style.encoder)[style.name]


def layers(encoder_sha256: str = "") -> tuple[str, ...]:
    """The layers whose statistics there are of an encoder that :func:`fits`. Raises WeightsError."""
    first = next(iter(index.styles()), None)
    return tuple(first.with_encoder(encoder_sha256).statistics()) if first else ()


def sample_note(names: Sequence[str]) -> Note:
    """What to say where the styles of these names are looked at as pictures."""
    return note(
        "{styles}: the library's statistics belong to another network, so its small sample picture is taken "
        "for the style. The network that comes with Stylize does better.",
        styles=", ".join(dict.fromkeys(names)),
    )


def digest(tensors: Mapping[str, Tensor]) -> str:
    """The sha256 of statistics, 64 hex digits: of their float16 bytes in the order of names."""
    import torch

    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(f"{name}:{tensors[name].numel()};".encode())
        total.update(tensors[name].detach().cpu().to(torch.float16).contiguous().numpy().tobytes())
    return total.hexdigest()


def by_layer(stored: Mapping[str, Tensor]) -> dict[str, MeanStd]:
    """One style's tensors, such as ``"relu4_1.mean"`` (C,), by layer: (1, C, 1, 1) each."""
    layers = sorted({name.partition(".")[0] for name in stored})

    def shaped(layer: str, kind: str) -> Tensor:
        return stored[f"{layer}.{kind}"].float().view(1, -1, 1, 1)

    return {layer: (shaped(layer, "mean"), shaped(layer, "deviation")) for layer in layers}


def forget() -> None:
    """Read the library anew when it is next needed: it was written."""
    index.read.cache_clear()
    _read.cache_clear()


@functools.lru_cache(maxsize=4)
def _read(where: Path, encoder: str) -> Mapping[str, Mapping[str, MeanStd]]:
    with _lock:
        other = index.read(where).also.get(encoder)
        return _read_other(where, other) if other else _read_first(where)


def _read_other(where: Path, other: Also) -> dict[str, Mapping[str, MeanStd]]:
    """Every style's statistics by a further encoder."""
    from ..weights import files

    path = where / other.file
    table = files.read(path)
    if (is_now := digest(table)) != other.sha256:
        raise damaged_bundled(path, is_now, other.sha256)
    every = enumerate(index.read(where).styles)
    return {each.name: by_layer({key: rows[n] for key, rows in table.items()}) for n, each in every}


def _read_first(where: Path) -> dict[str, Mapping[str, MeanStd]]:
    """Every style's statistics; a file that does not belong to the index is refused."""
    from ..weights import files

    path = where / index.STATISTICS
    table = files.read(path)
    found: dict[str, Mapping[str, MeanStd]] = {}
    for n, each in enumerate(index.read(where).styles):
        own = {name: rows[n] for name, rows in table.items() if n < len(rows)}
        if (is_now := digest(own)) != each.sha256:
            raise damaged_bundled(path, is_now, each.sha256)
        found[each.name] = by_layer(own)
    return found
