"""The losses against their formulas, written out naively or by another algorithm."""

from __future__ import annotations

import pytest
import torch

from stylize import losses


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_gram_is_the_mean_product_of_channels() -> None:
    features = torch.randn(2, 3, 4, 5)
    naive = torch.zeros(2, 3, 3)
    for b in range(2):
        for i in range(3):
            for j in range(3):
                naive[b, i, j] = (features[b, i] * features[b, j]).sum() / 20
    assert torch.allclose(losses.gram(features), naive, atol=1e-6)
    assert torch.allclose(losses.gram(features.to(memory_format=torch.channels_last)), naive, atol=1e-6)


def test_gram_of_half_precision_features_is_float32() -> None:
    assert losses.gram(torch.randn(1, 4, 8, 8).bfloat16()).dtype == torch.float32


def test_content_loss_is_half_the_squared_error() -> None:
    own, target = torch.randn(1, 2, 3, 3), torch.randn(1, 2, 3, 3)
    assert losses.content_loss(own, target).item() == pytest.approx(0.5 * ((own - target) ** 2).sum().item())


def test_gram_loss_is_the_papers_for_equal_sizes() -> None:
    own, style = torch.randn(1, 6, 5, 4), torch.randn(1, 6, 5, 4)
    g = own[0].flatten(1) @ own[0].flatten(1).T
    a = style[0].flatten(1) @ style[0].flatten(1).T
    paper = ((g - a) ** 2).sum() / (4 * 6**2 * 20**2)
    assert losses.gram_loss(losses.gram(own)[0], losses.gram(style)[0]).item() == pytest.approx(paper.item())


def test_total_variation_of_a_ramp_and_of_a_flat_picture() -> None:
    ramp = torch.arange(4.0).expand(1, 3, 4, 4)
    assert losses.total_variation(ramp).item() == pytest.approx(12 * 3 / 48)
    assert losses.total_variation(torch.ones(1, 3, 4, 4)).item() == 0


@pytest.mark.parametrize("channels", [2, 16, 64])
def test_matrix_roots_agree_with_the_eigendecomposition(channels: int) -> None:
    data = torch.randn(channels, 4 * channels)
    matrix = data @ data.T / (4 * channels) + 1e-3 * torch.eye(channels)
    values, vectors = torch.linalg.eigh(matrix.double())
    root, inverse = losses.matrix_roots(matrix)
    assert torch.allclose(root.double(), (vectors * values.sqrt()) @ vectors.T, atol=1e-4)
    assert torch.allclose(inverse.double(), (vectors / values.sqrt()) @ vectors.T, atol=1e-2)


def _features(channels: int) -> torch.Tensor:
    return torch.randn(1, channels, 12, 12) * 2 + 1


def _exact_distance(one: tuple[torch.Tensor, torch.Tensor], two: tuple[torch.Tensor, torch.Tensor]) -> float:
    def root(matrix: torch.Tensor) -> torch.Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        return (vectors * values.clamp(min=0).sqrt()) @ vectors.T

    a, b = losses.covariance(*one).double(), losses.covariance(*two).double()
    cross = root(root(b) @ a @ root(b))
    squared = (one[0] - two[0]).double().square().sum() + (a + b - 2 * cross).trace()
    return squared.item() / len(one[0])


def test_wasserstein_loss_agrees_with_the_closed_form() -> None:
    own, style = _features(8), losses.moments(_features(8))
    loss = losses.wasserstein_loss(own, losses.wasserstein_target(*style))
    assert loss.item() == pytest.approx(_exact_distance(losses.moments(own), style), rel=1e-3)


def test_wasserstein_loss_of_a_style_with_itself_is_nought() -> None:
    style = _features(8)
    target = losses.wasserstein_target(*losses.moments(style))
    assert abs(losses.wasserstein_loss(style, target).item()) < 1e-3


def test_wasserstein_gradient_agrees_with_finite_differences() -> None:
    target = losses.wasserstein_target(*losses.moments(_features(4)))
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


def test_several_styles_mix_as_raw_moments() -> None:
    """Half the positions of one style and half of another have the mean of their moments."""
    one, two = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 8) + 2
    mean, second = losses.moments(torch.cat([one, two], dim=3))
    mixed = [(a + b) / 2 for a, b in zip(losses.moments(one), losses.moments(two), strict=True)]
    assert torch.allclose(mean, mixed[0], atol=1e-5)
    assert torch.allclose(second, mixed[1], atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 3.0, 1000.0])
def test_flat_features_keep_the_wasserstein_loss_finite(value: float) -> None:
    """Raw moments cancel here and the matrix root would run away."""
    target = losses.wasserstein_target(*losses.moments(_features(16)))
    flat = (torch.rand(1, 16, 1, 1) * value).expand(1, 16, 12, 12).clone().requires_grad_()
    loss = losses.wasserstein_loss(flat, target)
    loss.backward()
    assert loss.isfinite()
    assert flat.grad is not None
    assert flat.grad.isfinite().all()
    assert all(part.isfinite().all() for part in losses.wasserstein_target(*losses.moments(flat.detach())))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("positions", [(5, 9), (160, 130)])  # one piece and two
def test_the_covariances_own_gradient_is_autograds(dtype: torch.dtype, positions: tuple[int, int]) -> None:
    torch.manual_seed(5)
    features = (torch.randn(1, 6, *positions) + 2).to(dtype).requires_grad_()
    wanted = torch.randn(6, 6), torch.randn(6)

    def slope(mean: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
        ((spread * wanted[0]).sum() + (mean * wanted[1]).sum()).backward()
        assert features.grad is not None
        found, features.grad = features.grad, None
        return found.float() * features[0, 0].numel()

    def plain() -> tuple[torch.Tensor, torch.Tensor]:
        flat = features.float()[0].flatten(1) * 0.5
        centred = flat - flat.mean(1, keepdim=True)
        return flat.mean(1), centred @ centred.T / flat.shape[1]

    right, own = slope(*plain()), slope(*losses.mean_and_covariance(features, 0.5))
    assert (own - right).norm() < (1e-5 if dtype == torch.float32 else 0.02) * right.norm()
