"""Translations between two kinds of pictures without pairs (Zhu, Park, Isola and Efros, ICCV 2017).

The recipe is the published one but for what the settings add to it:

* ``upsampling = "resize"`` and ``scales`` above 1 (discriminators at several sizes, as pix2pixHD has);
* a start of ``start_steps`` without discriminators, for runs of a few thousand steps. The paper's
  200 epochs are some hundred thousand steps, of which the first thousands go into learning to copy a
  picture. In the start the discriminators' place is taken by two losses in the space of a small encoder:
  the statistics of a translation are to be typical of the other domain, and its content to stay. They
  can remain in force afterwards (``statistics_weight``, ``content_weight``).

The two losses ask nothing of a translation that the crop of the other domain in the same batch could
answer, as it is drawn independently; so the typical statistics are measured once, before the first step.
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
from .adversarial import MultiScale, Pool, discriminator_loss, initialise, lsgan
from .config import CycleGANTaskSettings, TrainingError
from .perception import Typical, content_loss
from .task import Batch, Networks, Task

GENERATORS = ("generator_ab", "generator_ba")
DISCRIMINATORS = ("discriminator_a", "discriminator_b")
CONTENT = "relu4_1"
TAPS = ("relu1_1", "relu2_1", "relu3_1", CONTENT)
STRIDE = 4  # pixels per feature in the residual blocks
COLUMNS = 6  # of the sample grid


class CycleGANTask(Task):
    """Two generators, from ``a`` to ``b`` and back, and a discriminator for each domain.

    Muon, where it is chosen, trains the generators alone: the discriminators have Adam at ``adam_rate``.

    Args:
        settings: the task.
        compute: where it runs.
        seed: of the run, for the pools.
        encoder: instead of the one that the settings name.

    Raises:
        TrainingError: for names of results that do not serve. WeightsError for the encoder, which is
            loaded only if one of its losses is in use.
    """

    streams = ("a", "b")
    helpers = DISCRIMINATORS
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
            self.networks[name] = MultiScale(settings.discriminator_width, settings.scales)
        for network in self.networks.values():
            initialise(network)
        self.encoder = self._find_encoder(encoder) if self._needs_encoder() else None
        if self.encoder is not None:
            for stream in self.streams:
                self.networks["typical_" + stream] = Typical(self.encoder, TAPS)
        self.pools = {stream: Pool(stream, settings.pool, seed) for stream in self.streams}
        self._made: tuple[int, dict[str, Tensor]] | None = None

    def _needs_encoder(self) -> bool:
        own = self.settings
        started = own.start_steps and (own.start_statistics_weight or own.start_content_weight)
        return bool(started or own.statistics_weight or own.content_weight)

    def _find_encoder(self, given: VGG19 | None) -> VGG19:
        found: VGG19 = given or zoo.encoder(self.settings.encoder, self.compute).network
        if CONTENT not in found.layers:
            raise TrainingError("The encoder has no {tap}: choose another.", tap=CONTENT)
        return found

    @property
    def phases(self) -> Mapping[str, tuple[str, ...]]:
        """First the generators, then the discriminators."""
        return {"generators": GENERATORS, "discriminators": DISCRIMINATORS}

    @torch.no_grad()
    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures what is typical of each domain, if that is wanted."""
        if self.encoder is None:
            return
        seen: dict[str, list[dict[str, Tensor]]] = {stream: [] for stream in self.streams}
        for batch in batches:
            for stream in self.streams:
                seen[stream].append(self._look(batch.pictures[stream]))
        for stream, features in seen.items():
            self._typical(self.networks, stream).measure(features)

    # ------------------------------------------------------------------------ the generators' phase

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The generators' losses, or the discriminators'; in the start the latter have none."""
        _check_size(batch.pictures["a"])
        if phase == "discriminators":
            return {} if self._is_start(batch.step) else self._discriminators(networks, batch)
        return self._generators(networks, batch)

    def _is_start(self, step: int) -> bool:
        return 0 < step <= self.settings.start_steps

    def _generators(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        real, ours = batch.pictures, self.settings
        made, same, back = self._translate(networks, real)
        if batch.step:
            self._made = batch.step, {stream: each.detach() for stream, each in made.items()}
        found = {"cycle": _distance(back, real)}
        weights = {"cycle": ours.cycle_weight, "identity": ours.cycle_weight * ours.identity_weight}
        if same:
            found["identity"] = _distance(same, real)
        start = self._is_start(batch.step)
        if not start:
            found["adversarial"] = self._deceit(networks, made)
            weights["adversarial"] = ours.adversarial_weight
        weights["statistics"] = ours.start_statistics_weight if start else ours.statistics_weight
        weights["content"] = ours.start_content_weight if start else ours.content_weight
        if self.encoder is not None and (weights["statistics"] or weights["content"]):
            found.update(self._perceived(networks, real, made))
        total = torch.stack([weights[name] * loss for name, loss in found.items()]).sum()
        return {"total": total, **found}

    def _translate(
        self, networks: Networks, real: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """By the domain that they belong to: translations, pictures that were in it already, and those
        that come back to it."""
        to_b, to_a = (networks[name] for name in GENERATORS)
        a, b = real["a"], real["b"]
        with self.mixed():
            if not self.settings.identity_weight:
                made, same = {"a": to_a(b), "b": to_b(a)}, {}
            else:  # together, as the instance norm treats each picture by itself
                made_b, same_b = to_b(torch.cat([a, b])).chunk(2)
                made_a, same_a = to_a(torch.cat([b, a])).chunk(2)
                made, same = {"a": made_a, "b": made_b}, {"a": same_a, "b": same_b}
            back = {"a": to_a(made["b"]), "b": to_b(made["a"])}
        return made, same, back

    def _deceit(self, networks: Networks, made: Mapping[str, Tensor]) -> Tensor:
        """How far the discriminators are from taking translations for real."""
        with self.mixed():
            scores = [networks["discriminator_" + stream](each) for stream, each in made.items()]
        return torch.stack([lsgan(each, 1) for each in scores]).sum()

    def _perceived(
        self, networks: Networks, real: Mapping[str, Tensor], made: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Sums over both directions."""
        style, content = [], []
        for stream, origin in (("b", "a"), ("a", "b")):
            found = self._look(made[stream])
            with torch.no_grad():
                wanted = self._look(real[origin], (CONTENT,))[CONTENT]
            style.append(self._typical(networks, stream).apart(found))
            content.append(content_loss(found[CONTENT], wanted))
        return {"statistics": torch.stack(style).sum(), "content": torch.stack(content).sum()}

    def _look(self, pictures: Tensor, taps: tuple[str, ...] = TAPS) -> dict[str, Tensor]:
        assert self.encoder is not None
        with self.exact():
            features: dict[str, Tensor] = self.encoder(pictures, taps)
        return features

    def _typical(self, networks: Networks, stream: str) -> Typical:
        found = networks["typical_" + stream]
        assert isinstance(found, Typical)
        return found

    # -------------------------------------------------------------------- the discriminators' phase

    def _discriminators(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        losses = []
        for stream, fresh in self._fresh(networks, batch).items():
            made = self.pools[stream].exchange(fresh, batch.numbers) if batch.step else fresh
            with self.mixed():
                discriminator = networks["discriminator_" + stream]
                losses.append(discriminator_loss(discriminator, batch.pictures[stream], made))
        total = torch.stack(losses).sum()
        return {"total": total, "discriminator": total}

    def _fresh(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        """The translations of this step's other phase, or new ones if there was none."""
        kept, self._made = self._made, None
        if kept is not None and kept[0] == batch.step:
            return kept[1]
        with torch.no_grad():
            return self._translate(networks, batch.pictures)[0]

    def state(self) -> dict[str, Any]:
        """The pools. Of several processes' only the first one's are kept, and all go on with them."""
        return {"pool_" + stream: pool.state() for stream, pool in self.pools.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes back what :meth:`state` gave."""
        for stream, pool in self.pools.items():
            pool.load_state(state["pool_" + stream], self.compute.device)

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Pictures of ``a``, their translations and these back again; then the same from ``b``."""
        rows = []
        for stream, (there, home) in (("a", GENERATORS), ("b", GENERATORS[::-1])):
            pictures = batch.pictures[stream][:COLUMNS]
            with self.mixed():
                made = networks[there](pictures)
                rows += [pictures, made, networks[home](made)]
        return torch.stack([row.float().cpu() for row in rows])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The generators whose results have a name."""
        names = zip(GENERATORS, (self.settings.result_ab, self.settings.result_ba), strict=True)
        return {result: networks[name].state_dict() for name, result in names if result}


def _distance(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Tensor:
    """Mean absolute difference on the paper's scale, [-1, 1], summed over the domains: a scalar."""
    return torch.stack([2 * F.l1_loss(found[stream], wanted[stream]) for stream in ("a", "b")]).sum()


def _check_size(pictures: Tensor) -> None:
    size = pictures.shape[3]
    if size % STRIDE:
        raise TrainingError(
            "Crops of {size} pixels do not come back at their size: set size to a multiple of {stride}.",
            size=size, stride=STRIDE,
        )  # fmt: skip


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
