"""Statistics of feature maps: mean and standard deviation, Gram matrix, covariance, matrix square root.

Features are (B, C, H, W) in any floating-point format; statistics are float32 whatever that is.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

MeanStd = tuple[Tensor, Tensor]  # mean and standard deviation per channel, (B, C, 1, 1) float32 each
Affine = tuple[Tensor, Tensor]  # R (C, C) and c (C,) of the map x -> R x + c

CHUNK = 1 << 14  # positions that are multiplied at once on the CPU: as many as its caches hold
MIN_ROOT = 1 / 300  # of the largest; matrix_roots gives smaller roots too small, which no picture shows


def mean_std(features: Tensor, eps: float = 1e-5, weight: Tensor | None = None) -> MeanStd:
    """Mean μ and standard deviation σ of each channel over the positions (Huang and Belongie 2017, eq. 5, 6).

    Args:
        features: (B, C, H, W).
        eps: added to the biased variance inside the root (eq. 6), so that a constant channel has σ > 0.
        weight: (B, 1, H, W) at least 0, how much each position counts; all alike if left out.

    Returns:
        μ and σ, (B, C, 1, 1) float32 each.
    """
    if weight is not None:
        share = weight / weight.sum((2, 3), keepdim=True)
        mean = (features.float() * share).sum((2, 3), keepdim=True)
        variance = ((features - mean).square() * share).sum((2, 3), keepdim=True)
    else:
        mean = features.mean((2, 3), keepdim=True, dtype=torch.float32)
        # Not torch.var, which takes many times as long on channels_last maps.
        variance = (features - mean).square().mean((2, 3), keepdim=True)
    return mean, (variance + eps).sqrt()


def std_of_moments(mean: Tensor, second_moment: Tensor, eps: float = 1e-5) -> Tensor:
    """σ of each channel from its mean and the mean of its squares, as by :func:`mean_std` but for rounding.

    Args:
        mean: any shape.
        second_moment: the same shape.
        eps: added to the variance, which is taken as 0 where rounding leaves it below.
    """
    return ((second_moment - mean.square()).clamp(min=0) + eps).sqrt()


def mean_and_gram(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and Gram matrix F Fᵀ / (H W) of each sample; both have gradients.

    Args:
        features: (B, C, H, W).

    Returns:
        (B, C, 1, 1) and (B, C, C), float32.
    """
    # Sample by sample, as the gradient of indexing would put large maps into another memory format.
    means, grams = zip(*(_MeanAndSecondMoment.apply(each, False) for each in features.split(1)), strict=True)
    return torch.stack(means)[:, :, None, None], torch.cat([each[None] for each in grams])


def gram_matrix(features: Tensor) -> Tensor:
    """Gram matrices per position, G = F Fᵀ / M (Gatys et al. 2016, eq. 3).

    Args:
        features: (B, C, H, W); M = H W.

    Returns:
        (B, C, C) float32. Departure from the paper: there without the 1/M, which makes sizes comparable.
    """
    return mean_and_gram(features)[1]


