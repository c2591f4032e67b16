"""CycleGAN: a learned translation between two kinds of pictures (Zhu et al., ICCV 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .. import catalog, weights, zoo
from ..device import Compute, choose
from ..networks import ResNetGenerator
from ..progress import Progress
from .finish import pad_to_multiple, to_full_size, working_picture
from .memory import within_memory
from .options import CycleGANSettings

Settings = CycleGANSettings

STRIDE = 4  # pixels per feature in the residual blocks
LEAST = 8  # two features a side, which reflection padding needs
TOTAL = 2  # steps: the network is there, the picture is there


@dataclass(frozen=True)
class Translation:
    """A translation of the catalogue and whether it is on this machine.

    ``state`` is "folder", "bundled" or "cached" if it is here; "download", or "bring" if only the user
    can get the file. ``size`` is in bytes, 0 if unknown.
    """

    name: str
    title: str
    summary: str
    state: str
    size: int


def describe() -> tuple[Translation, ...]:
    """Every translation in the catalogue, in its order."""
    return tuple(
        Translation(row.name, row.title, row.summary, weights.state(row), weights.size(row))
        for row in catalog.rows()
        if row.role == "generator"
    )


def needs(settings: CycleGANSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load."""
    return (settings.translation,)


def run(
    content: Tensor,
    styles: Sequence[tuple[Tensor, float]],
    settings: CycleGANSettings,
    compute: Compute | None = None,
) -> Iterator[Progress]:
    """Translate ``content``.

    Args:
        content: (1, 3, H, W) RGB in [0, 1], any size.
        styles: unused; the style is in the network.

    Yields:
        A :class:`Progress` when the network is loaded, and one with the picture, of the content's
        size or of the working size as the settings say.

    Raises:
        WeightsError, MemoryLimitError.
    """
    compute = compute or choose()

    def attempt(side: int) -> Iterator[Progress]:
        loaded = zoo.generator(settings.translation, compute)
        yield Progress(1, TOTAL, note=next(iter(loaded.found.notes), None))
        picture = translate(loaded.network, working_picture(content, side), compute.device)
        yield Progress(TOTAL, TOTAL, to_full_size(picture, content, settings))

    longest = max(content.shape[2:])
    yield from within_memory(attempt, min(settings.content_side or longest, longest), 1, compute)


@torch.no_grad()
def translate(network: ResNetGenerator, picture: Tensor, device: torch.device) -> Tensor:
    """One picture, (1, 3, H, W) RGB in [0, 1] of any size, to the same shape on the CPU."""
    height, width = picture.shape[2:]
    padded = pad_to_multiple(picture, STRIDE, LEAST)
    return network(padded.to(device)).float().cpu()[:, :, :height, :width].clamp(0, 1)
