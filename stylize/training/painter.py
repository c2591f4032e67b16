"""Training of a network that paints in one pass (:mod:`stylize.networks.painter`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import Compute
from ..networks import VGG19, Painter
from ..networks.painter import LAYERS, Noise, StyleTable, style_vector
from ..weights import zoo
from ..weights.painters import painter_tensors
from . import distributed
from .config import Config, TrainingError
from .data import PictureCache, folders_of
from .painter_crops import RIM, check_size, inner, noise_of
from .painter_losses import (
    CONTENT_LAYER,
    combined,
    compared_moments,
    content_error,
    copy_loss,
    roughness,
    style_errors,
    style_loss,
)
from .painter_networks import StyleCodes, mixed_codes, scale_to, start_from
from .painter_sampling import StyleDraws, StyleSampler
from .painter_statistics import MeasuredStyles, RawPhotoMoments, StyleBank, measured
from .painter_steering import Steering
from .painter_styles import StyleFiles, StyleForm, shown
from .task import HELD_OUT, Batch, Networks, TrainingTask
from .task_settings import PainterSettings
from .teacher import load_teacher

ROOM = 4e9  # bytes for the statistics of styles
VECTORS = 256  # styles from which the predictor's scales are taken
COLUMNS = 6  # of the sample grid


class PainterTask(TrainingTask):
    """A painter and the codes of its named styles.

    Each crop gets a style of its own, by a named or a predicted code, or none (the photo is to come back),
    and a freedom of its own, from which the weight of its content error follows. What is drawn depends on
    the seed and the crop's number in the run alone, and on how hard each style was so far.

    Args:
        config: of the run.
        data: the folder of the folders of pictures.
        compute: device and dtype.
        teacher: in place of the one that the settings name.
        encoder: in place of the one that the settings name.

    Raises:
        TrainingError: settings or pictures that do not serve.
        WeightsError: a file cannot be read.
    """

    streams = ("content",)
    loss_names: Sequence[str] = ("total", "style", "content", "smoothness", "identity")

    def __init__(
        self,
        config: Config,
        data: Path,
        compute: Compute,
        teacher: VGG19 | None = None,
        encoder: VGG19 | None = None,
    ) -> None:
        assert isinstance(config.task, PainterSettings)
        self.settings, self.compute, self.seed = config.task, compute, config.loop.seed
        check_size(config.loop.size)
        self.teacher = teacher or load_teacher(self.settings, compute)
        self.encoder: VGG19 = encoder or zoo.encoder(self.settings.encoder, compute).network
        for network, layers in ((self.teacher, (*LAYERS, CONTENT_LAYER)), (self.encoder, LAYERS)):
            for layer in set(layers) - set(network.layers):
                raise TrainingError("The teacher or the encoder has no {layer}: choose another.", layer=layer)
        self.cache = PictureCache()
        self.styles = StyleFiles(folders_of("style", config.data, data))
        held_out = StyleFiles(folders_of("style", config.data, data, held_out=True))
        self.held_out = held_out if held_out.files else self.styles
        collection = self.styles.collection
        self.names = collection.names
        self.sampler = StyleSampler(collection, self.settings.named_share, self.settings.identity_share)
        self.steering = Steering(len(self.names), len(collection.forms), compute.device)
        self.raw = RawPhotoMoments(self.teacher).to(compute.device)
        self.statistics = self._statistics_of(self.styles, config.loop.batch)
        self.held_out_statistics = self._statistics_of(self.held_out, HELD_OUT)
        self.networks = {**self._new_networks(), "raw": self.raw}

    def _new_networks(self) -> dict[str, nn.Module]:
        """The painter and its codes, from scratch or from a released one."""
        wide = self.settings.width
        painter = Painter(
            widths=(wide, 2 * wide),
            blocks=(self.settings.blocks, 2 * self.settings.blocks, self.settings.blocks),
            code=self.settings.code,
            statistics=2 * sum(self.encoder.layer_channels(layer) for layer in LAYERS),
            late=(max(1, wide // 2), max(1, wide // 4)),
        )
        codes = StyleCodes(len(self.names), self.settings.code)
        if self.settings.init:
            kept = zoo.painter(self.settings.init, replace(self.compute, dtype=torch.float32))[1].network
            start_from(painter, codes.weight, self.names, kept, self.settings.init)
        return {"painter": painter, "codes": codes}

    # ------------------------------------------------------------------------------------ styles

    def prepare(self, batches: Iterator[Batch]) -> None:
        """Measures raw photos, and the scales of the predictor's input."""
        with torch.no_grad(), self.exact():
            self.raw.measure(
                [
                    compared_moments(self.teacher, self.teacher(inner(batch.pictures["content"]), LAYERS))
                    for batch in batches
                ]
            )
            if not self.settings.init:
                painter, forms = _painter(self.networks), self.styles.collection.forms
                few = forms[:: -(-len(forms) // VECTORS)]
                features = (self.encoder(self._picture(self.styles, form), LAYERS) for form in few)
                scale_to(painter, torch.cat([style_vector(each) for each in features]))

    def _picture(self, of: StyleFiles, form: StyleForm) -> Tensor:
        """(1, 3, h, w) RGB in [0, 1] on the device. Raises TrainingError."""
        path, side = of.files[form.picture]
        pixels = self.cache.load(path, side)
        if pixels is None:
            raise TrainingError(
                "The style {file} cannot be read: take it out of its folder and go on with --resume.",
                file=str(path),
            )
        return shown(pixels.float() / 255, form).to(self.compute.device)

    def _statistics_of(self, files: StyleFiles, least: int) -> StyleBank:
        def measure(style: int) -> MeasuredStyles:
            picture = self._picture(files, files.collection.forms[style])
            with self.exact():
                return measured(self.teacher, self.encoder, self.raw, picture)

        return StyleBank(measure, len(files.collection.forms), ROOM, least)

    def _drawn(self, batch: Batch) -> tuple[StyleDraws, MeasuredStyles]:
        """The styles of a batch, on the device: for held-out crops held-out styles, all predicted."""
        if not batch.step:
            few = self._held_out_styles(len(batch.numbers))
            flags = torch.zeros_like(batch.numbers)
            return StyleDraws(flags - 1, few, flags.bool(), flags.float()), self.held_out_statistics.at(few)
        tag = crc32(b"style")
        randoms = [np.random.default_rng([self.seed, tag, number]) for number in batch.numbers.tolist()]
        found = self.sampler.draw(randoms, self.steering.difficulty.tolist())
        return found.to(self.compute.device), self.statistics.at(found.styles)

    def _held_out_styles(self, count: int) -> list[int]:
        """Evenly from all of them in their own colors."""
        forms = self.held_out.collection.forms
        every = [number for number, form in enumerate(forms) if not form.colors]
        return [every[n * len(every) // count] for n in range(count)]

    # ------------------------------------------------------------------------------------ losses

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """``style`` without its coefficients, ``content`` without its weight; 0 for crops that have none."""
        photo = batch.pictures["content"]
        draws, wanted = self._drawn(batch)
        codes = mixed_codes(_painter(networks), _codes(networks), draws, wanted.vectors)
        noise = noise_of(batch, "content", _painter(networks))
        painted = self._paint(_painter(networks), photo, codes, draws.freedom, noise)
        painted, photo = inner(painted), inner(photo)
        style, content = self._errors(painted, photo, wanted)
        every = combined(
            draws.alone,
            draws.freedom,
            self.steering.effort(draws.rows),
            style,
            content,
            roughness(painted),
            copy_loss(painted, photo, content),
            self.settings.smoothness_weight,
        )
        if batch.step:
            self.steering.update(draws, style.detach(), distributed.total)
        losses = {name: loss.mean() for name, loss in every.items()}
        return self._with_adversarial(losses, networks, batch, painted, draws)

    def _with_adversarial(
        self, losses: dict[str, Tensor], networks: Networks, batch: Batch, painted: Tensor, draws: StyleDraws
    ) -> dict[str, Tensor]:
        """The same: only a task with a discriminator adds to them."""
        return losses

    def _errors(self, painted: Tensor, photo: Tensor, wanted: MeasuredStyles) -> tuple[Tensor, Tensor]:
        """Style and content losses, (B,) each."""
        with self.exact():
            with torch.no_grad():
                own = self.teacher(photo, (CONTENT_LAYER,))[CONTENT_LAYER]
            found = self.teacher(painted, (*LAYERS, CONTENT_LAYER))
            errors = style_errors(compared_moments(self.teacher, found), wanted.moments)
            return style_loss(errors, wanted.raw), content_error(found[CONTENT_LAYER], own)

    def _paint(self, painter: Painter, photo: Tensor, codes: Tensor, freedom: Tensor, noise: Noise) -> Tensor:
        condition = painter.condition(codes, freedom)
        on_device = noise.map(lambda each: each.to(photo.device))
        with self.mixed():
            painted: Tensor = painter(photo, condition, on_device)
        return painted

    # ------------------------------------------------------------------------ samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Photos, held-out styles, photos in these, in named styles, and in those at both freedoms."""
        painter, photo = _painter(networks), batch.pictures["content"][:COLUMNS]
        size, count = photo.shape[2], len(photo)
        seen = size - 2 * RIM
        forms = self.held_out.collection.forms
        few = [self._picture(self.held_out, forms[style]) for style in self._held_out_styles(count)]
        vectors = torch.cat([style_vector(self.encoder(each, LAYERS)) for each in few])
        predicted = painter.predict(vectors)
        rows = torch.arange(count, device=photo.device) * max(1, len(self.names) // count)
        named = _codes(networks)[rows % len(self.names)] if self.names else predicted
        grid = [inner(photo), torch.cat([_square(each, seen) for each in few])]
        for codes, freedom in ((predicted, 0.0), (named, 0.0), (named, -1.0), (named, 1.0)):
            freedoms = torch.full((count,), freedom, device=photo.device)
            painted = self._paint(painter, photo, codes, freedoms, painter.noise_at(0, size, size))
            grid.append(inner(painted))
        return torch.stack([row.float().cpu() for row in grid])

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """A painter's file, with the codes by name and the pictures they belong to."""
        codes = dict(zip(self.names, _codes(networks), strict=True))
        table = StyleTable(codes, self.styles.digests())
        return {"painter": painter_tensors(networks["painter"].state_dict(), table)}

    def state(self) -> Mapping[str, object]:
        """How hard each style was, and which codes there are."""
        return {"names": self.names, **self.steering.state()}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Raises TrainingError for other codes than those of the checkpoint."""
        if state["names"] != self.names:
            raise TrainingError(
                "The files of the styles with a code of their own are not those of the checkpoint: put them "
                "back, or choose another --out."
            )
        self.steering.load_state(state)


def _painter(networks: Networks) -> Painter:
    found = networks["painter"]
    assert isinstance(found, Painter)
    return found


def _codes(networks: Networks) -> Tensor:
    found = networks["codes"]
    assert isinstance(found, StyleCodes)
    return found.weight


def _square(picture: Tensor, size: int) -> Tensor:
    """(1, 3, size, size): the middle of a picture."""
    height, width = picture.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = picture[:, :, top : top + side, left : left + side]
    return F.interpolate(middle, (size, size), mode="bilinear", antialias=True)
