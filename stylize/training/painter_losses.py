"""Losses of networks that paint in one pass: how far a picture is from its style and from its photo.

Style: relative squared errors of means, covariances and Gram matrices at relu1_1 to relu5_1, divided by what
raw photos have to that style, so that every style begins at about 1. Content: squared error at relu4_2,
relative to the photo's own variation. The content's weight follows from a freedom that the network is told
(Babaeizadeh and Ghiasi 2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..networks import VGG19
from ..networks.painter import LAYERS

CONTENT_LAYER = "relu4_2"
STRICT, DEFAULT, FREE = 0.8, 0.14, 0.03  # weights of the content at freedoms of -1, 0 and 1
LEAST_RAW, LEAST_LAYER = 0.1, 0.02  # of what the errors of raw photos are divided by, as a sum and by layer
LEAST_VARIATION = 1e-3  # of a photo's features, summed

Moments = tuple[Tensor, Tensor]  # means (B, C) and covariances (B, C, C), float32
ByLayer = dict[str, Moments]


def moments(features: Tensor) -> Moments:
    """Means and covariances over the positions of features (B, C, H, W), a whole batch at once."""
    flat = features.flatten(2).float()
    mean = flat.mean(2)
    centered = flat - mean[:, :, None]
    return mean, centered @ centered.mT / flat.shape[2]


def compared_moments(network: VGG19, features: dict[str, Tensor], layers: Sequence[str] = LAYERS) -> ByLayer:
    """The moments of features by layer, through the network's metric where it has one."""
    return {layer: _through_metric(network, layer, moments(features[layer])) for layer in layers}


def _through_metric(network: VGG19, layer: str, found: Moments) -> Moments:
    """An affine map of the moments: the same as the moments of the features after it, for less."""
    metric = network.metric(layer)
    if metric is None:
        return found
    matrix = metric.weight[:, :, 0, 0]
    return found[0] @ matrix.T + metric.bias, matrix @ found[1] @ matrix.T


def gram_of(found: Moments) -> Tensor:
    """Gram matrices per position, (B, C, C), of features with these moments."""
    mean, covariance = found
    return covariance + mean[:, :, None] * mean[:, None, :]


def relative_errors(found: Moments, wanted: Moments) -> Tensor:
    """Squared errors (B, 3) of means, covariances and Gram matrices, relative to those that are wanted."""
    parts = ((*found, gram_of(found)), (*wanted, gram_of(wanted)))
    return torch.stack([_relative(own, aim) for own, aim in zip(*parts, strict=True)], 1)


def _relative(own: Tensor, aim: Tensor) -> Tensor:
    return (own - aim).flatten(1).square().sum(1) / aim.flatten(1).square().sum(1).clamp_min(1e-12)


def style_errors(found: ByLayer, wanted: ByLayer) -> Tensor:
    """Those of all layers, (B, layers, 3)."""
    return torch.stack([relative_errors(found[layer], wanted[layer]) for layer in LAYERS], 1)


def style_loss(errors: Tensor, raw: Tensor) -> Tensor:
    """(B,): half the ratio of the sums over the layers, half the mean of the layers' own ratios.

    Args:
        errors: of pictures, (B, layers, 3).
        raw: those of raw photos to the same styles.
    """
    whole = errors.sum(1) / raw.sum(1).clamp_min(LEAST_RAW)
    each = (errors / raw.clamp_min(LEAST_LAYER)).mean(1)
    return (0.5 * whole + 0.5 * each).mean(1)


def content_error(found: Tensor, own: Tensor) -> Tensor:
    """(B,) squared error of features (B, C, H, W), relative to the variation of the photo's own."""
    found, own = found.float(), own.float()
    variation = (own - own.mean((2, 3), keepdim=True)).square().sum((1, 2, 3))
    return (found - own).square().sum((1, 2, 3)) / variation.clamp_min(LEAST_VARIATION)


def content_weight(freedom: Tensor) -> Tensor:
    """The weight of the content's error at freedoms from -1 to 1, any shape."""
    strict, free = DEFAULT * (STRICT / DEFAULT) ** -freedom, DEFAULT * (FREE / DEFAULT) ** freedom
    return torch.where(freedom < 0, strict, free)


def roughness(x: Tensor) -> Tensor:
    """(B,) mean squared differences of neighboring pixels of (B, C, H, W), across and down."""
    across, down = x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]
    return across.square().mean((1, 2, 3)) + down.square().mean((1, 2, 3))


def copy_loss(painted: Tensor, photo: Tensor, content: Tensor) -> Tensor:
    """(B,) what a picture that is to be its photo is judged by; ``content`` is its content error."""
    difference = painted - photo
    return 2 * content + 40 * difference.square().mean((1, 2, 3)) + difference.abs().mean((1, 2, 3))


def combined(
    alone: Tensor,
    freedom: Tensor,
    effort: Tensor,
    style: Tensor,
    content: Tensor,
    smoothness: Tensor,
    copies: Tensor,
    smoothness_weight: float,
) -> dict[str, Tensor]:
    """Losses of each crop, (B,), by name: of a painting, or of a copy where the photo is to come back.

    Args:
        alone: (B,) bool, where the photo is to come back.
        freedom: (B,) from -1 to 1.
        effort: (B,) coefficients of the style.
        style, content, smoothness, copies: (B,) each.
        smoothness_weight: one for all.
    """
    paints = effort * style + content_weight(freedom) * content + smoothness_weight * smoothness
    painted = (~alone).float()
    return {
        "total": torch.where(alone, copies, paints),
        "style": painted * style,
        "content": painted * content,
        "smoothness": painted * smoothness,
        "identity": (1 - painted) * copies,
    }
