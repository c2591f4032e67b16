"""The losses of neural style transfer, as functions of feature maps. Everything in float32."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def gram(features: Tensor) -> Tensor:
    """Gram matrices per position: G = F Fᵀ / M (Gatys et al. 2016, eq. 3, there without the 1/M).

    Args:
        features: (B, N, H, W); M = H W.

    Returns:
        (B, N, N) float32.
    """
    # Not by each of them: the gradient of that puts large maps into another order in memory.
    return torch.cat([_Spread.apply(each, False)[1][None] for each in features.split(1)])


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


def moments(features: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean (N,) and raw second moment F Fᵀ / M (N, N) of (1, N, H, W) features.

    Raw moments, because those of several styles may be averaged and covariances may not. ``weight``,
    (1, 1, H, W), is how much each position counts.
    """
    if weight is not None:
        share = weight / weight.mean()
        return (features.float() * share).mean((0, 2, 3)), gram(features.float() * share.sqrt())[0]
    return features.float().mean((0, 2, 3)), gram(features)[0]


def coverage(alpha: Tensor | None, features: Tensor) -> Tensor | None:
    """How much each position of (B, N, h, w) features counts, (B, 1, h, w), where ``alpha`` (B, 1, H, W)
    says it of the picture's pixels: the mean of those that a position stands for."""
    if alpha is None:
        return None
    # On the CPU: MPS has it for whole multiples alone.
    height, width = features.shape[2:]
    return F.adaptive_avg_pool2d(alpha.float().cpu(), (height, width)).to(features.device)


def covariance(mean: Tensor, second: Tensor, eps: float = 1e-4) -> Tensor:
    """Σ + eps I from the moments."""
    return second - torch.outer(mean, mean) + eps * torch.eye(len(mean), device=mean.device)


LEAST_ROOT = 1 / 300  # of the largest: smaller roots come out smaller still, which no picture shows


def matrix_roots(matrix: Tensor, iterations: int = 10) -> tuple[Tensor, Tensor]:
    """Square root and inverse square root of a positive definite matrix by the coupled Newton-Schulz
    iteration (Higham 2008, eq. 6.35), each step scaled for the smallest root that is still of interest
    (Chen and Chow 2014). Matrix products only, hence quick on every device."""
    size = matrix.norm()
    identity = torch.eye(len(matrix), device=matrix.device)
    root, inverse, least = matrix / size, identity, LEAST_ROOT
    for n in range(iterations):
        scale = (3 / (1 + least + least**2)) ** 0.5
        least = scale * least * (3 - (scale * least) ** 2) / 2
        product = inverse @ root if n else root
        middle = identity.mul(1.5 * scale).sub_(product, alpha=scale**3 / 2)
        root, inverse = root @ middle, middle @ inverse if n else middle
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


PIECE = 1 << 14  # positions at a time on the CPU, whose caches hold that many


class _Spread(torch.autograd.Function):
    """Mean (N,) and Σ (f − c)(f − c)ᵀ / M (N, N) of (1, N, H, W) features, both float32; c is the mean or
    nought.

    All in float32, piece by piece, without a float32 copy of a large map. The gradient's product as well:
    in bfloat16 its rounding costs some per cent of the final loss.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, centred: bool) -> tuple[Tensor, Tensor]:
        flat = features.permute(0, 2, 3, 1).flatten(0, 2)  # no copy of channels_last maps
        mean = flat.mean(0, dtype=torch.float32)
        spread = flat.new_zeros((len(mean), len(mean)), dtype=torch.float32)
        for piece in flat.split(PIECE if flat.device.type == "cpu" else len(flat)):
            part = piece - mean if centred else piece.float()
            spread.addmm_(part.T, part)
        ctx.save_for_backward(flat, mean)
        ctx.centred, ctx.shape = centred, features.shape
        return mean, spread.div_(len(flat))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        flat, mean = ctx.saved_tensors
        slope = (grads[1] + grads[1].T) / len(flat)
        shift = grads[0] / len(flat)
        if ctx.centred:
            shift = shift - mean @ slope
        grad = torch.empty_like(flat)
        size = PIECE if flat.device.type == "cpu" else len(flat)
        for part, piece in zip(grad.split(size), flat.split(size), strict=True):
            part.copy_(torch.addmm(shift, piece.float(), slope))
        count, channels, height, width = ctx.shape
        return grad.view(count, height, width, channels).permute(0, 3, 1, 2), None


Map = tuple[Tensor, Tensor]  # R (N, N) and c (N,) of x -> R x + c


def mean_and_covariance(
    features: Tensor, scale: float = 1.0, eps: float = 1e-4, through: Map | None = None
) -> tuple[Tensor, Tensor]:
    """Mean (N,) and Σ + eps I (N, N) of ``scale`` times (1, N, H, W) features, which ``through`` maps first.

    From centred features: the difference of raw moments cancels where the features hardly vary, and
    leaves negative eigenvalues, at which the matrix root diverges.
    """
    mean, spread = _Spread.apply(features, True)
    if through is not None:  # on the statistics, which are small, it comes to the same
        mean, spread = through[0] @ mean + through[1], through[0] @ spread @ through[0].T
    return mean * scale, spread * scale**2 + eps * torch.eye(len(spread), device=spread.device)


def wasserstein_loss(
    features: Tensor,
    target: tuple[Tensor, Tensor, Tensor],
    scale: float = 1.0,
    through: Map | None = None,
) -> Tensor:
    """Squared Wasserstein-2 distance between two Gaussians, per channel (Olkin and Pukelsheim 1982):
    (|μ − μ*|² + tr(Σ + Σ* − 2 (Σ*^½ Σ Σ*^½)^½)) / N, a scalar.

    Args:
        features: the picture's, (1, N, H, W).
        target: mean, covariance and its square root, as :func:`wasserstein_target` gives them.
        scale: a factor for the features.
        through: an affine map of the features before that.
    """
    target_mean, target_covariance, target_root = target
    mean, own = mean_and_covariance(features, scale, through=through)
    cross = _TraceOfRoot.apply(own, target_root)
    spread = own.trace() + target_covariance.trace() - 2 * cross
    return ((mean - target_mean).square().sum() + spread) / len(mean)


def wasserstein_target(mean: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, covariance and square root of the covariance of a style's moments.

    Once a scale, so by eigenvalues in float64 on the CPU, where those below nought can be cut off.
    """
    own = covariance(mean, second)
    values, vectors = torch.linalg.eigh(own.cpu().double())
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
    middle = features.mean((2, 3), keepdim=True)
    mean = middle.flatten()
    # The small number keeps the root's gradient finite where a channel is constant.
    deviation = ((features - middle).square().mean((2, 3)).flatten() + 1e-5).sqrt()
    return ((mean - target[0]).square().sum() + (deviation - target[1]).square().sum()) / len(mean)
