"""An encoder that imitates a larger VGG-19 (distillation)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ..device import Compute
from ..networks import VGG19, metric_of
from ..networks.vgg import CONVOLUTIONS, FULL, HALF, QUARTER
from ..statistics import gram_matrix
from ..weights import zoo
from . import teacher as teachers
from .config import EncoderSettings, TrainingError, pairs
from .task import Batch, Networks, Task

CHANNELS = {"full": FULL, "half": HALF, "quarter": QUARTER}
LSUV_SAMPLES = 32
RIDGE_POSITIONS = 4096  # of each batch and tap


class EncoderTask(Task):
    """A student with reflection padding whose features, mapped linearly, are the teacher's.

    The maps are 1x1 convolutions; of them the result keeps the metric alone, see
    :class:`stylize.networks.Metric`. Where the student is fixed up to a tap and the crops come round
    again, all that does not change is computed once for each crop and kept in memory.
    """

    streams = ("pictures",)
    helpers = ("maps",)

    def __init__(
        self, settings: EncoderSettings, compute: Compute, teacher: VGG19 | None = None,
        channels: tuple[int, ...] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.compute = settings, compute
        self.teacher = teacher or teachers.load(settings, compute)
        self.taps = settings.taps
        for tap in self.taps:
            if tap not in self.teacher.layers:
                raise TrainingError("The teacher has no {tap}: choose other taps.", tap=tap)
        deepest = max(self.taps, key=lambda tap: CONVOLUTIONS.index(tap[4:]))[4:]
        student = VGG19(channels or CHANNELS[settings.width], deepest, "reflect")
        self.started = self._take_over(student)
        self._fix(student)
        maps = nn.ModuleDict(
            {
                tap: nn.Conv2d(student.layer_channels(tap), self.teacher.layer_channels(tap), 1)
                for tap in self.taps
            }
        )
        self.scales = teachers.Scales(self.teacher, self.taps)
        self.networks = {"encoder": student, "maps": maps, "scales": self.scales}
        self.strides = {tap: int(n) for tap, n in pairs(settings.strides, "strides").items()}
        self.loss_names = ("total", *self.taps, *(["gram"] if settings.gram_weight else []))
        self._kept: dict[int, tuple[Tensor | None, dict[str, Tensor]]] = {}

    # ---------------------------------------------------------------------------------- the start

    @torch.no_grad()
    def _take_over(self, student: VGG19) -> frozenset[str]:
        """Copies the convolutions of the encoder to start from; the names of those there were."""
        if not self.settings.start:
            return frozenset()
        exact = replace(self.compute, dtype=torch.float32)
        kept = zoo.encoder(self.settings.start, exact).network.state_dict()
        own = student.state_dict()
        for key, values in kept.items():
            if key in own:
                if own[key].shape != values.shape:
                    raise TrainingError(
                        "The encoder {file} to start from has another width: choose another.",
                        file=self.settings.start,
                    )
                own[key].copy_(values)
        return frozenset(key.partition(".")[0] for key in kept)

    def _fix(self, student: VGG19) -> None:
        """Leaves the convolutions up to ``fixed`` out of the training."""
        fixed = self.settings.fixed
        if not fixed:
            return
        layers = [tap[4:] for tap in student.layers]
        if fixed not in student.layers or "conv" + fixed[4:] not in self.started:
            raise TrainingError("The encoder to start from has no {tap} to be fixed at.", tap=fixed)
        if any(layers.index(tap[4:]) <= layers.index(fixed[4:]) for tap in self.taps):
            raise TrainingError("All taps must lie deeper than {tap}, up to which nothing learns.", tap=fixed)
        for layer in layers[: layers.index(fixed[4:]) + 1]:
            getattr(student, "conv" + layer).requires_grad_(False)

    @torch.no_grad()
    def prepare(self, batches: Iterator[Batch]) -> None:
        """Starts what is new of the student by LSUV, and the maps by ridge regression."""
        kept = [batch.pictures["pictures"] for batch in batches]
        lsuv(_student(self.networks), torch.cat(kept)[:LSUV_SAMPLES], self.started)
        self.scales.measure(self._wanted(pictures) for pictures in kept)
        for tap in self.taps:
            self._start_map(tap, kept)

    def _start_map(self, tap: str, kept: list[Tensor]) -> None:
        """Least squares of the teacher's centred features on the student's."""
        product, target, count = torch.zeros(()), torch.zeros(()), 0
        centre = self.scales.mean(tap).flatten()
        for pictures in kept:
            own = _positions(_student(self.networks)(pictures, [tap])[tap])
            wanted = _positions(self._wanted(pictures)[tap]) - centre
            with_one = torch.cat([own, torch.ones_like(own[:, :1])], 1)
            product = product.to(own.device) + with_one.T @ with_one
            target = target.to(own.device) + with_one.T @ wanted
            count += len(own)
        product, target = (product / count).cpu().double(), (target / count).cpu().double()
        ridge = self.settings.ridge * product.diagonal()[:-1].mean() + 1e-12
        product.diagonal()[:-1].add_(ridge)
        product.diagonal()[-1].add_(1e-12)
        solution = torch.linalg.solve(product, target).float().to(centre.device)
        conv = _map(self.networks, tap)
        conv.weight.copy_(solution[:-1].T[:, :, None, None] / self._unit(tap).view(-1, 1, 1, 1))
        assert conv.bias is not None
        conv.bias.copy_(solution[-1] / self._unit(tap).flatten())

    # -------------------------------------------------------------------------------- the losses

    def losses(self, networks: Networks, batch: Batch, phase: str) -> dict[str, Tensor]:
        """At each tap the share of the teacher's variance that the mapped student leaves unexplained.

        ``gram`` is the mean over the taps of the relative squared error of the mapped features' Gram
        matrices.
        """
        fixed, wanted = self._recalled(networks, batch)
        with self.mixed():
            own = self._own(networks, batch, fixed)
            mapped = {tap: self._strided(own[tap], tap, batch.step) for tap in self.taps}
            mapped = {tap: _map(networks, tap)(each) for tap, each in mapped.items()}
        targets = {tap: self._strided(wanted[tap], tap, batch.step).float() for tap in self.taps}
        found = {tap: self._at_tap(tap, mapped[tap], targets[tap]) for tap in self.taps}
        total = torch.stack(list(found.values())).sum()
        if self.settings.gram_weight:
            errors = [self._gram_error(tap, mapped[tap], targets[tap]) for tap in self.taps]
            found["gram"] = torch.stack(errors).mean()
            total = total + self.settings.gram_weight * found["gram"]
        return {"total": total, **found}

    def _recalled(self, networks: Networks, batch: Batch) -> tuple[Tensor | None, dict[str, Tensor]]:
        """What does not change of a batch: the fixed student's features, if there are, and the teacher's."""
        if batch.crops in self._kept:
            return self._kept[batch.crops]
        pictures, fixed = batch.pictures["pictures"], None
        if self.settings.fixed:
            with torch.no_grad(), self.mixed():
                fixed = _student(networks)(pictures, [self.settings.fixed])[self.settings.fixed]
        found = fixed, self._wanted(pictures)
        if batch.crops:
            self._kept[batch.crops] = found
        return found

    def _own(self, networks: Networks, batch: Batch, fixed: Tensor | None) -> dict[str, Tensor]:
        if fixed is None:
            return _student(networks)(batch.pictures["pictures"], self.taps)
        return _student(networks).forward_from(fixed, self.settings.fixed, self.taps)

    def _strided(self, features: Tensor, tap: str, step: int) -> Tensor:
        stride = self.strides.get(tap, 1)
        return teachers.strided(features, stride, step) if stride > 1 else features

    def _at_tap(self, tap: str, mapped: Tensor, wanted: Tensor) -> Tensor:
        target = (wanted - self.scales.mean(tap)) / self._unit(tap)
        return teachers.unexplained(mapped, target, self._weight(tap))

    def _gram_error(self, tap: str, mapped: Tensor, wanted: Tensor) -> Tensor:
        own = gram_matrix(mapped.float() * self._unit(tap) + self.scales.mean(tap))
        aim = gram_matrix(wanted)
        return ((own - aim).square().sum((1, 2)) / aim.square().sum((1, 2))).mean()

    def _unit(self, tap: str) -> Tensor:
        """What the teacher's channels are divided by: their deviation, with a floor."""
        deviation = self.scales.deviation(tap)
        return torch.maximum(deviation, 0.01 * deviation.mean() + 1e-8)

    def _weight(self, tap: str) -> Tensor:
        """Each channel's share in the loss; they add up to 1."""
        weight = self._unit(tap) ** (2 - 2 * self.settings.balance)
        return weight / weight.sum()

    def _wanted(self, pictures: Tensor) -> dict[str, Tensor]:
        with torch.no_grad(), self.exact():
            return self.teacher(pictures, self.taps)

    # ------------------------------------------------------------------------- samples and results

    def samples(self, networks: Networks, batch: Batch) -> Tensor:
        """Pictures, and at each tap the error by position: black where nothing is left unexplained."""
        pictures = batch.pictures["pictures"]
        wanted = self._wanted(pictures)
        own = _student(networks)(pictures, self.taps)
        rows = [pictures.cpu()]
        for tap in self.taps:
            target = (wanted[tap].float() - self.scales.mean(tap)) / self._unit(tap)
            error = (_map(networks, tap)(own[tap]) - target).square() * self._weight(tap)
            left = error.sum(1, keepdim=True).clamp(0, 1).cpu().expand(-1, 3, -1, -1)
            rows.append(nn.functional.interpolate(left, pictures.shape[2:]))
        return torch.stack(rows)

    def results(self, networks: Networks) -> dict[str, dict[str, Tensor]]:
        """The encoder, with the metric that the maps amount to at each tap."""
        state = dict(networks["encoder"].state_dict())
        for tap in self.taps:
            conv, unit = _map(networks, tap), self._unit(tap).flatten()
            assert conv.bias is not None
            weight = conv.weight.detach() * unit.view(-1, 1, 1, 1)
            found = metric_of(weight, conv.bias.detach() * unit + self.scales.mean(tap).flatten())
            state |= {f"metric{tap[4:]}.{kind}": each for kind, each in found.items()}
        return {"encoder": state}


