"""Discriminators at several scales, their losses, and the pool of earlier translations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import PatchGAN
from .config import TrainingError

LEAST = 24  # pixels a side that a PatchGAN of three layers needs


class MultiScale(nn.Module):
    """One PatchGAN for the picture, one for its half, and so on (Wang et al. 2018, pix2pixHD).

    Args:
        width: channels after the first convolution of each.
        scales: how many there are; a single one is the discriminator of CycleGAN.
    """

    def __init__(self, width: int = 64, scales: int = 1) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchGAN(width) for _ in range(scales))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) RGB in [0, 1] to scores, (B, 1, h, w) for each scale.

        Raises:
            TrainingError: the picture is too small for so many scales.
        """
        least = LEAST * 2 ** (len(self.scales) - 1)
        if min(x.shape[2:]) < least:
            raise TrainingError(
                "Crops of {size} pixels are too small for discriminators at {scales} scales: set size to "
                "{least} or more, or fewer scales.",
                size=min(x.shape[2:]), scales=len(self.scales), least=least,
            )  # fmt: skip
        scores = []
        for number, each in enumerate(self.scales):
            if number:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            scores.append(each(x))
        return scores


def lsgan(scores: Iterable[Tensor], target: float) -> Tensor:
    """Squared distance from ``target``, 1 for real and 0 for made; mean over all, then over the scales."""
    apart = [(each.float() - target).square().mean() for each in scores]
    return torch.stack(apart).mean()


def discriminator_loss(discriminator: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """Half the sum of the losses on real and on made pictures: a scalar."""
    scores: Sequence[Tensor] = discriminator(torch.cat([real, made]))
    count = len(real)
    return (lsgan((each[:count] for each in scores), 1) + lsgan((each[count:] for each in scores), 0)) / 2


@torch.no_grad()
def initialise(network: nn.Module, deviation: float = 0.02) -> None:
    """Normal weights and no biases, as the networks of pix2pix and CycleGAN start."""
    for part in network.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, std=deviation)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


class Pool:
    """Earlier translations, of which every other one comes in place of a new one (Shrivastava et al. 2017).

    What is drawn depends on the seed, the pool's name and the sample's number alone. Pictures are kept
    in half precision.

    Args:
        name: tells the pools of a run apart.
        size: pictures that are kept; 0 passes everything on.
        seed: of the run.
    """

    def __init__(self, name: str, size: int, seed: int) -> None:
        self.name, self.size, self.seed = name, size, seed
        self.pictures: list[Tensor] = []

    def exchange(self, pictures: Tensor, numbers: Tensor) -> Tensor:
        """As many pictures, (B, 3, H, W), some of them old; ``numbers`` are those of the samples."""
        if not self.size:
            return pictures
        each = zip(pictures, numbers.tolist(), strict=True)
        return torch.stack([self._one(picture, int(number)) for picture, number in each])

    def _one(self, picture: Tensor, number: int) -> Tensor:
        if len(self.pictures) < self.size:
            self.pictures.append(picture.half())
            return picture
        random = np.random.default_rng([self.seed, crc32(self.name.encode()), number])
        if random.integers(2):
            return picture
        place = int(random.integers(self.size))
        old, self.pictures[place] = self.pictures[place], picture.half()
        return old.to(picture.dtype)

    def state(self) -> Tensor:
        """(N, 3, H, W) float16; empty if there is nothing yet."""
        return torch.stack(self.pictures) if self.pictures else torch.empty(0, dtype=torch.float16)

    def load_state(self, state: Tensor, device: torch.device) -> None:
        """Takes back what :meth:`state` gave."""
        self.pictures = list(state.to(device))
