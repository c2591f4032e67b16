"""Crops that a network with the painter's trunk is trained with: their size, their rim and their noise."""

from __future__ import annotations

import torch
from torch import Tensor

from ..networks.painter import FACTOR, Noise, PainterTrunk
from .config import TrainingError
from .task import Batch

RIM = 16  # pixels around a crop that are not compared
LEAST_SIZE = 64  # of a crop with its rim


def check_size(size: int) -> None:
    """Raises TrainingError for crops of a size that the trunk does not take."""
    if size % FACTOR or size < LEAST_SIZE:
        raise TrainingError(
            "Crops of {size} pixels do not serve: choose a multiple of {factor} from {least} on.",
            size=size,
            factor=FACTOR,
            least=LEAST_SIZE,
        )


def inner(pictures: Tensor) -> Tensor:
    """(B, C, H, W) without its rim."""
    return pictures[..., RIM:-RIM, RIM:-RIM].contiguous(memory_format=torch.channels_last)


def noise_of(batch: Batch, stream: str, network: PainterTrunk) -> Noise:
    """What a network takes for each crop of a stream, by its number in the run, on its device."""
    pictures = batch.pictures[stream]
    every = [network.noise_at(1 + number, *pictures.shape[2:]) for number in batch.numbers.tolist()]
    planes = (
        (each.quarter, each.eighth) if each.half is None or each.full is None
        else (each.quarter, each.eighth, each.half, each.full)
        for each in every
    )  # fmt: skip
    return Noise(*(torch.cat(plane).to(pictures.device) for plane in zip(*planes, strict=True)))
