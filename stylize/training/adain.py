"""Training of a decoder for adaptive instance normalization (Huang and Belongie, ICCV 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import Compute
from ..losses import total_variation
from ..networks import VGG19, AdaINDecoder, adaptive_instance_norm, style_code
from ..networks.adain import SKIP_LAYER, STYLE_CODE_LAYERS
from ..statistics import MeanStd, mean_and_gram, mean_std
from ..weights import zoo
from .adain_losses import relative_content_loss, relative_gram_loss, style_loss
from .adain_statistics import Analyzed, ContentStylePair, FeatureStatistics, LayerStatistics
from .config import TrainingError, pairs
from .task import Batch, Networks, TrainingTask
from .task_settings import AdaINTaskSettings
from .teacher import FeatureScales, load_teacher, subsample

DEEPEST = "relu4_1"  # where AdaIN is applied and the content loss compared
LIKENESS = "relu4_2"  # where the picture is compared with the content itself
EPS = 1e-5  # as in mean_std, for the scaled features
COLUMNS = 6  # of the sample grid


class AdaINTask(TrainingTask):
    """A decoder for a fixed encoder, with losses in the feature space of a teacher.

    Departures from the paper: at first the decoder is trained as the encoder's inverse, without which it
    learns texture and no color; later some pairs have the same picture as content and style, so that the
    wanted picture is known; and the teacher need not be the encoder.

    Args:
        settings: ``[task]``.
        compute: device and dtype.
        teacher: in place of the one that the settings name.
        encoder: in place of the one that the settings name.

    Raises:
        TrainingError: teacher, encoder and initial decoder do not fit together.
        WeightsError: a file cannot be read.
    """

    streams = ("content", "style")
    loss_names: Sequence[str] = ("total", "pixels", "features", "content", "style", "gram", "likeness")

    def __init__(
        self,
        settings: AdaINTaskSettings,
        compute: Compute,
        teacher: VGG19 | None = None,
        encoder: VGG19 | None = None,
    ) -> None:
        self.settings, self.compute = settings, compute
        self.teacher = teacher or load_teacher(settings, compute)
        self.encoder: VGG19 = encoder or zoo.encoder(settings.encoder, compute).network
        self.weights = pairs(settings.style_layers, "style_layers")
        self.strides = {layer: int(n) for layer, n in pairs(settings.strides, "strides").items()}
        likeness = (LIKENESS,) if settings.likeness_weight else ()
        self.layers = tuple(dict.fromkeys((*self.weights, DEEPEST)))  # of the teacher, with statistics
        self.teacher_layers = (*self.layers, *likeness)
        self.encoder_layers = (*STYLE_CODE_LAYERS, DEEPEST) if settings.enriched else (DEEPEST,)
        for network, layers in ((self.teacher, self.teacher_layers), (self.encoder, self.encoder_layers)):
            for layer in set(layers) - set(network.layers):
                raise TrainingError("The teacher or the encoder has no {layer}: choose another.", layer=layer)
        self.scales = FeatureScales(self.teacher, self.layers)
        self.networks = {"decoder": self._new_decoder(), "scales": self.scales}

    def _new_decoder(self) -> AdaINDecoder:
        decoder = AdaINDecoder(self.encoder.channels, enriched=self.settings.enriched)
        if self.settings.init:
            state = zoo.decoder(self.settings.init, self.compute).network.state_dict()
            try:
                keys = decoder.load_state_dict(state, strict=False)
            except RuntimeError as error:
                raise TrainingError(
                    "The decoder {file} to start from has other channels than the encoder: choose another.",
                    file=self.settings.init,
                ) from error
            if keys.unexpected_keys:
                raise TrainingError(
                    "The decoder {file} to start from is enriched: set enriched = true.",
                    file=self.settings.init,
                )
        return decoder

    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures the scales of the teacher's features over both streams."""
        with torch.no_grad(), self.exact():
            self.scales.measure(
                self.teacher(torch.cat(list(batch.pictures.values())), self.layers) for batch in batches
            )

    # -------------------------------------------------------------------------------- the losses

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """Those of the encoder's inverse in the first steps, AdaIN's afterwards."""
        content, style = batch.pictures["content"], batch.pictures["style"]
        if 0 < batch.step <= self.settings.inverse_steps:
            pictures = torch.where(_per_sample(batch.numbers % 2 == 0), content, style)
            return self._total(self._inverse_losses(networks, pictures))
        rounds = [self._adain_losses(networks, pair) for pair in self._pairs(content, style, batch)]
        return self._total({name: torch.stack([each[name] for each in rounds]).mean() for name in rounds[0]})

    def _identity(self, batch: Batch, turn: int) -> Tensor:
        """(B,): which samples have their content as style."""
        every = self.settings.identity_every
        if not every or batch.step == 0:
            return torch.zeros_like(batch.numbers, dtype=torch.bool)
        return (batch.numbers + turn) % every == 0

    def _pairs(self, content: Tensor, style: Tensor, batch: Batch) -> Iterator[ContentStylePair]:
        """Contents with styles, other ones in each round. Each picture is analyzed once for all rounds."""
        with torch.no_grad():
            contents = self._analyze(content, batch.step)
            styles = self._analyze(style, batch.step).statistics
        for turn in range(self.settings.rounds if batch.step else 1):
            same = self._identity(batch, turn)
            mixed = contents.statistics.where(same, styles.rolled(turn))
            yield ContentStylePair(contents, mixed, same, batch.step)

    def _analyze(self, pictures: Tensor, step: int) -> Analyzed:
        teacher, encoder = self._teach(pictures), self._encode(pictures)
        own = {layer: mean_std(each) for layer, each in encoder.items()}
        return Analyzed(pictures, encoder, teacher, FeatureStatistics(own, self._measure(teacher, step)))

    def _inverse_losses(self, networks: Networks, pictures: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            target, features = self._teach(pictures), self._encode(pictures)
            own = {layer: mean_std(each) for layer, each in features.items()}
        decoded = self._decode(networks, features, own)
        every = torch.ones(len(pictures), dtype=torch.bool, device=pictures.device)
        return self._known_losses(decoded, pictures, self._teach(decoded), target, every)

    def _adain_losses(self, networks: Networks, pair: ContentStylePair) -> dict[str, Tensor]:
        content, style = pair.content, pair.style
        with torch.no_grad():
            # t = AdaIN(f(c), f(s)), the target of the content loss (eq. 12), here of the teacher's features.
            scaled = self._scaled(content.teacher, DEEPEST)
            target = adaptive_instance_norm(scaled, style.teacher[DEEPEST].mean_std)
        picture = self._decode(networks, content.encoder, style.encoder)
        features = self._teach(picture)
        found = self._measure(features, pair.step)
        losses = {
            **self._known_losses(picture, content.pictures, features, content.teacher, pair.same),
            "content": F.mse_loss(self._scaled(features, DEEPEST), target),
            "style": torch.stack(
                [
                    weight * style_loss(found[layer].mean_std, style.teacher[layer].mean_std)
                    for layer, weight in self.weights.items()
                ]
            ).sum(),
        }
        if self.settings.gram_weight:
            losses["gram"] = relative_gram_loss(found, style.teacher, self.weights)
        if self.settings.likeness_weight:
            own, other = features[LIKENESS].float(), content.teacher[LIKENESS].float()
            losses["likeness"] = relative_content_loss(own, other)
        if self.settings.tv_weight:
            losses["smoothness"] = total_variation(picture)
        return {**losses, **self._adversarial_losses(networks, picture)}

    def _adversarial_losses(self, networks: Networks, picture: Tensor) -> dict[str, Tensor]:
        """Those of a discriminator, where there is one."""
        return {}

    def _known_losses(
        self,
        picture: Tensor,
        wanted: Tensor,
        features: dict[str, Tensor],
        target: dict[str, Tensor],
        known: Tensor,
    ) -> dict[str, Tensor]:
        """Losses of the samples whose picture is known; ``known`` is (B,), set for them."""
        share = known.float().mean()
        if not known.any():
            return {"pixels": picture.new_zeros(()), "features": picture.new_zeros(())}
        errors = [
            F.mse_loss(self._scaled(features, layer, known), self._scaled(target, layer, known))
            for layer in self.layers
        ]
        return {
            "pixels": (picture[known] - wanted[known]).abs().mean() * share,
            "features": torch.stack(errors).mean() * share,
        }

    def _total(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = {
            "pixels": self.settings.pixel_weight,
            "features": self.settings.feature_weight,
            "content": self.settings.content_weight,
            "style": self.settings.style_weight,
            "gram": self.settings.gram_weight,
            "likeness": self.settings.likeness_weight,
            "smoothness": self.settings.tv_weight,
            "adversarial": self.settings.adversarial_weight,
        }
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        return {"total": total, **{name: loss for name, loss in losses.items() if name in self.loss_names}}

    # ------------------------------------------------------------------------------ the networks

    def _encode(self, pictures: Tensor) -> dict[str, Tensor]:
        """The encoder's features by layer, float32."""
        with torch.no_grad(), self.exact():
            return {
                layer: each.float() for layer, each in self.encoder(pictures, self.encoder_layers).items()
            }

    def _decode(self, networks: Networks, content: dict[str, Tensor], style: dict[str, MeanStd]) -> Tensor:
        """(B, 3, H, W) RGB from the encoder's features of the content and statistics of the style."""
        decoder = networks["decoder"]
        with torch.no_grad():
            deep = adaptive_instance_norm(content[DEEPEST], style[DEEPEST])
            more: tuple[Tensor, ...] = ()
            if self.settings.enriched:
                skip = adaptive_instance_norm(content[SKIP_LAYER], style[SKIP_LAYER])
                more = (skip, style_code(style))
        with self.mixed():
            picture: Tensor = decoder(deep, *more).float()
        return picture

    def _teach(self, pictures: Tensor) -> dict[str, Tensor]:
        """The teacher's features by layer, not scaled."""
        with self.exact():
            features: dict[str, Tensor] = self.teacher(pictures, self.teacher_layers)
        return features

    def _scaled(self, features: dict[str, Tensor], layer: str, which: Tensor | None = None) -> Tensor:
        return self.scales.scaled(layer, features[layer] if which is None else features[layer][which])

    def _measure(self, features: dict[str, Tensor], step: int) -> dict[str, LayerStatistics]:
        """Statistics of the teacher's scaled features by layer, without scaling the features themselves.

        Of large maps some positions suffice, others in each step (``strides``): they take the most memory.
        """
        found = {}
        for layer in self.layers:
            divisor, gram = self.scales.divisor(layer), None
            few = subsample(features[layer], self.strides.get(layer, 1), step)
            if layer in self.weights and self.settings.gram_weight:
                mean, gram = mean_and_gram(few)
                square = gram.diagonal(dim1=1, dim2=2)[:, :, None, None]
                variance = (square - mean.square()).clamp(min=0)
                gram = gram / divisor.mean().square()
            else:
                mean = few.float().mean((2, 3), keepdim=True)
                variance = few.float().var((2, 3), keepdim=True, unbiased=False)
            scaled = (mean / divisor, (variance / divisor.square() + EPS).sqrt())
            found[layer] = LayerStatistics(scaled, gram)
        return found

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Rows of contents, styles, contents in the styles, and contents with their own statistics."""
        content, style = (batch.pictures[name][:COLUMNS] for name in self.streams)
        own, other = self._encode(content), self._encode(style)
        own_stats, its_stats = ({name: mean_std(each[name]) for name in each} for each in (own, other))
        stylized, decoded = self._decode(networks, own, its_stats), self._decode(networks, own, own_stats)
        return torch.stack([row.float().cpu() for row in (content, style, stylized, decoded)])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The decoder alone."""
        return {"adain-decoder": networks["decoder"].state_dict()}


def _per_sample(flags: Tensor) -> Tensor:
    return flags.view(-1, 1, 1, 1)
