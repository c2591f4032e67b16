"""Training of CycleGAN, translation between two domains without pairs (Zhu et al., ICCV 2017).

By default the training is the published one. Departures from the paper that the settings offer:

* ``upsampling = "resize"`` and ``scales`` above 1 (discriminators at several sizes, as in pix2pixHD);
* ``pretrain_steps`` without discriminators, for runs of a few thousand steps. The paper's 200 epochs are
  some hundred thousand steps, of which the first thousands go into learning to copy a picture. In
  pretraining two losses in the feature space of a small encoder replace the adversarial one: the statistics
  of a translation are to be those of the other domain, and its content is to stay. They can be kept
  afterwards (``statistics_weight``, ``content_weight``).

The crops of the two domains in a batch are drawn independently, so the statistics loss does not compare with
them but with the domain's statistics, which are measured once before the first step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import Compute
from ..networks import VGG19, ResNetGenerator
from ..weights import zoo
from .adversarial import ImagePool, MultiScaleDiscriminator, discriminator_loss, init_weights, lsgan_loss
from .config import TrainingError
from .domain_statistics import DomainStatistics, normalized_content_loss
from .task import Batch, Networks, TrainingTask
from .task_settings import CycleGANTaskSettings

GENERATORS = ("generator_ab", "generator_ba")
DISCRIMINATORS = ("discriminator_a", "discriminator_b")
CONTENT = "relu4_1"  # of the content loss
LAYERS = ("relu1_1", "relu2_1", "relu3_1", CONTENT)
STRIDE = 4  # pixels per feature in the residual blocks
COLUMNS = 6  # of the sample grid


class CycleGANTask(TrainingTask):
    """Two generators, from ``a`` to ``b`` and back, and a discriminator for each domain.

    Muon, where it is chosen, trains the generators alone: the discriminators have Adam at ``adam_rate``.

    Args:
        settings: ``[task]``.
        compute: device and dtype.
        seed: of the run, for the pools.
        encoder: in place of the one that the settings name.

    Raises:
        TrainingError: for names of results that do not serve.
        WeightsError: for the encoder, which is loaded only if one of its losses is in use.
    """

    streams = ("a", "b")
    adam_only = DISCRIMINATORS
    loss_names = ("total", "adversarial", "cycle", "identity", "statistics", "content", "discriminator")

    def __init__(
        self, settings: CycleGANTaskSettings, compute: Compute, seed: int = 0, encoder: VGG19 | None = None
    ) -> None:
        self.settings, self.compute = settings, compute
        _check_names(settings.result_ab, settings.result_ba)
        self.networks = {}
        for name in GENERATORS:
            self.networks[name] = ResNetGenerator(settings.width, settings.blocks, settings.upsampling)
        for name in DISCRIMINATORS:
            self.networks[name] = MultiScaleDiscriminator(settings.discriminator_width, settings.scales)
        for network in self.networks.values():
            init_weights(network)
        self.encoder = self._load_encoder(encoder) if self._needs_encoder() else None
        if self.encoder is not None:
            for stream in self.streams:
                self.networks["statistics_" + stream] = DomainStatistics(self.encoder, LAYERS)
        self.pools = {stream: ImagePool(stream, settings.pool_size, seed) for stream in self.streams}
        self._generated: tuple[int, dict[str, Tensor]] | None = None

    def _needs_encoder(self) -> bool:
        own = self.settings
        pretrained = own.pretrain_steps and (own.pretrain_statistics_weight or own.pretrain_content_weight)
        return bool(pretrained or own.statistics_weight or own.content_weight)

    def _load_encoder(self, given: VGG19 | None) -> VGG19:
        found: VGG19 = given or zoo.encoder(self.settings.encoder, self.compute).network
        if CONTENT not in found.layers:
            raise TrainingError("The encoder has no {layer}: choose another.", layer=CONTENT)
        return found

    @property
    def phases(self) -> Mapping[str, tuple[str, ...]]:
        """First the generators, then the discriminators."""
        return {"generators": GENERATORS, "discriminators": DISCRIMINATORS}

    @torch.no_grad()
    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures the statistics of each domain, if a loss needs them."""
        if self.encoder is None:
            return
        seen: dict[str, list[dict[str, Tensor]]] = {stream: [] for stream in self.streams}
        for batch in batches:
            for stream in self.streams:
                seen[stream].append(self._encode(batch.pictures[stream]))
        for stream, features in seen.items():
            self._statistics(self.networks, stream).measure(features)

    # ------------------------------------------------------------------------ the generators' phase

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The generators' losses, or the discriminators', which have none in pretraining.

        Raises:
            TrainingError: the crops are of a size that generators do not return.
        """
        _check_size(batch.pictures["a"])
        if phase == "discriminators":
            return {} if self._is_pretraining(batch.step) else self._discriminator_losses(networks, batch)
        return self._generator_losses(networks, batch)

    def _is_pretraining(self, step: int) -> bool:
        return 0 < step <= self.settings.pretrain_steps

    def _generator_losses(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        real, own = batch.pictures, self.settings
        fake, same, cycled = self._translate(networks, real)
        if batch.step:
            self._generated = batch.step, {stream: each.detach() for stream, each in fake.items()}
        losses = {"cycle": _l1(cycled, real)}  # eq. 2
        weights = {"cycle": own.cycle_weight, "identity": own.cycle_weight * own.identity_weight}
        if same:
            losses["identity"] = _l1(same, real)  # section 5.2
        pretraining = self._is_pretraining(batch.step)
        if not pretraining:
            losses["adversarial"] = self._adversarial_loss(networks, fake)  # eq. 1 with squares
            weights["adversarial"] = own.adversarial_weight
        weights["statistics"] = own.pretrain_statistics_weight if pretraining else own.statistics_weight
        weights["content"] = own.pretrain_content_weight if pretraining else own.content_weight
        if self.encoder is not None and (weights["statistics"] or weights["content"]):
            losses.update(self._feature_losses(networks, real, fake))
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        return {"total": total, **losses}

    def _translate(
        self, networks: Networks, real: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """By the domain they are meant for: translations, pictures that were in it already, and translations
        of translations back to it."""
        to_b, to_a = (networks[name] for name in GENERATORS)
        a, b = real["a"], real["b"]
        with self.mixed():
            if not self.settings.identity_weight:
                fake, same = {"a": to_a(b), "b": to_b(a)}, {}
            else:  # in one batch: instance norm treats each picture by itself
                fake_b, same_b = to_b(torch.cat([a, b])).chunk(2)
                fake_a, same_a = to_a(torch.cat([b, a])).chunk(2)
                fake, same = {"a": fake_a, "b": fake_b}, {"a": same_a, "b": same_b}
            cycled = {"a": to_a(fake["b"]), "b": to_b(fake["a"])}
        return fake, same, cycled

    def _adversarial_loss(self, networks: Networks, fake: Mapping[str, Tensor]) -> Tensor:
        """LSGAN loss of the generators, summed over both directions: a scalar."""
        with self.mixed():
            scores = [networks["discriminator_" + stream](each) for stream, each in fake.items()]
        return torch.stack([lsgan_loss(each, 1) for each in scores]).sum()

    def _feature_losses(
        self, networks: Networks, real: Mapping[str, Tensor], fake: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Statistics and content losses, summed over both directions. Beyond the paper."""
        style, content = [], []
        for stream, origin in (("b", "a"), ("a", "b")):
            features = self._encode(fake[stream])
            with torch.no_grad():
                target = self._encode(real[origin], (CONTENT,))[CONTENT]
            style.append(self._statistics(networks, stream).distance(features))
            content.append(normalized_content_loss(features[CONTENT], target))
        return {"statistics": torch.stack(style).sum(), "content": torch.stack(content).sum()}

    def _encode(self, pictures: Tensor, layers: tuple[str, ...] = LAYERS) -> dict[str, Tensor]:
        assert self.encoder is not None
        with self.exact():
            features: dict[str, Tensor] = self.encoder(pictures, layers)
        return features

    def _statistics(self, networks: Networks, stream: str) -> DomainStatistics:
        found = networks["statistics_" + stream]
        assert isinstance(found, DomainStatistics)
        return found

    # -------------------------------------------------------------------- the discriminators' phase

    def _discriminator_losses(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        losses = []
        for stream, new in self._new_translations(networks, batch).items():
            fake = self.pools[stream].query(new, batch.numbers) if batch.step else new
            with self.mixed():
                discriminator = networks["discriminator_" + stream]
                losses.append(discriminator_loss(discriminator, batch.pictures[stream], fake))
        total = torch.stack(losses).sum()
        return {"total": total, "discriminator": total}

    def _new_translations(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        """Those that this step's other phase has made, or else newly made ones."""
        kept, self._generated = self._generated, None
        if kept is not None and kept[0] == batch.step:
            return kept[1]
        with torch.no_grad():
            return self._translate(networks, batch.pictures)[0]

    def state(self) -> dict[str, Tensor]:
        """The pools. Of several processes only the first one's are saved, and all resume with them."""
        return {"pool_" + stream: pool.state() for stream, pool in self.pools.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores what :meth:`state` returned."""
        for stream, pool in self.pools.items():
            pool.load_state(state["pool_" + stream], self.compute.device)

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Rows of pictures of ``a``, their translations, these translated back; then the same from ``b``."""
        rows = []
        for stream, (forth, back) in (("a", GENERATORS), ("b", GENERATORS[::-1])):
            pictures = batch.pictures[stream][:COLUMNS]
            with self.mixed():
                fake = networks[forth](pictures)
                rows += [pictures, fake, networks[back](fake)]
        return torch.stack([row.float().cpu() for row in rows])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The generators whose results have a name."""
        names = zip(GENERATORS, (self.settings.result_ab, self.settings.result_ba), strict=True)
        return {result: networks[name].state_dict() for name, result in names if result}


def _l1(pictures: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> Tensor:
    """Mean absolute difference on the paper's scale, [-1, 1], summed over the domains: a scalar."""
    return torch.stack([2 * F.l1_loss(pictures[stream], target[stream]) for stream in ("a", "b")]).sum()


def _check_size(pictures: Tensor) -> None:
    size = pictures.shape[3]
    if size % STRIDE:
        raise TrainingError(
            "Crops of {size} pixels do not come back at their size: set size to a multiple of {stride}.",
            size=size,
            stride=STRIDE,
        )


def _check_names(*names: str) -> None:
    given = [name for name in names if name]
    if not given:
        raise TrainingError("Neither result_ab nor result_ba is named: name at least one of the results.")
    if len(set(given)) < len(given):
        raise TrainingError("result_ab and result_ba are both {name}: name them differently.", name=given[0])
    for name in given:
        if Path(name).name != name or name.startswith("."):
            raise TrainingError(
                "{name} is no name of a file without its folder: choose one like photo2vangogh.", name=name
            )
