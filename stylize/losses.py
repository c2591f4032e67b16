"""Losses of neural style transfer as functions of feature maps. All results are float32 scalars."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .statistics import Affine, covariance, mean_and_covariance, mean_std, trace_of_root

SHORT = 1e-3  # the length below which a vector's direction counts for less
ROWS = 1 << 11  # vectors that are compared with all others at once


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """½ Σ (F − P)² (Gatys et al. 2016, eq. 1) of two (B, C, H, W) feature maps."""
    return (features.float() - target.float()).square().sum() / 2


def gram_loss(current: Tensor, target: Tensor) -> Tensor:
    """1/(4 C²) Σ (G − A)² (Gatys et al. 2016, eq. 4) of two Gram matrices.

    Args:
        current: G, (C, C), see :func:`stylize.statistics.gram_matrix`.
        target: A, (C, C).

    Departure from the paper: the matrices are divided by the number of positions M. Where picture and style
    have the same size this is the paper's 1/M²; it lets them differ.
    """
    channels = current.shape[-1]
    return (current - target).square().sum() / (4 * channels**2)


def total_variation(picture: Tensor) -> Tensor:
    """Squared differences between neighboring pixels of (B, C, H, W), their sum divided by B C H W."""
    across = picture[..., :, 1:] - picture[..., :, :-1]
    down = picture[..., 1:, :] - picture[..., :-1, :]
    return (across.square().sum() + down.square().sum()) / picture.numel()


def wasserstein_loss(
    features: Tensor,
    target: tuple[Tensor, Tensor, Tensor],
    scale: float = 1.0,
    affine: Affine | None = None,
) -> Tensor:
    """Squared Wasserstein-2 distance between two Gaussians, per channel (Olkin and Pukelsheim 1982):
    (|μ − μ*|² + tr(Σ + Σ* − 2 (Σ*^½ Σ Σ*^½)^½)) / C.

    Args:
        features: the picture's, (1, C, H, W).
        target: μ* (C,), Σ* (C, C) and Σ*^½ (C, C), as :func:`wasserstein_target` gives them.
        scale: a factor for the features, applied after ``affine``.
        affine: R (C, C) and c (C,) of a map x -> R x + c of the features.
    """
    target_mean, target_covariance, target_root = target
    mean, own = mean_and_covariance(features, scale, affine=affine)
    cross = trace_of_root(own, target_root)
    spread = own.trace() + target_covariance.trace() - 2 * cross
    return ((mean - target_mean).square().sum() + spread) / len(mean)


def wasserstein_target(mean: Tensor, second_moment: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What :func:`wasserstein_loss` compares with, from a style's mean (C,) and raw second moment (C, C).

    Returns:
        Mean (C,), covariance (C, C) and its square root (C, C), float32 on the moments' device. By
        eigenvalues in float64 on the CPU, where negative ones can be cut off: it is done once per scale.
    """
    own = covariance(mean, second_moment)
    values, vectors = torch.linalg.eigh(own.cpu().double())
    values = values.clamp(min=0)
    root = (vectors * values.sqrt()) @ vectors.T
    whole = (vectors * values) @ vectors.T
    return mean, whole.float().to(own.device), root.float().to(own.device)


def statistics_loss(features: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
    """(|μ − μ*|² + |σ − σ*|²) / C: mean and standard deviation of each channel (Li et al. 2017,
    arXiv:1701.01036, eq. 11, with σ in place of their raw statistics).

    It is the Wasserstein loss of two Gaussians whose channels are independent.

    Args:
        features: the picture's, (1, C, H, W).
        target: μ* and σ*, (C,) each.
    """
    mean, std = (each.flatten() for each in mean_std(features.float()))
    return ((mean - target[0]).square().sum() + (std - target[1]).square().sum()) / len(mean)


def cosine_distances(x: Tensor, y: Tensor) -> Tensor:
    """1 - cos of the angle between each row of x, (M, D), and each of y, (N, D): (M, N) in [0, 2].

    Vectors much shorter than :data:`SHORT` have a cosine near 0 with everything, instead of a direction that
    rounding decides.
    """
    return 1 - F.normalize(x, eps=SHORT) @ F.normalize(y, eps=SHORT).T


def relaxed_emd(x: Tensor, y: Tensor) -> Tensor:
    """The relaxed earth mover's distance of two sets of vectors by their cosine distances (STROTSS, Kolkin et
    al. 2019, eq. 5): each x goes to its nearest y and each y to its nearest x; the larger mean counts.

    Args:
        x: (M, D) float32.
        y: (N, D) float32.
    """
    distances = cosine_distances(x, y)
    return torch.maximum(distances.amin(1).mean(), distances.amin(0).mean())


@torch.no_grad()
def nearest_neighbors(x: Tensor, y: Tensor) -> Tensor:
    """Of each row of x, (M, D), the row of y, (N, D), at the least cosine distance, after the mean of each
    set was taken off (NNST, Kolkin et al. 2022, sec. 3.2): (M, D). In parts of :data:`ROWS` rows."""
    centered, others = x - x.mean(0), y - y.mean(0)
    indices = [cosine_distances(part, others).argmin(1) for part in centered.split(ROWS)]
    return y[torch.cat(indices)]


def neighbor_loss(x: Tensor, targets: Tensor, center: Tensor) -> Tensor:
    """The mean cosine distance of each row of x, (M, D), from that of targets, (M, D) (Kolkin et al. 2022,
    eq. 1).

    Args:
        x: of the picture.
        targets: of the style, as :func:`nearest_neighbors` gives them.
        center: (D,), taken off from both. Departure from the paper, where each set loses its own mean: with
            the style's mean for both, the picture's is drawn to it.
    """
    return 1 - F.cosine_similarity(x - center, targets - center, dim=1, eps=SHORT).mean()
