"""Keeping the photo's colors, in two ways, after Gatys et al. 2016 (arXiv:1606.05897)."""

from __future__ import annotations

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # BT.601, the Y of YIQ
NOISE = 1e-5  # variance, about (1/255)^2: what lies below it is no color


def keep_luminance(stylized: Tensor, content: Tensor) -> Tensor:
    """The luminance of ``stylized`` with the chroma of ``content``, as (1, 3, H, W) in [0, 1].

    Both are (1, 3, H, W) in [0, 1] and of one size. In YIQ every RGB channel has Y with factor 1, so
    taking over a luminance is adding the difference. Colors that leave [0, 1] are clamped.
    """
    if stylized.shape != content.shape:
        raise ValueError(f"{tuple(stylized.shape)} and {tuple(content.shape)} are not of one size")
    return (content + luminance(stylized - content)).clamp_(0, 1)


def luminance(picture: Tensor) -> Tensor:
    """(B, 1, H, W) of (B, 3, H, W)."""
    red, green, blue = picture.split(1, dim=1)
    result: Tensor = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return result


def match_linear(style: Tensor, content: Tensor, weight: Tensor | None = None) -> Tensor:
    """``style`` recolored to the mean and covariance of ``content``'s colors.

    Both are (1, 3, H, W) in [0, 1], of any sizes; so is the result, which has the style's size and is
    clamped. Each color x becomes ``A (x - mean_style) + mean_content`` with ``A`` the content
    covariance's symmetric square root times the style's inverse one. ``weight``, (1, 1, H, W), is how much
    each of the style's pixels counts.
    """
    style_mean, style_covariance = _color_statistics(style, weight)
    content_mean, content_covariance = _color_statistics(content)
    matrix = _symmetric_power(content_covariance, 0.5) @ _symmetric_power(style_covariance, -0.5)
    offset = content_mean - matrix @ style_mean
    matrix, offset = matrix.to(style), offset.to(style)
    return (torch.einsum("ij,bjhw->bihw", matrix, style) + offset.view(1, 3, 1, 1)).clamp_(0, 1)


def _color_statistics(picture: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean (3,) and covariance (3, 3) of (1, 3, H, W), as float64 on the CPU."""
    colors = picture[0].flatten(1).float()
    if weight is None:
        mean = colors.mean(dim=1, keepdim=True)
        centered = colors - mean
        covariance = centered @ centered.T / colors.shape[1]
    else:
        share = weight.flatten() / weight.sum()
        mean = (colors * share).sum(dim=1, keepdim=True)
        centered = colors - mean
        covariance = (centered * share) @ centered.T
    return mean[:, 0].cpu().double(), covariance.cpu().double()


def _symmetric_power(covariance: Tensor, exponent: float) -> Tensor:
    """A power of a covariance, with enough added to its diagonal that a gray picture has an inverse."""
    values, vectors = torch.linalg.eigh(covariance + NOISE * torch.eye(3, dtype=covariance.dtype))
    values = values.clamp(min=NOISE)  # a GPU's rounding can leave them below zero
    result: Tensor = vectors @ torch.diag(values.pow(exponent)) @ vectors.T
    return result
