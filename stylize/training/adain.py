"""A decoder for adaptive instance normalisation (Huang and Belongie 2017)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import Compute
from ..losses import total_variation
from ..networks import VGG19, AdaINDecoder, adaptive_instance_norm, style_code
from ..networks.adain import SKIP_LAYER, STYLE_CODE_LAYERS
from ..statistics import MeanStd, mean_and_gram, mean_std
from ..weights import zoo
from . import teacher as teachers
from .config import AdaINTaskSettings, TrainingError, pairs
from .task import Batch, Networks, Task

DEEPEST = "relu4_1"
LIKENESS = "relu4_2"
EPS = 1e-5  # as in mean_std, for the scaled features
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
        self.strides = {tap: int(n) for tap, n in pairs(settings.strides, "strides").items()}
        likeness = (LIKENESS,) if settings.likeness_weight else ()
        self.taps = tuple(dict.fromkeys((*self.weights, DEEPEST)))
        self.looked_at = (*self.taps, *likeness)
        self.read = (*STYLE_CODE_LAYERS, DEEPEST) if settings.enriched else (DEEPEST,)
        for network, taps in ((self.teacher, self.looked_at), (self.encoder, self.read)):
            for tap in set(taps) - set(network.layers):
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
            contents = self._seen(content, batch.step)
            styles = self._seen(style, batch.step).statistics
        for turn in range(self.settings.rounds if batch.step else 1):
            same = self._identity(batch, turn)
            mixed = _where(same, contents.statistics, _rolled(styles, turn))
            yield _Pair(contents, mixed, same, batch.step)

    def _seen(self, pictures: Tensor, step: int) -> _Seen:
        looks, features = self._look(pictures), self._encode(pictures)
        own = {tap: mean_std(each) for tap, each in features.items()}
        return _Seen(pictures, features, looks, _Statistics(own, self._measured(looks, step)))

    def _inverse(self, networks: Networks, own: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            aim, features = self._look(own), self._encode(own)
            told = {tap: mean_std(each) for tap, each in features.items()}
        picture = self._decode(networks, features, told)
        every = torch.ones(len(own), dtype=torch.bool, device=own.device)
        return self._known(picture, own, self._look(picture), aim, every)

    def _adain(self, networks: Networks, pair: _Pair) -> dict[str, Tensor]:
        content, wanted, same = pair.content, pair.style, pair.same
        with torch.no_grad():
            aim = adaptive_instance_norm(self._scaled(content.looks, DEEPEST), wanted.theirs[DEEPEST].moments)
        picture = self._decode(networks, content.features, wanted.own)
        looks = self._look(picture)
        found = self._measured(looks, pair.step)
        losses = {
            **self._known(picture, content.pictures, looks, content.looks, same),
            "content": F.mse_loss(self._scaled(looks, DEEPEST), aim),
            "style": torch.stack([
                weight * statistics_loss(found[tap].moments, wanted.theirs[tap].moments)
                for tap, weight in self.weights.items()
            ]).sum(),
        }  # fmt: skip
        if self.settings.gram_weight:
            losses["gram"] = relative_error(found, wanted.theirs, self.weights)
        if self.settings.likeness_weight:
            losses["likeness"] = likeness(looks[LIKENESS].float(), content.looks[LIKENESS].float())
        if self.settings.tv_weight:
            losses["smoothness"] = total_variation(picture)
        return {**losses, **self._judged(networks, picture)}

    def _judged(self, networks: Networks, picture: Tensor) -> dict[str, Tensor]:
        """What a discriminator says of a picture, where there is one."""
        return {}

    def _known(
        self, picture: Tensor, own: Tensor, looks: dict[str, Tensor], wanted: dict[str, Tensor], which: Tensor
    ) -> dict[str, Tensor]:
        """Losses of those samples whose picture is known; ``which`` is (B,), set for them."""
        share = which.float().mean()
        if not which.any():
            return {"pixels": picture.new_zeros(()), "features": picture.new_zeros(())}
        apart = [
            F.mse_loss(self._scaled(looks, tap, which), self._scaled(wanted, tap, which)) for tap in self.taps
        ]
        return {
            "pixels": (picture[which] - own[which]).abs().mean() * share,
            "features": torch.stack(apart).mean() * share,
        }

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

    def _decode(self, networks: Networks, content: dict[str, Tensor], style: dict[str, MeanStd]) -> Tensor:
        decoder = networks["decoder"]
        with torch.no_grad():
            deep = adaptive_instance_norm(content[DEEPEST], style[DEEPEST])
            more: tuple[Tensor, ...] = ()
            if self.settings.enriched:
                more = (adaptive_instance_norm(content[SKIP_LAYER], style[SKIP_LAYER]), style_code(style))
        with self.mixed():
            return decoder(deep, *more).float()

    def _look(self, pictures: Tensor) -> dict[str, Tensor]:
        """The teacher's features as they come."""
        with self.exact():
            found: dict[str, Tensor] = self.teacher(pictures, self.looked_at)
        return found

    def _scaled(self, looks: dict[str, Tensor], tap: str, which: Tensor | None = None) -> Tensor:
        return self.scales.by_mean(tap, looks[tap] if which is None else looks[tap][which])

    def _measured(self, looks: dict[str, Tensor], step: int) -> dict[str, _Measured]:
        """Statistics of the scaled features at each tap, without scaling the features themselves.

        Of large maps every few positions will do, other ones in each step: memory is what they cost.
        """
        found = {}
        for tap in self.taps:
            divisor, gram = self.scales.divisor(tap), None
            features = teachers.strided(looks[tap], self.strides.get(tap, 1), step)
            if tap in self.weights and self.settings.gram_weight:
                mean, gram = mean_and_gram(features)
                square = gram.diagonal(dim1=1, dim2=2)[:, :, None, None]
                variance = (square - mean.square()).clamp(min=0)
                gram = gram / divisor.mean().square()
            else:
                mean = features.float().mean((2, 3), keepdim=True)
                variance = features.float().var((2, 3), keepdim=True, unbiased=False)
            found[tap] = _Measured((mean / divisor, (variance / divisor.square() + EPS).sqrt()), gram)
        return found

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Contents, styles, contents in the styles, and contents as the decoder brings them back."""
        content, style = (batch.pictures[name][:COLUMNS] for name in self.streams)
        own, other = self._encode(content), self._encode(style)
        told, its = ({tap: mean_std(each[tap]) for tap in each} for each in (own, other))
        rows = [content, style, self._decode(networks, own, its), self._decode(networks, own, told)]
        return torch.stack([row.float().cpu() for row in rows])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The decoder alone."""
        return {"adain-decoder": networks["decoder"].state_dict()}


