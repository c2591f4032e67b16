"""A decoder for adaptive instance normalisation (Huang and Belongie 2017)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import zoo
from ..device import Compute
from ..losses import total_variation
from ..networks import VGG19, AdaINDecoder, mean_and_deviation, tell
from ..networks.adain import SHALLOW, TOLD
from . import teacher as teachers
from .config import AdaINTaskSettings, TrainingError, pairs
from .task import Batch, Networks, Task

DEEPEST = "relu4_1"
LIKENESS = "relu4_2"
COLUMNS = 6  # of the sample grid


class AdaINTask(Task):
    """A decoder for a fixed encoder, judged in the space of a teacher.

    At first it learns to be the encoder's inverse; without that start it learns texture and no
    colour. Then it renders statistics that were exchanged, with an identity pair now and then, whose
    picture is known.
    """

    streams = ("content", "style")
    loss_names: Sequence[str] = ("total", "pixels", "features", "content", "style", "gram", "likeness")

    def __init__(
        self, settings: AdaINTaskSettings, compute: Compute, teacher: VGG19 | None = None,
        encoder: VGG19 | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.compute = settings, compute
        self.teacher = teacher or teachers.load(settings, compute)
        self.encoder: VGG19 = encoder or zoo.encoder(settings.encoder, compute).network
        self.weights = pairs(settings.style_layers, "style_layers")
        likeness = (LIKENESS,) if settings.likeness_weight else ()
        self.taps = tuple(dict.fromkeys((*self.weights, DEEPEST)))
        self.looked_at = (*self.taps, *likeness)
        self.read = (*TOLD, DEEPEST) if settings.enriched else (DEEPEST,)
        for network, taps in ((self.teacher, self.looked_at), (self.encoder, self.read)):
            for tap in set(taps) - set(network.taps):
                raise TrainingError("The teacher or the encoder has no {tap}: choose another.", tap=tap)
        self.scales = teachers.Scales(self.teacher, self.taps)
        self.networks = {"decoder": self._new_decoder(), "scales": self.scales}

    def _new_decoder(self) -> AdaINDecoder:
        decoder = AdaINDecoder(self.encoder.channels, enriched=self.settings.enriched)
        if self.settings.start:
            kept = zoo.decoder(self.settings.start, self.compute).network.state_dict()
            try:
                lacking = decoder.load_state_dict(kept, strict=False)
            except RuntimeError as error:
                raise TrainingError(
                    "The decoder {file} to start from has other channels than the encoder: choose another.",
                    file=self.settings.start,
                ) from error
            if lacking.unexpected_keys:
                raise TrainingError(
                    "The decoder {file} to start from is enriched: set enriched = true.",
                    file=self.settings.start,
                )
        return decoder

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
        rounds = [self._adain(networks, pair) for pair in self._pairs(content, style, batch)]
        return self._total({name: torch.stack([each[name] for each in rounds]).mean() for name in rounds[0]})

    def _identity(self, batch: Batch, turn: int) -> Tensor:
        every = self.settings.identity_every
        if not every or batch.step == 0:
            return torch.zeros_like(batch.numbers, dtype=torch.bool)
        return (batch.numbers + turn) % every == 0

    def _pairs(self, content: Tensor, style: Tensor, batch: Batch) -> Iterator[_Pair]:
        """Contents with styles. What is seen of a picture serves in every round: so more rounds are cheap."""
        with torch.no_grad():
            contents, styles = self._seen(content), self._seen(style)
        for turn in range(self.settings.rounds if batch.step else 1):
            same = self._identity(batch, turn)
            turned = styles.rolled(turn)
            yield _Pair(contents, contents.where(same, turned), same)

    def _seen(self, pictures: Tensor) -> _Seen:
        looks = self._look(pictures, self.looked_at)
        return _Seen(pictures, self._encode(pictures), looks, self._grams(looks))

    def _inverse(self, networks: Networks, own: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            aim, features = self._look(own), self._encode(own)
        picture = self._decode(networks, features, features)
        every = torch.ones(len(own), device=own.device)
        return self._known(picture, own, self._look(picture), aim, every)

    def _adain(self, networks: Networks, pair: _Pair) -> dict[str, Tensor]:
        content, style, same = pair.content, pair.style, pair.same
        with torch.no_grad():
            aim = exchange(content.looks[DEEPEST], style.looks[DEEPEST])
        picture = self._decode(networks, content.features, style.features)
        found = self._look(picture, self.looked_at)
        strokes = [
            weight * statistics_loss(found[tap], style.looks[tap]) for tap, weight in self.weights.items()
        ]
        losses = {
            **self._known(picture, content.pictures, found, content.looks, same.float()),
            "content": F.mse_loss(found[DEEPEST], aim),
            "style": torch.stack(strokes).sum(),
        }
        if self.settings.gram_weight:
            losses["gram"] = relative_error(self._grams(found), style.grams)
        if self.settings.likeness_weight:
            losses["likeness"] = likeness(found[LIKENESS], content.looks[LIKENESS])
        if self.settings.tv_weight:
            losses["smoothness"] = total_variation(picture)
        return {**losses, **self._judged(networks, picture)}

    def _judged(self, networks: Networks, picture: Tensor) -> dict[str, Tensor]:
        """What a discriminator says of a picture, where there is one."""
        return {}

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
            "gram": self.settings.gram_weight, "likeness": self.settings.likeness_weight,
            "smoothness": self.settings.tv_weight, "adversarial": self.settings.adversarial_weight,
        }  # fmt: skip
        total = torch.stack([weights[name] * loss for name, loss in found.items()]).sum()
        return {"total": total, **{name: loss for name, loss in found.items() if name in self.loss_names}}

    # ------------------------------------------------------------------------------ the networks

    def _encode(self, pictures: Tensor) -> dict[str, Tensor]:
        with torch.no_grad(), self.exact():
            return {tap: each.float() for tap, each in self.encoder(pictures, self.read).items()}

    def _decode(self, networks: Networks, content: dict[str, Tensor], style: dict[str, Tensor]) -> Tensor:
        decoder = networks["decoder"]
        with torch.no_grad():
            deep = exchange(content[DEEPEST], style[DEEPEST])
            more: tuple[Tensor, ...] = ()
            if self.settings.enriched:
                told = tell({tap: mean_and_deviation(style[tap]) for tap in TOLD})
                more = (exchange(content[SHALLOW], style[SHALLOW]), told)
        with self.mixed():
            return decoder(deep, *more).float()

    def _look(self, pictures: Tensor, taps: tuple[str, ...] | None = None) -> dict[str, Tensor]:
        """The teacher's features in float32: scaled, but for those of likeness."""
        with self.exact():
            features = self.teacher(pictures, taps or self.taps)
        return {
            tap: each.float() if tap == LIKENESS else self.scales.by_mean(tap, each)
            for tap, each in features.items()
        }

    def _grams(self, looks: dict[str, Tensor]) -> dict[str, Tensor]:
        if not self.settings.gram_weight:
            return {}
        return {tap: self.scales.unscaled_gram(tap, looks[tap]) for tap in self.weights}

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Contents, styles, contents in the styles, and contents as the decoder brings them back."""
        content, style = (batch.pictures[name][:COLUMNS] for name in self.streams)
        own, other = self._encode(content), self._encode(style)
        rows = [content, style, self._decode(networks, own, other), self._decode(networks, own, own)]
        return torch.stack([row.float().cpu() for row in rows])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The decoder alone."""
        return {"adain-decoder": networks["decoder"].state_dict()}


