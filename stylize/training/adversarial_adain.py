"""AdaIN's decoder with an adversarial loss against real paintings. Beyond the paper."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ..device import Compute
from ..networks import VGG19
from .adain import AdaINTask
from .adversarial import MultiScaleDiscriminator, discriminator_loss, init_weights, lsgan_loss
from .task import Batch, Networks
from .task_settings import AdaINTaskSettings

DISCRIMINATOR = "discriminator"


class AdversarialAdaINTask(AdaINTask):
    """As :class:`AdaINTask`, with the LSGAN loss of PatchGANs at several scales.

    Adam trains the discriminators at ``adam_rate``, but not in the first steps, in which the decoder is
    trained as the encoder's inverse.
    """

    adam_only = (DISCRIMINATOR,)
    loss_names = (*AdaINTask.loss_names, "adversarial", DISCRIMINATOR)

    def __init__(
        self,
        settings: AdaINTaskSettings,
        compute: Compute,
        teacher: VGG19 | None = None,
        encoder: VGG19 | None = None,
    ) -> None:
        super().__init__(settings, compute, teacher, encoder)
        width, scales = settings.discriminator_width, settings.discriminator_scales
        self.networks[DISCRIMINATOR] = MultiScaleDiscriminator(width, scales)
        init_weights(self.networks[DISCRIMINATOR])
        self._generated: list[Tensor] = []

    @property
    def phases(self) -> Mapping[str, tuple[str, ...]]:
        """First the decoder, then the discriminator."""
        return {"decoder": ("decoder",), DISCRIMINATOR: (DISCRIMINATOR,)}

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The decoder's losses, or the discriminator's on what the decoder has just generated."""
        if phase == DISCRIMINATOR:
            return self._discriminator_losses(networks, batch.pictures["style"])
        self._generated = []
        return super().losses(networks, batch, phase)

    def _adversarial_losses(self, networks: Networks, picture: Tensor) -> dict[str, Tensor]:
        self._generated.append(picture.detach())
        with self.mixed():
            return {"adversarial": lsgan_loss(networks[DISCRIMINATOR](picture), 1)}

    def _discriminator_losses(self, networks: Networks, paintings: Tensor) -> dict[str, Tensor]:
        generated, self._generated = self._generated, []
        if not generated:
            return {}
        with self.mixed():
            loss = discriminator_loss(networks[DISCRIMINATOR], paintings, torch.cat(generated))
        return {"total": loss, DISCRIMINATOR: loss}
