"""CycleGAN: a learned translation between two kinds of pictures (Zhu et al., ICCV 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ...device import Compute, choose, send
from ...image import fit, resize
from ...inputs import Inputs
from ...progress import Progress
from ...weights import zoo
from ...weights.checkpoints import Generator
from ..finish import pad_to_multiple, photo_of, with_margin, working_picture
from ..memory import within_memory
from .spec import CycleGANSettings

TOTAL = 2  # steps: the network is there, the picture is there


def needs(settings: CycleGANSettings) -> tuple[str, ...]:
    """Names or paths of the weight files that a run would load."""
    return (settings.translation,)


def run(inputs: Inputs, settings: CycleGANSettings, compute: Compute | None = None) -> Iterator[Progress]:
    """Translate the content.

    Args:
        inputs: a content of any size. Styles are not looked at: the style is in the network.

    Yields:
        A :class:`Progress` when the network is loaded, and one with the picture at the working size, for
        :func:`finish.finished`.

    Raises:
        PictureError, WeightsError, MemoryLimitError.
    """
    compute, content = compute or choose(), photo_of(inputs, settings)

    def attempt(side: int) -> Iterator[Progress]:
        loaded = zoo.generator(settings.translation, compute)
        yield Progress(1, TOTAL, note=next(iter(loaded.found.notes), None))
        small = working_picture(content, settings.content_side, side)
        yield Progress(TOTAL, TOTAL, translate(loaded.network, small, compute.device))

    longest = max(content.shape[2:])
    yield from within_memory(attempt, min(settings.content_side or longest, longest), 1, compute)


def run_batch(
    inputs: Sequence[Inputs], settings: CycleGANSettings, compute: Compute | None = None
) -> list[Progress]:
    """What :func:`run` yields last for each of several contents, worked on at once; what there is to say
    comes with the first.

    Args:
        inputs: contents that are all of one size at the working size.

    Raises:
        WeightsError, RuntimeError: the latter if memory does not suffice.
    """
    compute = compute or choose()
    loaded = zoo.generator(settings.translation, compute)
    photos = (photo_of(each, settings) for each in inputs)
    small = torch.cat([working_picture(each, settings.content_side) for each in photos])
    note = next(iter(loaded.found.notes), None)
    parts = enumerate(translate(loaded.network, small, compute.device).split(1))
    return [Progress(1, 1, each.clone(), note=None if n else note) for n, each in parts]


@torch.no_grad()
def translate(network: Generator, picture: Tensor, device: torch.device) -> Tensor:
    """Pictures, (B, 3, H, W) RGB in [0, 1] of any size, to the same shape on the CPU.

    A network with a ``SIDE`` paints larger pictures at that longer side, so that its strokes are as broad in
    them; what is finer than that comes from painting them at their own size.
    """
    made = _run(network, picture, device)
    if not network.SIDE or max(picture.shape[2:]) <= network.SIDE:
        return made
    broad = _run(network, fit(picture, network.SIDE), device)
    size, small = picture.shape[2:], broad.shape[2:]
    fine = made - resize(resize(made, small), size)
    return (resize(broad, size) + fine).clamp(0, 1)


def _run(network: Generator, picture: Tensor, device: torch.device) -> Tensor:
    margin, (height, width) = network.MARGIN, picture.shape[2:]
    padded = pad_to_multiple(with_margin(picture, margin), network.FACTOR, network.LEAST)
    made: Tensor = network(send(padded, device))
    return made.float().cpu()[:, :, margin : margin + height, margin : margin + width].clamp(0, 1)
