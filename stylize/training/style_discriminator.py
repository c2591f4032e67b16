"""A discriminator of texture that sees a window of the style beside what it judges.

Whether a texture is false depends on the style: a weave belongs to cloth. So each patch's score is an
unconditional part and a projection on what the network sees in the style's window (Miyato and Koyama, "cGANs
with Projection Discriminator", 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

OTHERS = 0.3  # weight of windows of other styles, which are not real either
STD = 0.04  # of the initial weights


class StyleDiscriminator(nn.Module):
    """Scores of overlapping patches of 46x46 pixels.

    Args:
        width: channels after the first convolution.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.InstanceNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 4 * width, 4, 1, 1),
            nn.LeakyReLU(0.2),
        )
        self.head = nn.Conv2d(4 * width, 1, 1)
        self.match = nn.Linear(4 * width, 4 * width)

    def forward(self, pictures: Tensor, styles: Tensor) -> Tensor:
        """(B, 3, H, W) pictures and windows of their styles, RGB in [0, 1], to scores (B, 1, h, w) float32.

        The aim for a window of the style itself is 1, for all else 0 (LSGAN, Mao et al. 2017).
        """
        found = self.body(pictures * 2 - 1)
        wanted = self.match(self.body(styles * 2 - 1).mean((2, 3)))
        fit = (found * wanted[:, :, None, None]).sum(1, keepdim=True) / found.shape[1] ** 0.5
        scores: Tensor = self.head(found).float() + fit.float()
        return scores


def discriminator_errors(network: nn.Module, windows: Tensor, styles: Tensor, painted: Tensor) -> Tensor:
    """(B,) the discriminator's own loss.

    Args:
        network: a :class:`StyleDiscriminator`.
        windows, styles: two windows of each style, (B, 3, H, W).
        painted: windows of what was painted in it, of the same shape.
    """
    judged = torch.cat([windows, painted, windows.roll(1, 0)])
    real, generated, others = network(judged, styles.repeat(3, 1, 1, 1)).chunk(3)
    return distance(real, 1) + distance(generated, 0) + OTHERS * distance(others, 0)


def distance(scores: Tensor, target: float) -> Tensor:
    """(B,) the mean squared distance of scores (B, 1, h, w) from what is aimed at."""
    return (scores - target).square().mean((1, 2, 3))