@dataclass(frozen=True)
class _Seen:
    """Pictures and what the encoder and the teacher see of them."""

    pictures: Tensor
    features: dict[str, Tensor]
    looks: dict[str, Tensor]
    grams: dict[str, Tensor]

    def _with(self, change: Callable[[Tensor, Tensor], Tensor], other: _Seen) -> _Seen:
        def of(own: dict[str, Tensor], others: dict[str, Tensor]) -> dict[str, Tensor]:
            return {name: change(each, others[name]) for name, each in own.items()}

        return _Seen(
            change(self.pictures, other.pictures), of(self.features, other.features),
            of(self.looks, other.looks), of(self.grams, other.grams),
        )  # fmt: skip

    def rolled(self, places: int) -> _Seen:
        """Each sample's place taken by one further on."""
        return self._with(lambda own, _: own.roll(places, 0), self) if places else self

    def where(self, flags: Tensor, other: _Seen) -> _Seen:
        """These samples where the flags, (B,), are set, and the other's elsewhere."""
        if not flags.any():
            return other
        return self._with(lambda own, its: torch.where(_each(flags, own.dim()), own, its), other)


@dataclass(frozen=True)
class _Pair:
    content: _Seen
    style: _Seen
    same: Tensor  # (B,): whether a sample's style is its content


def exchange(content: Tensor, style: Tensor) -> Tensor:
    """AdaIN: the content's features with the style's mean and deviation in each channel."""
    mean, deviation = mean_and_deviation(content)
    new_mean, new_deviation = mean_and_deviation(style)
    return (content - mean) / deviation * new_deviation + new_mean


def statistics_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Squared differences of means and deviations, averaged over samples and channels: a scalar."""
    both = zip(mean_and_deviation(found), mean_and_deviation(wanted), strict=True)
    return torch.stack([F.mse_loss(one, other) for one, other in both]).sum()


def relative_error(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> Tensor:
    """|G - A|² / |A|² of Gram matrices, mean over the taps and samples: a scalar."""
    apart = [
        (found[tap] - wanted[tap]).square().sum((1, 2)) / wanted[tap].square().sum((1, 2)) for tap in wanted
    ]
    return torch.stack(apart).mean()


def likeness(found: Tensor, wanted: Tensor) -> Tensor:
    """|F - P|² / |P - mean P|², mean over the samples: a scalar."""
    spread = (wanted - wanted.mean((2, 3), keepdim=True)).square().sum((1, 2, 3))
    return ((found - wanted).square().sum((1, 2, 3)) / spread.clamp(min=1e-8)).mean()


def _each(flags: Tensor, dimensions: int = 4) -> Tensor:
    return flags.view(-1, *[1] * (dimensions - 1))
