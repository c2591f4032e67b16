"""The losses against their formulas, written out naively or by another algorithm."""

from __future__ import annotations

from collections.abc import Callable

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


def test_cosine_distances_by_hand() -> None:
    x = torch.tensor([[2.0, 0.0], [0.0, 0.5], [-3.0, 0.0], [0.0, 0.0]])
    y = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    root = 0.5**0.5
    wanted = torch.tensor([[0.0, 1 - root], [1.0, 1 - root], [2.0, 1 + root], [1.0, 1.0]])
    assert torch.allclose(losses.cosine_distances(x, y), wanted, atol=1e-6)


def test_relaxed_emd_by_hand() -> None:
    """x goes to its nearest at (0 + 0) / 2, y to its nearest at (0 + 0 + 1) / 3."""
    x = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    y = torch.tensor([[5.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    assert losses.relaxed_emd(x, y).item() == pytest.approx(1 / 3)
    assert losses.relaxed_emd(y, x).item() == pytest.approx(1 / 3)
    assert losses.relaxed_emd(x, 3 * x).item() == pytest.approx(0, abs=1e-6)


def test_neighbors_are_found_after_each_set_lost_its_mean() -> None:
    """Around (10, 10) the first is right of the middle, the second left of it; without centering both would
    go to (1, 1.1), which points their way."""
    y = torch.tensor([[1.0, 0.0], [-3.0, 0.0], [1.0, 1.1], [1.0, -1.1]])
    x = torch.tensor([[11.0, 10.0], [9.0, 10.0]])
    assert torch.equal(losses.nearest_neighbors(x, y), y[[0, 1]])


def test_neighbors_do_not_depend_on_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = torch.randn(50, 6), torch.randn(30, 6)
    whole = losses.nearest_neighbors(x, y)
    monkeypatch.setattr(losses, "ROWS", 7)
    assert torch.equal(losses.nearest_neighbors(x, y), whole)


def test_neighbor_loss_by_hand() -> None:
    """After the center is taken off: (1, 0) and (0, 1) at a right angle, (2, 0) and (-1, 0) opposite."""
    center = torch.tensor([1.0, 2.0])
    x = torch.tensor([[1.0, 0.0], [2.0, 0.0]]) + center
    targets = torch.tensor([[0.0, 1.0], [-1.0, 0.0]]) + center
    assert losses.neighbor_loss(x, targets, center).item() == pytest.approx((1 + 2) / 2)
    assert losses.neighbor_loss(targets, targets, center).item() == pytest.approx(0, abs=1e-6)


def test_gradients_of_the_losses_of_places_agree_with_finite_differences() -> None:
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    y = torch.randn(6, 4, dtype=torch.float64)
    targets, center = losses.nearest_neighbors(x, y[:, :]), y.mean(0)
    assert torch.autograd.gradcheck(lambda each: losses.relaxed_emd(each, y), x)
    assert torch.autograd.gradcheck(lambda each: losses.neighbor_loss(each, targets, center), x)


@pytest.mark.parametrize("loss", [losses.relaxed_emd, lambda x, y: losses.neighbor_loss(x, y, y[0])])
def test_vectors_without_a_length_give_no_nan(loss: Callable[..., torch.Tensor]) -> None:
    x = torch.zeros(3, 4, requires_grad=True)
    loss(x, torch.zeros(3, 4)).backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
