"""A decoder for adaptive instance normalisation (Huang and Belongie 2017)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import zoo
from ..device import Compute
from ..losses import total_variation
from ..networks import VGG19, AdaINDecoder, mean_and_deviation
from . import teacher as teachers
from .config import AdaINTaskSettings, TrainingError, pairs
from .task import Batch, Networks, Task

DEEPEST = "relu4_1"
COLUMNS = 6  # of the sample grid


class AdaINTask(Task):
    """A decoder for a fixed encoder, judged in the space of a teacher.

    At first it learns to be the encoder's inverse; without that start it learns texture and no
    colour. Then it renders statistics that were exchanged, with an identity pair now and then, whose
    picture is known.
    """

    streams = ("content", "style")
    loss_names = ("total", "pixels", "features", "content", "style")

    def __init__(
        self, settings: AdaINTaskSettings, compute: Compute, teacher: VGG19 | None = None,
        encoder: VGG19 | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.compute = settings, compute
        self.teacher = teacher or teachers.load(settings, compute)
        self.encoder: VGG19 = encoder or zoo.encoder(settings.encoder, compute).network
        self.weights = pairs(settings.style_layers, "style_layers")
        self.taps = tuple(dict.fromkeys((*self.weights, DEEPEST)))
        for network in (self.teacher, self.encoder):
            for tap in self.taps if network is self.teacher else (DEEPEST,):
                if tap not in network.taps:
                    raise TrainingError("The teacher or the encoder has no {tap}: choose another.", tap=tap)
        self.scales = teachers.Scales(self.teacher, self.taps)
        self.networks = {"decoder": AdaINDecoder(self.encoder.channels), "scales": self.scales}

    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures the teacher's scales over both streams."""
        with torch.no_grad(), self.exact():
            self.scales.measure(
                self.teacher(torch.cat(list(batch.pictures.values())), self.taps) for batch in batches
            )

    # -------------------------------------------------------------------------------- the losses

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The inverse's losses in the first steps, AdaIN's afterwards."""
        content, style = batch.pictures["content"], batch.pictures["style"]
        if 0 < batch.step <= self.settings.inverse_steps:
            own = torch.where(_each(batch.numbers % 2 == 0), content, style)
            return self._total(self._inverse(networks, own))
        same = self._identity(batch)
        return self._total(self._adain(networks, content, torch.where(_each(same), content, style), same))

    def _identity(self, batch: Batch) -> Tensor:
        every = self.settings.identity_every
        if not every or batch.step == 0:
            return torch.zeros_like(batch.numbers, dtype=torch.bool)
        return batch.numbers % every == 0

    def _inverse(self, networks: Networks, own: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            aim = self._look(own)
        picture = self._decode(networks, self._encode(own))
        every = torch.ones(len(own), device=own.device)
        return self._known(picture, own, self._look(picture), aim, every)

    def _adain(self, networks: Networks, content: Tensor, style: Tensor, same: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            own, wanted = self._look(content), self._look(style)
            aim = exchange(own[DEEPEST], wanted[DEEPEST])
        picture = self._decode(networks, exchange(self._encode(content), self._encode(style)))
        found = self._look(picture)
        strokes = [weight * statistics_loss(found[tap], wanted[tap]) for tap, weight in self.weights.items()]
        return {
            **self._known(picture, content, found, own, same.float()),
            "content": F.mse_loss(found[DEEPEST], aim),
            "style": torch.stack(strokes).sum(),
            "smoothness": total_variation(picture) if self.settings.tv_weight else picture.new_zeros(()),
        }

    def _known(
        self, picture: Tensor, own: Tensor, found: dict[str, Tensor], wanted: dict[str, Tensor], which: Tensor
    ) -> dict[str, Tensor]:
        """Losses of those samples whose picture is known; ``which`` is (B,), 1 for them and else 0."""
        pixels = (picture - own).abs().mean((1, 2, 3))
        apart = [(found[tap] - wanted[tap]).square().mean((1, 2, 3)) for tap in self.taps]
        features = torch.stack(apart).mean(0)
        return {"pixels": (pixels * which).mean(), "features": (features * which).mean()}

    def _total(self, found: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = {
            "pixels": self.settings.pixel_weight, "features": self.settings.feature_weight,
            "content": self.settings.content_weight, "style": self.settings.style_weight,
            "smoothness": self.settings.tv_weight,
        }  # fmt: skip
        total = torch.stack([weights[name] * loss for name, loss in found.items()]).sum()
        return {"total": total, **{name: loss for name, loss in found.items() if name in self.loss_names}}

    # ------------------------------------------------------------------------------ the networks

    def _encode(self, pictures: Tensor) -> Tensor:
        with torch.no_grad(), self.exact():
            return self.encoder(pictures, (DEEPEST,))[DEEPEST].float()

    def _decode(self, networks: Networks, features: Tensor) -> Tensor:
        with self.mixed():
            return networks["decoder"](features).float()

    def _look(self, pictures: Tensor, taps: tuple[str, ...] | None = None) -> dict[str, Tensor]:
        """The teacher's scaled features in float32."""
        with self.exact():
            features = self.teacher(pictures, taps or self.taps)
        return {tap: self.scales.by_mean(tap, each) for tap, each in features.items()}

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Contents, styles, contents in the styles, and contents as the decoder brings them back."""
        content, style = (batch.pictures[name][:COLUMNS] for name in self.streams)
        own, other = self._encode(content), self._encode(style)
        rows = [content, style, self._decode(networks, exchange(own, other)), self._decode(networks, own)]
        return torch.stack([row.float().cpu() for row in rows])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The decoder alone."""
        return {"adain-decoder": networks["decoder"].state_dict()}


def exchange(content: Tensor, style: Tensor) -> Tensor:
    """AdaIN: the content's features with the style's mean and deviation in each channel."""
    mean, deviation = mean_and_deviation(content)
    new_mean, new_deviation = mean_and_deviation(style)
    return (content - mean) / deviation * new_deviation + new_mean


def statistics_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Squared differences of means and deviations, averaged over samples and channels: a scalar."""
    both = zip(mean_and_deviation(found), mean_and_deviation(wanted), strict=True)
    return torch.stack([F.mse_loss(one, other) for one, other in both]).sum()


def _each(flags: Tensor) -> Tensor:
    return flags.view(-1, 1, 1, 1)
