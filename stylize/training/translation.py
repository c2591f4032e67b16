"""Training of a translation whose generator is a painter of one style (:class:`PainterGenerator`).

An adversarial loss by discriminators at several scales (LSGAN; Wang et al. 2018, pix2pixHD) teaches what the
pictures of a domain look like, as in CycleGAN. Departures from it: the generator starts from a painter that
paints already; one direction alone is trained, and in place of the way back a content loss keeps the photo
(one-sided translation, as Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation");
and the statistics of each crop are to be those of a work of the domain that is near to its photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..device import Compute
from ..networks import VGG19, Painter, PainterGenerator
from ..networks.painter import LAYERS
from ..weights import zoo
from .adversarial import ImagePool, MultiScaleDiscriminator, discriminator_loss, init_weights, lsgan_loss
from .config import TrainingError, pairs
from .domain_works import SHALLOW, DomainWorks
from .painter_crops import check_size, inner, noise_of
from .painter_losses import CONTENT_LAYER, ByLayer, Moments, compared_moments, content_error, roughness
from .painter_statistics import RawPhotoMoments
from .task import Batch, Networks, TrainingTask
from .task_settings import TranslationSettings
from .teacher import load_teacher

COLUMNS = 6  # of the sample grid
COLOR_CELL = 32  # pixels a side, of which the mean color is compared


class TranslationTask(TrainingTask):
    """A generator from photos (``a``) to a domain (``b``), and its discriminators.

    Args:
        settings: ``[task]``.
        compute: device and dtype.
        seed: of the run.
        teacher: in place of the one that the settings name.

    Raises:
        TrainingError: settings that do not serve.
        WeightsError: a file cannot be read.
    """

    streams = ("a", "b")
    adam_only = ("discriminator",)
    loss_names = (
        "total",
        "style",
        "contrast",
        "content",
        "color",
        "smoothness",
        "adversarial",
        "discriminator",
    )

    def __init__(
        self, settings: TranslationSettings, compute: Compute, seed: int = 0, teacher: VGG19 | None = None
    ) -> None:
        self.settings, self.compute, self.seed = settings, compute, seed
        self.teacher = teacher or load_teacher(settings, compute)
        for layer in {*LAYERS, CONTENT_LAYER} - set(self.teacher.layers):
            raise TrainingError("The teacher has no {layer}: choose another.", layer=layer)
        discriminator = MultiScaleDiscriminator(settings.discriminator_width, settings.scales)
        init_weights(discriminator)
        self.networks = {"generator": self._new_generator(), "discriminator": discriminator}
        self.pool = ImagePool("b", settings.pool_size, seed)
        self.works: DomainWorks | None = None
        self._painted: tuple[int, Tensor] | None = None

    def _new_generator(self) -> PainterGenerator:
        """From the painter that the settings name, in the mean of the styles that they name."""
        whole = replace(self.compute, dtype=torch.float32)
        painter = zoo.painter(self.settings.init, whole)[1].network
        generator = PainterGenerator(*painter.sizes).to(self.compute.device)
        generator.start_from(painter, _mean_code(painter, self.settings), self.settings.freedom)
        return generator

    @property
    def phases(self) -> Mapping[str, Sequence[str]]:
        """First the generator, then the discriminator."""
        return {"generator": ("generator",), "discriminator": ("discriminator",)}

    @torch.no_grad()
    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures raw photos and works of the domain. Raises TrainingError for crops of no such size."""
        photos, works = [], []
        with self.exact():
            for batch in batches:
                check_size(batch.pictures["a"].shape[3])
                photos.append(self._moments(inner(batch.pictures["a"])))
                works.append(self._moments(inner(batch.pictures["b"])))
        raw = RawPhotoMoments(self.teacher).to(self.compute.device)
        raw.measure(photos)
        joined = {layer: _joined([each[layer] for each in works]) for layer in LAYERS}
        self.works = DomainWorks(joined, raw.errors(joined))

    def _moments(self, pictures: Tensor) -> ByLayer:
        return compared_moments(self.teacher, self.teacher(pictures, LAYERS))

    # ------------------------------------------------------------------------------------ losses

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """The generator's losses, without their weights but for ``total``; or the discriminator's."""
        if phase == "discriminator":
            return self._discriminator_loss(networks, batch)
        photo = inner(batch.pictures["a"])
        painted = inner(self._paint(networks, batch))
        if batch.step:
            self._painted = batch.step, painted.detach()
        losses = self._feature_losses(painted, photo, batch)
        losses |= {"color": color_loss(painted, photo), "smoothness": roughness(painted).mean()}
        if self.settings.adversarial_weight:
            with self.mixed():
                losses["adversarial"] = lsgan_loss(networks["discriminator"](painted), 1)
        weights = self._weights()
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        return {"total": total, **losses}

    def _weights(self) -> dict[str, float]:
        own = self.settings
        return {
            "style": own.style_weight,
            "contrast": own.contrast_weight,
            "content": own.content_weight,
            "color": own.color_weight,
            "smoothness": own.smoothness_weight,
            "adversarial": own.adversarial_weight,
        }

    def _paint(self, networks: Networks, batch: Batch) -> Tensor:
        generator = networks["generator"]
        assert isinstance(generator, PainterGenerator)
        with self.mixed():
            painted: Tensor = generator(batch.pictures["a"], noise_of(batch, "a", generator))
        return painted

    def _feature_losses(self, painted: Tensor, photo: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Distances to one of the works, and to the photo: scalars."""
        assert self.works is not None
        with self.exact():
            with torch.no_grad():
                own = self.teacher(photo, (*SHALLOW, CONTENT_LAYER))
                seen = compared_moments(self.teacher, own, SHALLOW)
            features = self.teacher(painted, (*LAYERS, CONTENT_LAYER))
            moments = compared_moments(self.teacher, features)
            numbers = self.works.nearest(seen, self._candidates(batch))
            style, contrast = self.works.losses(moments, numbers)
            content = content_error(features[CONTENT_LAYER], own[CONTENT_LAYER])
        return {"style": style.mean(), "contrast": contrast.mean(), "content": content.mean()}

    def _candidates(self, batch: Batch) -> list[Tensor]:
        """For each crop the works to choose from, by the seed and its number in the run alone."""
        assert self.works is not None
        every, tag = len(self.works), crc32(b"works")
        count = min(every, self.settings.candidates)
        randoms = [np.random.default_rng([self.seed, tag, number]) for number in batch.numbers.tolist()]
        device = self.compute.device
        return [torch.from_numpy(each.choice(every, count, replace=False)).to(device) for each in randoms]

    def _discriminator_loss(self, networks: Networks, batch: Batch) -> dict[str, Tensor]:
        if not self.settings.adversarial_weight:
            return {}
        painted = self._kept(networks, batch)
        if batch.step:
            painted = self.pool.query(painted, batch.numbers)
        with self.mixed():
            loss = discriminator_loss(networks["discriminator"], inner(batch.pictures["b"]), painted)
        return {"total": loss, "discriminator": loss}

    def _kept(self, networks: Networks, batch: Batch) -> Tensor:
        """What this step's other phase has painted, or else newly painted crops."""
        kept, self._painted = self._painted, None
        if kept is not None and kept[0] == batch.step:
            return kept[1]
        with torch.no_grad():
            return inner(self._paint(networks, batch))

    # --------------------------------------------------------------------- state, samples, results

    def state(self) -> dict[str, object]:
        """The pool and the works. Of several processes only the first one's are saved."""
        works = {} if self.works is None else self.works.state()
        return {"pool": self.pool.state(), "works": works}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restores what :meth:`state` returned."""
        self.pool.load_state(state["pool"], self.compute.device)
        self.works = DomainWorks.from_state(state["works"], self.compute.device)

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Photos, their translations, and works."""
        painted = self._paint(networks, batch)
        rows = [batch.pictures["a"], painted, batch.pictures["b"]]
        return torch.stack([inner(row[:COLUMNS]).float().cpu() for row in rows])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The generator."""
        return {self.settings.result: networks["generator"].state_dict()}


def color_loss(painted: Tensor, photo: Tensor) -> Tensor:
    """Mean squared difference of (B, 3, H, W) pictures where all that is left of them is their colors."""
    broad, own = (F.avg_pool2d(each.float(), COLOR_CELL) for each in (painted, photo))
    return F.mse_loss(broad, own)


def _joined(parts: Sequence[Moments]) -> Moments:
    means, covariances = zip(*parts, strict=True)
    return torch.cat(means), torch.cat(covariances)


def _mean_code(painter: Painter, settings: TranslationSettings) -> Tensor:
    """The weighted mean of the codes of named styles. Raises TrainingError."""
    found: list[tuple[Tensor, float]] = []
    for name, weight in pairs(settings.styles, "styles").items():
        code = painter.table.find(name)
        if code is None:
            raise TrainingError("The painter {file} has no style {name}.", file=settings.init, name=name)
        found.append((code, weight))
    total = sum(weight for _, weight in found)
    if not total:
        raise TrainingError("styles names no style to start from: give it one, such as claude-monet:1.")
    return torch.stack([code * (weight / total) for code, weight in found]).sum(0)
