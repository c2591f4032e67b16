"""What Gatys' mode minimizes at one scale: content, style and total variation of a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import SettingsError
from ...library import NamedStyle
from ...losses import (
    gram_loss,
    statistics_loss,
    total_variation,
    wasserstein_loss,
    wasserstein_target,
)
from ...networks import VGG19
from ...statistics import MeanStd, gram_matrix, position_weights, raw_moments
from ..named import Weighted, parts
from .balance import ContentBalance
from .content import ContentTarget, content_layers
from .placed_style import PLACED, PlacedStyle
from .spec import GatysSettings

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
SHALLOW_RATIO = 4.0  # from one style layer to the next deeper one
LEAST_DISTANCE = 0.1  # of a photo from the styles, by which their balance divides


@dataclass(frozen=True)
class Layers:
    """Where content and style are compared."""

    content: tuple[str, ...]
    style: tuple[str, ...]


def choose_layers(network: VGG19, settings: GatysSettings) -> Layers:
    """The layers that the settings name, or the usual ones as far as this encoder has them.

    Raises:
        SettingsError: for a layer that the encoder does not have.
    """
    for layer in (*settings.content_layers, *settings.style_layers):
        if layer not in network.layers:
            raise SettingsError(
                "This encoder has no layer {layer}: it ends at {last}. Choose others, or another network.",
                layer=layer,
                last=network.layers[-1],
            )
    style = tuple(layer for layer in STYLE_LAYERS if layer in network.layers)
    return Layers(tuple(content_layers(network, settings)), settings.style_layers or style)


Loss = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class StyleTarget:
    """One layer's weight w_l (eq. 5), and its loss E_l of the features F^l as the network gives them."""

    weight: float
    loss: Loss


