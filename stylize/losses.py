"""The losses of neural style transfer, as functions of feature maps. Everything in float32."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def gram(features: Tensor) -> Tensor:
    """Gram matrices per position: G = F Fᵀ / M (Gatys et al. 2016, eq. 3, there without the 1/M).

    Args:
        features: (B, N, H, W); M = H W.

    Returns:
        (B, N, N) float32.
    """
    flat = features.float().permute(0, 2, 3, 1).flatten(1, 2)  # no copy of channels_last maps
    return flat.mT @ flat / flat.shape[1]


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """½ Σ (F − P)² (Gatys et al. 2016, eq. 1), a scalar."""
    return (features.float() - target.float()).square().sum() / 2


def gram_loss(current: Tensor, target: Tensor) -> Tensor:
    """1/(4 N²) Σ (G − A)² (Gatys et al. 2016, eq. 4), a scalar.

    The matrices are per position (see :func:`gram`), which is the paper's 1/M² where picture and
    style have the same size, and lets them differ.
    """
    channels = current.shape[-1]
    return (current - target).square().sum() / (4 * channels**2)


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference between neighbouring pixels of (B, C, H, W), a scalar."""
    across = picture[..., :, 1:] - picture[..., :, :-1]
    down = picture[..., 1:, :] - picture[..., :-1, :]
    return (across.square().sum() + down.square().sum()) / picture.numel()


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (N,) and raw second moment F Fᵀ / M (N, N) of (1, N, H, W) features.

    Raw moments, because those of several styles may be averaged and covariances may not.
    """
    return features.float().mean((0, 2, 3)), gram(features)[0]


def covariance(mean: Tensor, second: Tensor, eps: float = 1e-4) -> Tensor:
    """Σ + eps I from the moments."""
    return second - torch.outer(mean, mean) + eps * torch.eye(len(mean), device=mean.device)


def matrix_roots(matrix: Tensor, iterations: int = 14) -> tuple[Tensor, Tensor]:
    """Square root and inverse square root of a positive definite matrix by the coupled Newton-Schulz
    iteration (Higham 2008, eq. 6.35). Matrix products only, hence quick on every device."""
    size = matrix.norm()
    identity = torch.eye(len(matrix), device=matrix.device)
    root, inverse = matrix / size, identity
    for _ in range(iterations):
        middle = torch.addmm(identity, inverse, root, beta=1.5, alpha=-0.5)
        root, inverse = root @ middle, middle @ inverse
    return root * size.sqrt(), inverse / size.sqrt()


class _TraceOfRoot(torch.autograd.Function):
    """tr((A^½ X A^½)^½) as a function of X; its gradient ½ A^½ (A^½ X A^½)^-½ A^½ comes with the root."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, target_root: Tensor) -> Tensor:
        root, inverse = matrix_roots(target_root @ x @ target_root)
        ctx.save_for_backward(target_root, inverse)
        return root.trace()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        target_root, inverse = ctx.saved_tensors
        return grads[0] * (target_root @ inverse @ target_root) / 2, None


def mean_and_covariance(features: Tensor, eps: float = 1e-4) -> tuple[Tensor, Tensor]:
    """Mean (N,) and Σ + eps I (N, N) of (1, N, H, W) features.

    From centred features: the difference of raw moments cancels where the features hardly vary, and
    leaves negative eigenvalues, at which the matrix root diverges.
    """
    features = features.float()
    mean = features.mean((2, 3), keepdim=True)
    spread = gram(features - mean)[0]
    return mean.flatten(), spread + eps * torch.eye(len(spread), device=spread.device)


def wasserstein_loss(features: Tensor, target: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Squared Wasserstein-2 distance between two Gaussians, per channel (Olkin and Pukelsheim 1982):
    (|μ − μ*|² + tr(Σ + Σ* − 2 (Σ*^½ Σ Σ*^½)^½)) / N, a scalar.

    Args:
        features: the picture's, (1, N, H, W).
        target: mean, covariance and its square root, as :func:`wasserstein_target` gives them.
    """
    target_mean, target_covariance, target_root = target
    mean, own = mean_and_covariance(features)
    cross = _TraceOfRoot.apply(own, target_root)
    spread = own.trace() + target_covariance.trace() - 2 * cross
    return ((mean - target_mean).square().sum() + spread) / len(mean)


def wasserstein_target(mean: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, covariance and square root of the covariance of a style's moments.

    Once a scale, so by eigenvalues in float64 on the CPU, where those below nought can be cut off.
    """
    own = covariance(mean, second)
    values, vectors = torch.linalg.eigh(own.double().cpu())
    values = values.clamp(min=0)
    root = (vectors * values.sqrt()) @ vectors.T
    whole = (vectors * values) @ vectors.T
    return mean, whole.float().to(own.device), root.float().to(own.device)


def statistics_loss(features: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
    """(|μ − μ*|² + |σ − σ*|²) / N: mean and deviation of each channel (Li et al. 2017, arXiv:1701.01036,
    eq. 11, with σ for their raw statistics); a scalar.

    It is the Wasserstein loss of two Gaussians whose channels are independent.

    Args:
        features: the picture's, (1, N, H, W).
        target: mean and deviation, (N,) each.
    """
    features = features.float()
    mean = features.mean((2, 3)).flatten()
    # The small number keeps the root's gradient finite where a channel is constant.
    deviation = (features.var((2, 3), unbiased=False).flatten() + 1e-5).sqrt()
    return ((mean - target[0]).square().sum() + (deviation - target[1]).square().sum()) / len(mean)