@dataclass(frozen=True)
class _Measured:
    """Mean and deviation of a tap's scaled features, and the Gram matrix, (B, C, C), but for a factor."""

    moments: MeanStd
    gram: Tensor | None


@dataclass(frozen=True)
class _Statistics:
    """What is to be known of a style: by the encoder and by the teacher, by tap."""

    own: dict[str, MeanStd]
    theirs: dict[str, _Measured]


@dataclass(frozen=True)
class _Seen:
    """Pictures, what encoder and teacher see of them, and its statistics."""

    pictures: Tensor
    features: dict[str, Tensor]
    looks: dict[str, Tensor]
    statistics: _Statistics


@dataclass(frozen=True)
class _Pair:
    content: _Seen
    style: _Statistics
    same: Tensor  # (B,): whether a sample's style is its content
    step: int


def _changed(change: Callable[[Tensor, Tensor], Tensor], one: _Statistics, other: _Statistics) -> _Statistics:
    def moments(own: MeanStd, its: MeanStd) -> MeanStd:
        return change(own[0], its[0]), change(own[1], its[1])

    def measured(own: _Measured, its: _Measured) -> _Measured:
        both = own.gram is not None and its.gram is not None
        gram = change(own.gram, its.gram) if both else None  # type: ignore[arg-type]
        return _Measured(moments(own.moments, its.moments), gram)

    return _Statistics(
        {tap: moments(each, other.own[tap]) for tap, each in one.own.items()},
        {tap: measured(each, other.theirs[tap]) for tap, each in one.theirs.items()},
    )


def _rolled(statistics: _Statistics, places: int) -> _Statistics:
    """Each sample's place taken by one further on."""
    return _changed(lambda own, _: own.roll(places, 0), statistics, statistics)


def _where(flags: Tensor, one: _Statistics, other: _Statistics) -> _Statistics:
    """The one's samples where the flags, (B,), are set, and the other's elsewhere."""
    return _changed(
        lambda own, its: torch.where(flags.view(-1, *[1] * (own.dim() - 1)), own, its), one, other
    )


def statistics_loss(found: MeanStd, wanted: MeanStd) -> Tensor:
    """Squared differences of means and deviations, averaged over samples and channels: a scalar."""
    return torch.stack([F.mse_loss(*each) for each in zip(found, wanted, strict=True)]).sum()


def relative_error(
    found: Mapping[str, _Measured], wanted: Mapping[str, _Measured], taps: Iterable[str]
) -> Tensor:
    """|G - A|² / |A|² of Gram matrices, mean over the taps and samples: a scalar."""
    apart = []
    for tap in taps:
        own, its = found[tap].gram, wanted[tap].gram
        assert own is not None
        assert its is not None
        apart.append((own - its).square().sum((1, 2)) / its.square().sum((1, 2)))
    return torch.stack(apart).mean()


def likeness(found: Tensor, wanted: Tensor) -> Tensor:
    """|F - P|² / |P - mean P|², mean over the samples: a scalar."""
    spread = (wanted - wanted.mean((2, 3), keepdim=True)).square().sum((1, 2, 3))
    return ((found - wanted).square().sum((1, 2, 3)) / spread.clamp(min=1e-8)).mean()


def _each(flags: Tensor) -> Tensor:
    return flags.view(-1, 1, 1, 1)
