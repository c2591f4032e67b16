"""Discriminators at several scales, their losses, and the pool of earlier generated pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks import PatchGAN
from .config import TrainingError

MIN_SIDE = 24  # pixels that a PatchGAN of three layers needs


class MultiScaleDiscriminator(nn.Module):
    """One PatchGAN for the picture, one for its half, and so on (Wang et al. 2018, pix2pixHD).

    Args:
        width: channels after the first convolution of each.
        scales: the number of PatchGANs; 1 is the discriminator of CycleGAN.
    """

    def __init__(self, width: int = 64, scales: int = 1) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchGAN(width) for _ in range(scales))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) RGB in [0, 1] to scores, (B, 1, h, w) for each scale.

        Raises:
            TrainingError: the pictures are too small for so many scales.
        """
        least = MIN_SIDE * 2 ** (len(self.scales) - 1)
        if min(x.shape[2:]) < least:
            raise TrainingError(
                "Crops of {size} pixels are too small for discriminators at {scales} scales: set size to "
                "{least} or more, or fewer scales.",
                size=min(x.shape[2:]),
                scales=len(self.scales),
                least=least,
            )
        scores = []
        for number, each in enumerate(self.scales):
            if number:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            scores.append(each(x))
        return scores


def lsgan_loss(scores: Iterable[Tensor], target: float) -> Tensor:
    """Least-squares adversarial loss (Mao et al. 2017): a scalar.

    Args:
        scores: of a discriminator, (B, 1, h, w) for each scale.
        target: 1 for real, 0 for generated.

    Returns:
        The squared distance from the target, mean over the patches, then over the scales.
    """
    apart = [(each.float() - target).square().mean() for each in scores]
    return torch.stack(apart).mean()


def discriminator_loss(discriminator: nn.Module, real: Tensor, generated: Tensor) -> Tensor:
    """Half the sum of the losses on real and on generated (B, 3, H, W) pictures: a scalar."""
    scores: Sequence[Tensor] = discriminator(torch.cat([real, generated]))
    count = len(real)
    of_real = lsgan_loss((each[:count] for each in scores), 1)
    return (of_real + lsgan_loss((each[count:] for each in scores), 0)) / 2


@torch.no_grad()
def init_weights(network: nn.Module, std: float = 0.02) -> None:
    """Normal weights and zero biases for all convolutions, in place, as in pix2pix and CycleGAN."""
    for part in network.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, std=std)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


class ImagePool:
    """A buffer of earlier generated pictures, one of which replaces every other new one on average
    (Shrivastava et al. 2017), so that discriminators remember what generators did before.

    What is drawn depends on the seed, the pool's name and the sample's number alone.

    Args:
        name: pools of different names draw differently.
        size: pictures in the buffer, float16; 0 passes all new ones on.
        seed: of the run.
    """

    def __init__(self, name: str, size: int, seed: int) -> None:
        self.name, self.size, self.seed = name, size, seed
        self.pictures: list[Tensor] = []

    def query(self, pictures: Tensor, numbers: Tensor) -> Tensor:
        """Stores new pictures, (B, 3, H, W), and returns as many new or old ones.

        Args:
            pictures: just generated.
            numbers: (B,), those of the samples, see :class:`Batch`.
        """
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
        index = int(random.integers(self.size))
        old, self.pictures[index] = self.pictures[index], picture.half()
        return old.to(picture.dtype)

    def state(self) -> Tensor:
        """(N, 3, H, W) float16, empty if nothing was generated yet."""
        return torch.stack(self.pictures) if self.pictures else torch.empty(0, dtype=torch.float16)

    def load_state(self, state: Tensor, device: torch.device) -> None:
        """Restores what :meth:`state` returned."""
        self.pictures = list(state.to(device))
