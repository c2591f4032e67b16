"""AdaIN's decoder with a discriminator that tells stylised pictures from real paintings. Beyond the paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .adain import AdaINTask
from .adversarial import MultiScale, discriminator_loss, initialise, lsgan
from .task import Batch, Networks

DISCRIMINATOR = "discriminator"


class JudgedAdaINTask(AdaINTask):
    """As :class:`AdaINTask`; the decoder is to deceive PatchGANs at several scales, too (LSGAN).

    They have Adam at ``adam_rate`` and learn nothing in the first steps, in which the decoder is the
    encoder's inverse.
    """

    helpers = (DISCRIMINATOR,)
    loss_names = (*AdaINTask.loss_names, "adversarial", DISCRIMINATOR)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.networks[DISCRIMINATOR] = MultiScale(self.settings.judge_width, self.settings.judge_scales)
        initialise(self.networks[DISCRIMINATOR])
        self._made: list[Tensor] = []

    @property
    def phases(self) -> Mapping[str, tuple[str, ...]]:
        """First the decoder, then the discriminator."""
        return {"decoder": ("decoder",), DISCRIMINATOR: (DISCRIMINATOR,)}

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The decoder's losses, or the discriminator's on what the decoder has just made."""
        if phase == DISCRIMINATOR:
            return self._learn_to_tell(networks, batch.pictures["style"])
        self._made = []
        return super().losses(networks, batch, phase)

    def _judged(self, networks: Networks, picture: Tensor) -> dict[str, Tensor]:
        self._made.append(picture.detach())
        with self.mixed():
            return {"adversarial": lsgan(networks[DISCRIMINATOR](picture), 1)}

    def _learn_to_tell(self, networks: Networks, paintings: Tensor) -> dict[str, Tensor]:
        made, self._made = self._made, []
        if not made:
            return {}
        with self.mixed():
            loss = discriminator_loss(networks[DISCRIMINATOR], paintings, torch.cat(made))
        return {"total": loss, DISCRIMINATOR: loss}
