"""Works of a domain, one of which each translated crop is compared with: the one nearest to its photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..networks.painter import LAYERS
from .painter_losses import ByLayer, Moments, relative_errors, style_errors, style_loss

SHALLOW = ("relu1_1", "relu2_1")
LEAST_VARIANCE = 1e-6  # of a layer's features, summed


class DomainWorks:
    """Moments of crops of a domain by layer, and the errors that raw photos have to them.

    The mean over all works of a painter has no strokes, and a single work has a palette that does not suit
    every photo. So a crop has for its aim the one of some works that is nearest to its photo by what shallow
    layers see, which is colors and fine contrasts. (By nearness to the translation itself all crops soon have
    the same few works, and one tint.)

    Args:
        moments: means (N, C) and covariances (N, C, C) by layer.
        raw: mean relative errors of raw photos to these, (N, layers, 3).
    """

    def __init__(self, moments: ByLayer, raw: Tensor) -> None:
        self.moments, self.raw = moments, raw

    def __len__(self) -> int:
        return len(self.raw)

    @torch.no_grad()
    def nearest(self, photos: ByLayer, candidates: Sequence[Tensor]) -> Tensor:
        """The numbers (B,) of the works that are nearest to photos.

        Args:
            photos: moments of B photos at ``SHALLOW`` layers.
            candidates: for each of them the numbers of works to choose from, (K,).
        """
        chosen = []
        for n, numbers in enumerate(candidates):
            errors = sum(self._distance(photos[layer], n, layer, numbers) for layer in SHALLOW)
            assert isinstance(errors, Tensor)
            chosen.append(numbers[errors.argmin()])
        return torch.stack(chosen)

    def _distance(self, photos: Moments, n: int, layer: str, numbers: Tensor) -> Tensor:
        mean, covariance = self.moments[layer]
        own = photos[0][n : n + 1], photos[1][n : n + 1]
        return relative_errors(own, (mean[numbers], covariance[numbers])).sum(1)

    def losses(self, found: ByLayer, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The style loss, in which raw photos have about 1, and the contrast loss of crops to works by their
        numbers: (B,) each."""
        wanted = self._at(numbers)
        return style_loss(style_errors(found, wanted), self.raw[numbers]), contrast_loss(found, wanted)

    def _at(self, numbers: Tensor) -> ByLayer:
        return {layer: (mean[numbers], moment[numbers]) for layer, (mean, moment) in self.moments.items()}

    def state(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        parts = {f"{layer}.{n}": part for layer, pair in self.moments.items() for n, part in enumerate(pair)}
        return {"raw": self.raw, **parts}

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], device: torch.device) -> DomainWorks:
        """What :meth:`state` returned."""
        moments = {
            layer: (state[f"{layer}.0"].to(device), state[f"{layer}.1"].to(device)) for layer in LAYERS
        }
        return cls(moments, state["raw"].to(device))


def contrast_loss(found: ByLayer, wanted: ByLayer) -> Tensor:
    """(B,) squared logarithms of the ratios of total standard deviations, mean over the layers.

    Squared errors of covariances are least for a picture that is paler than its aim, where it cannot have the
    aim's structure; this holds its contrast at every layer.
    """
    ratios = [_log_variance(found[layer]) - _log_variance(wanted[layer]) for layer in LAYERS]
    return (torch.stack(ratios, 1) / 2).square().mean(1)


def _log_variance(moments: Moments) -> Tensor:
    return moments[1].diagonal(dim1=1, dim2=2).sum(1).clamp_min(LEAST_VARIANCE).log()
