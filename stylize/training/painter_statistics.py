"""Statistics of the styles that a painter learns from, measured once each and kept on the device."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..networks import VGG19
from ..networks.painter import LAYERS, style_vector
from .painter_losses import ByLayer, compared_moments, gram_of


class RawPhotoMoments(nn.Module):
    """What raw photos have, in so far as it takes to tell their mean error to any style.

    With the mean M of a statistic X over the photos, the mean of |X - A|^2 is |M - A|^2 and the variation,
    the mean of |X - M|^2.

    Args:
        network: whose features they are, compared through its metric where it has one.
    """

    def __init__(self, network: VGG19) -> None:
        super().__init__()
        for layer in LAYERS:
            count = network.layer_channels(layer)
            for part, shape in (("mean", (count,)), ("covariance", (count, count)), ("gram", (count, count))):
                self.register_buffer(f"{layer}_{part}", torch.zeros(shape))
            self.register_buffer(f"{layer}_variation", torch.zeros(3))

    @torch.no_grad()
    def measure(self, photos: Sequence[ByLayer]) -> None:
        """From batches of moments by layer."""
        for layer in LAYERS:
            every = [(*batch[layer], gram_of(batch[layer])) for batch in photos]
            variation = []
            for part, own in zip(self._parts(layer), zip(*every, strict=True), strict=True):
                joined = torch.cat(own).flatten(1)
                mean = joined.mean(0)
                part.copy_(mean.view_as(part))
                variation.append((joined - mean).square().sum(1).mean())
            self.get_buffer(f"{layer}_variation").copy_(torch.stack(variation))

    def errors(self, wanted: ByLayer) -> Tensor:
        """Mean relative squared errors to styles, (B, layers, 3), as ``painter_losses.style_errors``."""
        return torch.stack([self._errors(layer, wanted) for layer in LAYERS], 1)

    def _errors(self, layer: str, wanted: ByLayer) -> Tensor:
        aims = (*wanted[layer], gram_of(wanted[layer]))
        variation = self.get_buffer(f"{layer}_variation")
        found = []
        for n, (part, aim) in enumerate(zip(self._parts(layer), aims, strict=True)):
            error = (part[None] - aim).flatten(1).square().sum(1) + variation[n]
            found.append(error / aim.flatten(1).square().sum(1).clamp_min(1e-12))
        return torch.stack(found, 1)

    def _parts(self, layer: str) -> list[Tensor]:
        return [self.get_buffer(f"{layer}_{part}") for part in ("mean", "covariance", "gram")]


@dataclass(frozen=True)
class MeasuredStyles:
    """Of B styles: moments by layer, errors of raw photos (B, layers, 3), and vectors (B, statistics)."""

    moments: ByLayer
    raw: Tensor
    vectors: Tensor


@torch.no_grad()
def measured(compared: VGG19, encoder: VGG19, raw: RawPhotoMoments, picture: Tensor) -> MeasuredStyles:
    """What is to be known of a style picture.

    Args:
        compared: the network whose features are compared.
        encoder: the one whose statistics a painter takes.
        raw: what raw photos have in the former.
        picture: (1, 3, H, W) RGB in [0, 1].
    """
    features = compared(picture, LAYERS)
    found = compared_moments(compared, features)
    own = features if encoder is compared else encoder(picture, LAYERS)
    return MeasuredStyles(found, raw.errors(found), style_vector(own))


class StyleBank:
    """Statistics of styles by their numbers; where room is short, those unused for longest make way.

    Covariances are kept in half precision, relative to their largest variance, for which its range suffices.

    Args:
        measure: a style by its number.
        count: how many styles there are.
        room: bytes for all of them.
        least: as many as must be kept at once, whatever room there is: those of a batch.
    """

    def __init__(self, measure: Callable[[int], MeasuredStyles], count: int, room: float, least: int) -> None:
        self._measure, self._count, self._room, self._least = measure, count, room, least
        self._slots: OrderedDict[int, int] = OrderedDict()  # by style, the one unused for longest first
        self._tables: dict[str, Tensor] = {}

    @property
    def capacity(self) -> int:
        """How many styles are kept; known after the first."""
        return len(self._tables["raw"])

    def at(self, styles: Iterable[int]) -> MeasuredStyles:
        """Of a batch of styles, at most ``least`` different ones; those not known yet are measured."""
        rows = self._rows(styles)
        found: ByLayer = {}
        for layer in LAYERS:
            mean, covariance, scale = (self._tables[f"{layer}.{part}"][rows] for part in _PARTS)
            found[layer] = mean, covariance.float() * scale[:, None, None]
        return MeasuredStyles(found, self._tables["raw"][rows], self._tables["vectors"][rows])

    def vectors(self, styles: Iterable[int]) -> Tensor:
        """Their vectors alone, (B, statistics)."""
        rows = self._rows(styles)
        return self._tables["vectors"][rows]

    def _rows(self, styles: Iterable[int]) -> Tensor:
        slots = torch.tensor([self._slot(style) for style in styles])
        return slots.to(self._tables["raw"].device)

    def _slot(self, style: int) -> int:
        if style in self._slots:
            self._slots.move_to_end(style)
            return self._slots[style]
        entry = _packed(self._measure(style))
        if not self._tables:
            self._allocate(entry)
        slot = len(self._slots)
        if slot == self.capacity:
            _, slot = self._slots.popitem(last=False)
        for name, value in entry.items():
            self._tables[name][slot] = value[0]
        self._slots[style] = slot
        return slot

    def _allocate(self, entry: dict[str, Tensor]) -> None:
        size = sum(value.numel() * value.element_size() for value in entry.values())
        capacity = min(self._count, max(self._least, int(self._room // size)))
        for name, value in entry.items():
            self._tables[name] = value.new_empty((capacity, *value.shape[1:]))


_PARTS = ("mean", "covariance", "scale")


def _packed(measured: MeasuredStyles) -> dict[str, Tensor]:
    entry = {"raw": measured.raw, "vectors": measured.vectors}
    for layer, (mean, covariance) in measured.moments.items():
        scale = covariance.diagonal(dim1=1, dim2=2).amax(1).clamp_min(1e-6)
        parts = mean, (covariance / scale[:, None, None]).half(), scale
        entry |= {f"{layer}.{part}": value for part, value in zip(_PARTS, parts, strict=True)}
    return entry
