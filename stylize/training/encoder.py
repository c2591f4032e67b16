"""Training of an encoder by distillation from a larger VGG-19 (Hinton et al. 2015, here of features)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..device import Compute
from ..networks import VGG19, metric_of
from ..networks.vgg import CONVOLUTION_OF, CONVOLUTIONS, FULL, HALF, QUARTER
from ..statistics import gram_matrix
from ..weights import zoo
from .config import TrainingError, pairs
from .lsuv import lsuv
from .task import Batch, Networks, TrainingTask
from .task_settings import EncoderSettings
from .teacher import FeatureScales, load_teacher, subsample, weighted_squared_error

CHANNELS = {"full": FULL, "half": HALF, "quarter": QUARTER}
LSUV_SAMPLES = 32
RIDGE_POSITIONS = 4096  # of each batch and layer


class EncoderTask(TrainingTask):
    """A student with reflection padding whose features, mapped linearly, approximate the teacher's.

    The maps are 1x1 convolutions; the result has only the metric that follows from each, see
    :class:`stylize.networks.Metric`. Where the student is frozen up to a layer and batches are repeated, all
    that does not change is computed once for each batch and kept in memory.

    Args:
        settings: ``[task]``.
        compute: device and dtype.
        teacher: in place of the one that the settings name.
        channels: of the student's five blocks, in place of the width that the settings name.

    Raises:
        TrainingError: teacher, layers and initial encoder do not fit together.
        WeightsError: a file cannot be read.
    """

    streams = ("pictures",)
    adam_only = ("maps",)

    def __init__(
        self,
        settings: EncoderSettings,
        compute: Compute,
        teacher: VGG19 | None = None,
        channels: tuple[int, ...] | None = None,
    ) -> None:
        self.settings, self.compute = settings, compute
        self.teacher = teacher or load_teacher(settings, compute)
        self.layers = settings.layers
        for layer in self.layers:
            if layer not in self.teacher.layers:
                raise TrainingError("The teacher has no {layer}: choose other layers.", layer=layer)
        last = max((CONVOLUTION_OF[layer] for layer in self.layers), key=CONVOLUTIONS.index)
        student = VGG19(channels or CHANNELS[settings.width], last, "reflect")
        self.initialized = self._initialize(student)
        self._freeze(student)
        maps = nn.ModuleDict(
            {
                layer: nn.Conv2d(student.layer_channels(layer), self.teacher.layer_channels(layer), 1)
                for layer in self.layers
            }
        )
        self.scales = FeatureScales(self.teacher, self.layers)
        self.networks = {"encoder": student, "maps": maps, "scales": self.scales}
        self.strides = {layer: int(n) for layer, n in pairs(settings.strides, "strides").items()}
        self.loss_names = ("total", *self.layers, *(["gram"] if settings.gram_weight else []))
        self._constant: dict[int, tuple[Tensor | None, dict[str, Tensor]]] = {}

    # ----------------------------------------------------------------------------- initialization

    @torch.no_grad()
    def _initialize(self, student: VGG19) -> frozenset[str]:
        """Copies the convolutions of the encoder to start from; returns their names."""
        if not self.settings.init:
            return frozenset()
        exact = replace(self.compute, dtype=torch.float32)
        state = zoo.encoder(self.settings.init, exact).network.state_dict()
        own = student.state_dict()
        for key, values in state.items():
            if key in own:
                if own[key].shape != values.shape:
                    raise TrainingError(
                        "The encoder {file} to start from has another width: choose another.",
                        file=self.settings.init,
                    )
                own[key].copy_(values)
        return frozenset(key.partition(".")[0] for key in state)

    def _freeze(self, student: VGG19) -> None:
        """Excludes the convolutions up to the layer ``frozen`` from training."""
        frozen = self.settings.frozen
        if not frozen:
            return
        if frozen not in student.layers or "conv" + CONVOLUTION_OF[frozen] not in self.initialized:
            raise TrainingError("The encoder to start from has no {layer} to be frozen at.", layer=frozen)
        last = student.layers.index(frozen)
        if any(student.layers.index(layer) <= last for layer in self.layers):
            raise TrainingError(
                "All layers must lie deeper than {layer}, up to which nothing is trained.", layer=frozen
            )
        for layer in student.layers[: last + 1]:
            getattr(student, "conv" + CONVOLUTION_OF[layer]).requires_grad_(False)

    @torch.no_grad()
    def prepare(self, batches: Iterator[Batch]) -> None:
        """Initializes what is new of the student by LSUV, and the maps by ridge regression."""
        pictures = [batch.pictures["pictures"] for batch in batches]
        lsuv(_student(self.networks), torch.cat(pictures)[:LSUV_SAMPLES], self.initialized)
        self.scales.measure(self._teach(each) for each in pictures)
        for layer in self.layers:
            self._initialize_map(layer, pictures)

    def _initialize_map(self, layer: str, batches: list[Tensor]) -> None:
        """Ridge regression of the teacher's centered features on the student's."""
        product, target, count = torch.zeros(()), torch.zeros(()), 0
        mean = self.scales.mean(layer).flatten()
        for pictures in batches:
            own = _positions(_student(self.networks)(pictures, [layer])[layer])
            wanted = _positions(self._teach(pictures)[layer]) - mean
            with_one = torch.cat([own, torch.ones_like(own[:, :1])], 1)
            product = product.to(own.device) + with_one.T @ with_one
            target = target.to(own.device) + with_one.T @ wanted
            count += len(own)
        product, target = (product / count).cpu().double(), (target / count).cpu().double()
        ridge = self.settings.ridge * product.diagonal()[:-1].mean() + 1e-12
        product.diagonal()[:-1].add_(ridge)
        product.diagonal()[-1].add_(1e-12)
        solution = torch.linalg.solve(product, target).float().to(mean.device)
        conv = _map(self.networks, layer)
        conv.weight.copy_(solution[:-1].T[:, :, None, None] / self._unit(layer).view(-1, 1, 1, 1))
        assert conv.bias is not None
        conv.bias.copy_(solution[-1] / self._unit(layer).flatten())

    # -------------------------------------------------------------------------------- the losses

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """For each layer the share of the teacher's variance that the mapped student leaves unexplained.

        ``gram`` is the relative squared error of the mapped features' Gram matrices, mean over the layers.
        """
        frozen, wanted = self._constant_features(networks, batch)
        with self.mixed():
            own = self._own_features(networks, batch, frozen)
            mapped = {layer: self._subsampled(own[layer], layer, batch.step) for layer in self.layers}
            mapped = {layer: _map(networks, layer)(each) for layer, each in mapped.items()}
        targets = {layer: self._subsampled(wanted[layer], layer, batch.step).float() for layer in self.layers}
        losses = {layer: self._layer_loss(layer, mapped[layer], targets[layer]) for layer in self.layers}
        total = torch.stack(list(losses.values())).sum()
        if self.settings.gram_weight:
            errors = [self._gram_error(layer, mapped[layer], targets[layer]) for layer in self.layers]
            losses["gram"] = torch.stack(errors).mean()
            total = total + self.settings.gram_weight * losses["gram"]
        return {"total": total, **losses}

    def _constant_features(self, networks: Networks, batch: Batch) -> tuple[Tensor | None, dict[str, Tensor]]:
        """What does not change of a batch: the frozen student's features, if any, and the teacher's."""
        if batch.repeated in self._constant:
            return self._constant[batch.repeated]
        pictures, frozen = batch.pictures["pictures"], None
        if self.settings.frozen:
            with torch.no_grad(), self.mixed():
                frozen = _student(networks)(pictures, [self.settings.frozen])[self.settings.frozen]
        features = frozen, self._teach(pictures)
        if batch.repeated:
            self._constant[batch.repeated] = features
        return features

    def _own_features(self, networks: Networks, batch: Batch, frozen: Tensor | None) -> dict[str, Tensor]:
        if frozen is not None:
            return _student(networks).forward_from(frozen, self.settings.frozen, self.layers)
        features: dict[str, Tensor] = _student(networks)(batch.pictures["pictures"], self.layers)
        return features

    def _subsampled(self, features: Tensor, layer: str, step: int) -> Tensor:
        stride = self.strides.get(layer, 1)
        return subsample(features, stride, step) if stride > 1 else features

    def _layer_loss(self, layer: str, mapped: Tensor, wanted: Tensor) -> Tensor:
        target = (wanted - self.scales.mean(layer)) / self._unit(layer)
        return weighted_squared_error(mapped, target, self._weight(layer))

    def _gram_error(self, layer: str, mapped: Tensor, wanted: Tensor) -> Tensor:
        own = gram_matrix(mapped.float() * self._unit(layer) + self.scales.mean(layer))
        target = gram_matrix(wanted)
        return ((own - target).square().sum((1, 2)) / target.square().sum((1, 2))).mean()

    def _unit(self, layer: str) -> Tensor:
        """What the teacher's channels are divided by, (1, C, 1, 1): their deviation, with a floor."""
        std = self.scales.std(layer)
        return torch.maximum(std, 0.01 * std.mean() + 1e-8)

    def _weight(self, layer: str) -> Tensor:
        """The weight of each channel in the loss, (1, C, 1, 1); their sum is 1."""
        weight = self._unit(layer) ** (2 - 2 * self.settings.balance)
        return weight / weight.sum()

    def _teach(self, pictures: Tensor) -> dict[str, Tensor]:
        """The teacher's features by layer."""
        with torch.no_grad(), self.exact():
            features: dict[str, Tensor] = self.teacher(pictures, self.layers)
        return features

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """A row of pictures, and for each layer one of the error by position, black where it is 0."""
        pictures = batch.pictures["pictures"]
        wanted = self._teach(pictures)
        own = _student(networks)(pictures, self.layers)
        rows = [pictures.cpu()]
        for layer in self.layers:
            target = (wanted[layer].float() - self.scales.mean(layer)) / self._unit(layer)
            errors = (_map(networks, layer)(own[layer]) - target).square() * self._weight(layer)
            error = errors.sum(1, keepdim=True).clamp(0, 1).cpu().expand(-1, 3, -1, -1)
            rows.append(nn.functional.interpolate(error, pictures.shape[2:]))
        return torch.stack(rows)

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The encoder, with the metric that follows from the map of each layer."""
        state = dict(networks["encoder"].state_dict())
        for layer in self.layers:
            conv, unit = _map(networks, layer), self._unit(layer).flatten()
            assert conv.bias is not None
            weight = conv.weight.detach() * unit.view(-1, 1, 1, 1)
            metric = metric_of(weight, conv.bias.detach() * unit + self.scales.mean(layer).flatten())
            state |= {f"metric{CONVOLUTION_OF[layer]}.{part}": each for part, each in metric.items()}
        return {"encoder": state}


def _student(networks: Networks) -> VGG19:
    found = networks["encoder"]
    assert isinstance(found, VGG19)
    return found


def _map(networks: Networks, layer: str) -> nn.Conv2d:
    maps = networks["maps"]
    assert isinstance(maps, nn.ModuleDict)
    found = maps[layer]
    assert isinstance(found, nn.Conv2d)
    return found


def _positions(features: Tensor) -> Tensor:
    """(N, C) float32 of evenly spread positions."""
    flat = features.float().permute(0, 2, 3, 1).flatten(0, 2)
    # An odd stride visits all columns; an even one would see the border again and again.
    return flat[:: (len(flat) // RIDGE_POSITIONS) | 1]
