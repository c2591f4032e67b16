"""The losses against their formulas, written out naively or by another algorithm."""

from __future__ import annotations

import pytest
import torch

from stylize import losses
from stylize.statistics import covariance, gram_matrix, raw_moments


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_content_loss_is_half_the_squared_error() -> None:
    own, target = torch.randn(1, 2, 3, 3), torch.randn(1, 2, 3, 3)
    assert losses.content_loss(own, target).item() == pytest.approx(0.5 * ((own - target) ** 2).sum().item())


def test_gram_loss_is_the_papers_for_equal_sizes() -> None:
    own, style = torch.randn(1, 6, 5, 4), torch.randn(1, 6, 5, 4)
    g = own[0].flatten(1) @ own[0].flatten(1).T
    a = style[0].flatten(1) @ style[0].flatten(1).T
    paper = ((g - a) ** 2).sum() / (4 * 6**2 * 20**2)
    assert losses.gram_loss(gram_matrix(own)[0], gram_matrix(style)[0]).item() == pytest.approx(paper.item())


def test_total_variation_of_a_ramp_and_of_a_flat_picture() -> None:
    ramp = torch.arange(4.0).expand(1, 3, 4, 4)
    assert losses.total_variation(ramp).item() == pytest.approx(12 * 3 / 48)
    assert losses.total_variation(torch.ones(1, 3, 4, 4)).item() == 0


def _features(channels: int) -> torch.Tensor:
    return torch.randn(1, channels, 12, 12) * 2 + 1


def _exact_distance(one: tuple[torch.Tensor, torch.Tensor], two: tuple[torch.Tensor, torch.Tensor]) -> float:
    def root(matrix: torch.Tensor) -> torch.Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        return (vectors * values.clamp(min=0).sqrt()) @ vectors.T

    a, b = covariance(*one).double(), covariance(*two).double()
    cross = root(root(b) @ a @ root(b))
    squared = (one[0] - two[0]).double().square().sum() + (a + b - 2 * cross).trace()
    return squared.item() / len(one[0])


def test_wasserstein_loss_agrees_with_the_closed_form() -> None:
    own, style = _features(8), raw_moments(_features(8))
    loss = losses.wasserstein_loss(own, losses.wasserstein_target(*style))
    assert loss.item() == pytest.approx(_exact_distance(raw_moments(own), style), rel=1e-3)


def test_wasserstein_loss_of_a_style_with_itself_is_nought() -> None:
    style = _features(8)
    target = losses.wasserstein_target(*raw_moments(style))
    assert abs(losses.wasserstein_loss(style, target).item()) < 1e-3


def test_wasserstein_gradient_agrees_with_finite_differences() -> None:
    target = losses.wasserstein_target(*raw_moments(_features(4)))
    features = (torch.randn(1, 4, 6, 6) * 1.5).requires_grad_()

    def loss(x: torch.Tensor) -> torch.Tensor:
        return losses.wasserstein_loss(x, target)

    loss(features).backward()
    assert features.grad is not None
    direction = torch.randn_like(features)
    with torch.no_grad():
        step = 1e-2
        slope = (loss(features + step * direction) - loss(features - step * direction)) / (2 * step)
    assert (features.grad * direction).sum().item() == pytest.approx(slope.item(), rel=2e-2)


@pytest.mark.parametrize("value", [0.0, 3.0, 1000.0])
def test_flat_features_keep_the_wasserstein_loss_finite(value: float) -> None:
    """Raw moments cancel here and the matrix root would run away."""
    target = losses.wasserstein_target(*raw_moments(_features(16)))
    flat = (torch.rand(1, 16, 1, 1) * value).expand(1, 16, 12, 12).clone().requires_grad_()
    loss = losses.wasserstein_loss(flat, target)
    loss.backward()
    assert loss.isfinite()
    assert flat.grad is not None
    assert flat.grad.isfinite().all()
    assert all(part.isfinite().all() for part in losses.wasserstein_target(*raw_moments(flat.detach())))