def _student(networks: Networks) -> VGG19:
    found = networks["encoder"]
    assert isinstance(found, VGG19)
    return found


def _map(networks: Networks, tap: str) -> nn.Conv2d:
    found: Any = networks["maps"]
    return found[tap]


def _positions(features: Tensor) -> Tensor:
    """(N, C) float32 of evenly spread positions."""
    flat = features.float().permute(0, 2, 3, 1).flatten(0, 2)
    # An odd stride goes through all columns; an even one would see the border again and again.
    return flat[:: (len(flat) // RIDGE_POSITIONS) | 1]


@torch.no_grad()
def lsuv(network: VGG19, pictures: Tensor, but: Collection[str] = ()) -> None:
    """Orthogonal weights, scaled so that each layer's output has mean 0 and variance 1 on ``pictures``.

    Layers named in ``but`` stay as they are.

    Layer-sequential unit-variance initialisation (Mishkin and Matas 2016), in one pass.
    """

    def settle(layer: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        assert isinstance(layer, nn.Conv2d)
        assert layer.bias is not None
        centre = output.mean((0, 2, 3))
        centred = output - centre.view(1, -1, 1, 1)
        deviation = centred.square().mean().sqrt().clamp(min=1e-8)
        layer.weight.div_(deviation)
        layer.bias.sub_(centre).div_(deviation)
        return centred / deviation

    convolutions = [
        each for name, each in network.named_modules() if isinstance(each, nn.Conv2d) and name not in but
    ]
    hooks = [each.register_forward_hook(settle) for each in convolutions]
    for each in convolutions:
        flat = torch.empty(each.weight.flatten(1).shape)
        nn.init.orthogonal_(flat)
        each.weight.copy_(flat.view(each.weight.shape))
        nn.init.zeros_(each.bias)  # type: ignore[arg-type]
    try:
        network(pictures, network.layers[-1:])
    finally:
        for hook in hooks:
            hook.remove()
