"""A painter with an adversarial loss against its styles: texture that no style has is seen as such.

Statistics of features are met by many textures, among them a weave of one period over every even area, which
is the easiest for a network to make. A discriminator of small patches (Isola et al. 2017; Li and Wand 2016)
compares windows of what was painted with windows of the style itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .adversarial import init_weights
from .painter import PainterTask
from .painter_sampling import StyleDraws
from .style_discriminator import STD, StyleDiscriminator, discriminator_errors, distance
from .task import Batch, Networks

DISCRIMINATOR = "discriminator"


class AdversarialPainterTask(PainterTask):
    """As :class:`PainterTask`, with the LSGAN loss of a :class:`StyleDiscriminator`.

    It sees windows of half the side of a crop, of what was painted and of the style it was painted in. Adam
    trains it at ``adam_rate`` even where Muon trains the painter.

    Args and errors are those of :class:`PainterTask`.
    """

    adam_only = (DISCRIMINATOR,)
    loss_names = (*PainterTask.loss_names, "adversarial", DISCRIMINATOR)

    # Two windows of each style, and one of what was painted in it, for this step's other phase.
    _windows: tuple[Tensor, Tensor, Tensor] | None = None

    def _new_networks(self) -> dict[str, nn.Module]:
        discriminator = StyleDiscriminator(self.settings.discriminator_width)
        init_weights(discriminator, STD)
        return {**super()._new_networks(), DISCRIMINATOR: discriminator}

    @property
    def phases(self) -> Mapping[str, Sequence[str]]:
        """First the painter, then the discriminator."""
        painter = tuple(name for name in self.networks if name != DISCRIMINATOR)
        return {"painter": painter, DISCRIMINATOR: (DISCRIMINATOR,)}

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The painter's losses, or the discriminator's on what has just been painted."""
        if phase != DISCRIMINATOR:
            return super().losses(networks, batch, phase)
        windows, self._windows = self._windows, None
        if windows is None:
            return {}
        with self.mixed():
            loss = discriminator_errors(networks[DISCRIMINATOR], *windows).mean()
        return {"total": loss, DISCRIMINATOR: loss}

    def _with_adversarial(
        self, losses: dict[str, Tensor], networks: Networks, batch: Batch, painted: Tensor, draws: StyleDraws
    ) -> dict[str, Tensor]:
        """With the adversarial loss of those crops that are paintings."""
        paintings = (~draws.alone).nonzero().flatten()
        if not len(paintings):
            return losses
        side, randoms = painted.shape[2] // 2, self._randoms(batch)
        windows = [window(each[None], side, random) for each, random in zip(painted, randoms, strict=True)]
        own = torch.cat(windows)[paintings]
        seen = [(self._style(draws.styles[n]), randoms[n]) for n in paintings.tolist()]
        style, other = (torch.cat([window(each, side, random) for each, random in seen]) for _ in range(2))
        if batch.step:
            self._windows = other, style, own.detach()
        with self.mixed():
            errors = distance(networks[DISCRIMINATOR](own, style), 1)
        adversarial = errors.sum() / len(painted)
        total = losses["total"] + self.settings.adversarial_weight * adversarial
        return {**losses, "total": total, "adversarial": adversarial}

    def _style(self, number: int) -> Tensor:
        """The picture of a style, (1, 3, h, w), as it is measured."""
        return self._picture(self.styles, self.styles.collection.forms[number])

    def _randoms(self, batch: Batch) -> list[np.random.Generator]:
        """For each crop, by the seed and its number in the run alone."""
        tag = crc32(b"window")
        return [np.random.default_rng([self.seed, tag, number]) for number in batch.numbers.tolist()]


def window(picture: Tensor, side: int, random: np.random.Generator) -> Tensor:
    """(1, 3, side, side) somewhere in a picture (1, 3, H, W), which is enlarged where it is smaller."""
    if min(picture.shape[2:]) < side:
        factor = side / min(picture.shape[2:])
        size = [max(side, round(each * factor)) for each in picture.shape[2:]]
        picture = F.interpolate(picture, size, mode="bilinear")
    top, left = (int(random.integers(0, each - side + 1)) for each in picture.shape[2:])
    return picture[..., top : top + side, left : left + side]