class Objective:
    """L = α L_content + β L_style (eq. 7) + γ · total variation, which the paper does not have, at one scale.

    L_content is the squared difference between F^l and P^l (eq. 1), here per element of the features, so that
    the same α serves every size. L_style is Σ w_l E_l (eq. 5). Each layer's features are divided by the root
    mean square that the styles have there, as the paper's network is normalized, so that the same weights
    serve every encoder.

    The style of a picture is compared by the encoder's metric, where it has one
    (:class:`stylize.networks.Metric`), so that what differs counts as it would for the large network.
    For styles of the library the statistics do not suffice. The content is compared by the metric as well,
    unless the balance is fixed: see :class:`.content.ContentTarget`.

    Unless the balance is fixed, what is not content is divided by the style loss of the photo itself at this
    scale. A style that is far from the photo, as an even sunset is from a portrait, gains more by each change
    of the picture than one that is near; so divided, α means much the same for both. With
    the balance ``adaptive`` α also follows the picture: see :class:`.balance.ContentBalance`.

    Args:
        network: the encoder.
        content: (1, 3, H, W) at this scale.
        styles: pictures, and styles of the library for this encoder, with weights that add up to 1.
        settings: the mode's settings.
        balance: what says α, kept from scale to scale; a new one if left out.
    """

    def __init__(
        self,
        network: VGG19,
        content: Tensor,
        styles: Sequence[Weighted],
        settings: GatysSettings,
        balance: ContentBalance | None = None,
    ) -> None:
        self.network, self.settings = network, settings
        self.balance = balance or ContentBalance(settings)
        self.layers = choose_layers(network, settings)
        self.compared_layers = tuple(dict.fromkeys((*self.layers.content, *self.layers.style)))
        with torch.no_grad():
            placed = settings.style_loss in PLACED
            self.placed_style = self._placed_style(styles) if placed else None
            self.style_targets = {} if placed else self._style_targets(styles)
            features = network(content, self.compared_layers)
            balanced = settings.balance != "fixed"
            self.content_targets = [
                (weight, ContentTarget(features[layer], network, layer, balanced))
                for layer, weight in content_layers(network, settings).items()
            ]
            distance = max(float(self._style(features)), LEAST_DISTANCE) if balanced else 1.0
            if self.placed_style is not None:
                self.placed_style.forget()
        self.style_weight = settings.style_weight / distance
        self.tv_weight = settings.tv_weight / distance

    def _style_targets(self, styles: Sequence[Weighted]) -> dict[str, StyleTarget]:
        seen: dict[str, list[tuple[Tensor, Tensor, float]]] = {layer: [] for layer in self.layers.style}
        named: dict[str, list[tuple[MeanStd, float]]] = {layer: [] for layer in self.layers.style}
        for style in styles:
            if isinstance(style.source, NamedStyle):
                for layer, its in named.items():
                    its.append((style.source.statistics()[layer], style.weight))
                continue
            picture, alpha = parts(style.source)
            for layer, features in self.network(picture, self.layers.style).items():
                metric = self.network.metric(layer)
                features = features if metric is None else metric(features)
                seen[layer].append((*raw_moments(features, position_weights(alpha, features)), style.weight))
        weights = _layer_weights(self.settings.layer_balance, len(seen))
        return {
            layer: StyleTarget(weight, self._style_loss(layer, seen[layer], named[layer]))
            for layer, weight in zip(seen, weights, strict=True)
        }

    def _placed_style(self, styles: Sequence[Weighted]) -> PlacedStyle:
        weights = _layer_weights(self.settings.layer_balance, len(self.layers.style))
        by_layer = dict(zip(self.layers.style, weights, strict=True))
        return PlacedStyle(self.network, by_layer, styles, self.settings)

    def _style_loss(
        self, layer: str, parts: list[tuple[Tensor, Tensor, float]], named: list[tuple[MeanStd, float]]
    ) -> Loss:
        """What pictures give and what styles of the library give: each its own loss, with its share."""
        own, sums = sum(share for *_, share in parts), []
        if parts:
            mean = torch.stack([mean * share for mean, _, share in parts]).sum(0) / own
            second = torch.stack([second * share for _, second, share in parts]).sum(0) / own
            sums.append((own, self._picture_loss(layer, mean, second)))
        if named:
            sums.append((1 - own if parts else 1.0, self._statistics_loss(named)))
        return lambda f: torch.stack([share * loss(f) for share, loss in sums]).sum()

    def _picture_loss(self, layer: str, mean: Tensor, second: Tensor) -> Loss:
        """E_l of pictures with this ``mean`` of their features, (C,), and A^l per position, (C, C).

        The squared difference of Gram matrices (eq. 4), or, which the paper does not have, the Wasserstein-2
        distance between Gaussians.
        """
        metric = self.network.metric(layer)
        scale = (float(second.trace()) / len(mean) + 1e-12) ** -0.5
        mean, second = mean * scale, second * scale**2
        if self.settings.style_loss == "wasserstein":
            target = wasserstein_target(mean, second)
            # The features have unit mean square, so this is relative as it stands.
            affine = None if metric is None else (metric.weight[:, :, 0, 0], metric.bias)
            return lambda f: wasserstein_loss(f, target, scale, affine)
        relative = self.settings.layer_balance == "relative"
        energy = float(second.square().sum()) / (4 * len(mean) ** 2) if relative else 1.0
        return lambda f: (
            gram_loss(gram_matrix(f if metric is None else metric(f))[0] * scale**2, second) / energy
        )

    def _statistics_loss(self, named: list[tuple[MeanStd, float]]) -> Loss:
        """E_l of styles of the library, of which each channel's mean and deviation are known."""
        total = sum(share for _, share in named)
        device = self.network.conv1_1.weight.device
        means = [mean.flatten().to(device) * (share / total) for (mean, _), share in named]
        deviations = [deviation.flatten().to(device) * (share / total) for (_, deviation), share in named]
        energy = sum(
            share / total * float((mean.square() + deviation.square()).mean())
            for (mean, deviation), share in named
        )
        scale = (energy + 1e-12) ** -0.5
        target = torch.stack(means).sum(0) * scale, torch.stack(deviations).sum(0) * scale
        return lambda f: statistics_loss(f.float() * scale, target)

    def __call__(self, picture: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a (1, 3, H, W) float32 picture, and its three parts, weighted, as scalars."""
        features = self.network(picture, self.compared_layers)
        content = [weight * target.loss(features[target.layer]) for weight, target in self.content_targets]
        parts = {
            "content": self.balance.weight * torch.stack(content).sum(),
            "style": self.style_weight * self._style(features),
            "variation": self.tv_weight * total_variation(picture),
        }
        return torch.stack(list(parts.values())).sum(), parts

    def content_error(self, parts: Mapping[str, Tensor]) -> float:
        """The relative squared error of the content, from the parts of a loss; NaN if its weight is 0."""
        weight = self.balance.weight * sum(weight for weight, _ in self.content_targets) / 2
        return float(parts["content"]) / weight if weight else math.nan

    def _style(self, features: Mapping[str, Tensor]) -> Tensor:
        """Σ w_l E_l (eq. 5), or what compares places across the layers."""
        if self.placed_style is not None:
            return self.placed_style.loss(features)
        losses = [
            target.weight * target.loss(features[layer]) for layer, target in self.style_targets.items()
        ]
        return torch.stack(losses).sum()


def _layer_weights(balance: str, count: int) -> list[float]:
    """w_l of ``count`` layers from the shallowest on; they add up to 1 (the paper's: all equal)."""
    ratio = SHALLOW_RATIO if balance == "shallow" else 1.0
    weights = [ratio**-n for n in range(count)]
    return [weight / sum(weights) for weight in weights]


def losses_as_floats(parts: Mapping[str, Tensor]) -> dict[str, float]:
    """The parts of a loss as plain numbers, with their sum as ``total``."""
    values = {name: float(part) for name, part in parts.items()}
    return {"total": sum(values.values()), **values}