def raw_moments(features: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and raw second moment F Fᵀ / M. Those of several styles may be averaged; covariances may not.

    Args:
        features: (1, C, H, W); M = H W.
        weight: (1, 1, H, W) at least 0, how much each position counts; all alike if left out.

    Returns:
        (C,) and (C, C), float32.
    """
    if weight is not None:
        share = weight / weight.mean()
        return (features.float() * share).mean((0, 2, 3)), gram_matrix(features.float() * share.sqrt())[0]
    return features.float().mean((0, 2, 3)), gram_matrix(features)[0]


def covariance(mean: Tensor, second_moment: Tensor, eps: float = 1e-4) -> Tensor:
    """Σ + eps I, (C, C), from the mean (C,) and the raw second moment (C, C)."""
    return second_moment - torch.outer(mean, mean) + eps * torch.eye(len(mean), device=mean.device)


def mean_and_covariance(
    features: Tensor, scale: float = 1.0, eps: float = 1e-4, affine: Affine | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and Σ + eps I of ``scale`` times the features, after an affine map; both have gradients.

    Computed from centered features: the difference of raw moments cancels where features hardly vary and
    leaves negative eigenvalues, for which the iteration of :func:`matrix_roots` diverges.

    Args:
        features: (1, C, H, W).
        scale: a factor, applied after ``affine``.
        eps: added to the diagonal.
        affine: R (C, C) and c (C,) of x -> R x + c.

    Returns:
        (C,) and (C, C), float32.
    """
    mean, spread = _MeanAndSecondMoment.apply(features, True)
    if affine is not None:  # mapping the statistics gives the same as mapping the larger features
        mean, spread = affine[0] @ mean + affine[1], affine[0] @ spread @ affine[0].T
    return mean * scale, spread * scale**2 + eps * torch.eye(len(spread), device=spread.device)


def position_weights(alpha: Tensor | None, features: Tensor) -> Tensor | None:
    """How much each position of a feature map counts: the mean opacity of the pixels it stands for.

    Args:
        alpha: (B, 1, H, W) in [0, 1], how much each pixel of the picture counts; None if all alike.
        features: (B, C, h, w), of which only the size and the device matter.

    Returns:
        (B, 1, h, w) float32 in [0, 1], or None.
    """
    if alpha is None:
        return None
    # On the CPU: MPS pools adaptively only where the sizes are multiples of each other.
    height, width = features.shape[2:]
    return F.adaptive_avg_pool2d(alpha.float().cpu(), (height, width)).to(features.device)


def matrix_roots(matrix: Tensor, iterations: int = 10) -> tuple[Tensor, Tensor]:
    """Square root and inverse square root of a positive definite matrix.

    Coupled Newton-Schulz iteration (Higham 2008, eq. 6.35), which needs matrix products only. Departure:
    each step is scaled for the smallest root that is still of interest (Chen and Chow 2014).

    Args:
        matrix: (C, C) float32, symmetric, positive definite.
        iterations: steps; 10 suffice for roots down to ``MIN_ROOT`` of the largest.

    Returns:
        (C, C) each.
    """
    size = matrix.norm()
    identity = torch.eye(len(matrix), device=matrix.device)
    root, inverse, least = matrix / size, identity, MIN_ROOT
    for n in range(iterations):
        scale = (3 / (1 + least + least**2)) ** 0.5
        least = scale * least * (3 - (scale * least) ** 2) / 2
        product = inverse @ root if n else root
        middle = identity.mul(1.5 * scale).sub_(product, alpha=scale**3 / 2)
        root, inverse = root @ middle, middle @ inverse if n else middle
    return root * size.sqrt(), inverse / size.sqrt()


def trace_of_root(covariance: Tensor, target_root: Tensor) -> Tensor:
    """tr((A^½ X A^½)^½), a scalar with a gradient for X.

    Args:
        covariance: X, (C, C), positive definite.
        target_root: A^½, (C, C), symmetric.
    """
    trace: Tensor = _TraceOfRoot.apply(covariance, target_root)
    return trace


class _TraceOfRoot(torch.autograd.Function):
    """Its gradient ½ A^½ (A^½ X A^½)^-½ A^½ has the inverse root, which the iteration gives as well."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, target_root: Tensor) -> Tensor:
        root, inverse = matrix_roots(target_root @ x @ target_root)
        ctx.save_for_backward(target_root, inverse)
        return root.trace()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        target_root, inverse = ctx.saved_tensors
        return grads[0] * (target_root @ inverse @ target_root) / 2, None


class _MeanAndSecondMoment(torch.autograd.Function):
    """Mean (C,) and Σ (f − c)(f − c)ᵀ / M (C, C) of (1, C, H, W) features; c is the mean or 0.

    Float32 throughout, in chunks, without a float32 copy of a large map. The product in the gradient is
    float32 too: in bfloat16 its rounding costs some per cent of the final loss.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, centered: bool) -> tuple[Tensor, Tensor]:
        flat = features.permute(0, 2, 3, 1).flatten(0, 2)  # no copy of channels_last maps
        mean = flat.mean(0, dtype=torch.float32)
        spread = flat.new_zeros((len(mean), len(mean)), dtype=torch.float32)
        for chunk in flat.split(_chunk(flat)):
            part = chunk - mean if centered else chunk.float()
            spread.addmm_(part.T, part)
        ctx.save_for_backward(flat, mean)
        ctx.centered, ctx.shape = centered, features.shape
        return mean, spread.div_(len(flat))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        flat, mean = ctx.saved_tensors
        slope = (grads[1] + grads[1].T) / len(flat)
        shift = grads[0] / len(flat)
        if ctx.centered:
            shift = shift - mean @ slope
        grad = torch.empty_like(flat)
        size = _chunk(flat)
        for part, chunk in zip(grad.split(size), flat.split(size), strict=True):
            part.copy_(torch.addmm(shift, chunk.float(), slope))
        count, channels, height, width = ctx.shape
        return grad.view(count, height, width, channels).permute(0, 3, 1, 2), None


def _chunk(flat: Tensor) -> int:
    return CHUNK if flat.device.type == "cpu" else len(flat)
