"""Statistics of feature maps against naive formulas, other algorithms and autograd."""

from __future__ import annotations

import pytest
import torch

from stylize.statistics import (
    covariance,
    gram_matrix,
    matrix_roots,
    mean_and_covariance,
    mean_std,
    raw_moments,
    trace_of_root,
)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_mean_and_standard_deviation() -> None:
    features = torch.tensor([[[[1.0, 3.0], [1.0, 3.0]], [[5.0, 5.0], [5.0, 5.0]]]])
    mean, std = mean_std(features, eps=1e-6)
    assert mean.shape == std.shape == (1, 2, 1, 1)
    torch.testing.assert_close(mean.flatten(), torch.tensor([2.0, 5.0]))
    torch.testing.assert_close(std.flatten(), torch.tensor([1.0, 1e-3]), atol=1e-6, rtol=0)


def test_half_precision_features_have_float32_statistics() -> None:
    features = torch.full((1, 1, 64, 64), 3.0, dtype=torch.bfloat16)
    features[..., ::2] += 0.0625
    mean, std = mean_std(features)
    assert mean.dtype == std.dtype == torch.float32
    assert mean.item() == pytest.approx(3.03125)
    assert std.item() == pytest.approx(0.03141, rel=0.01)


def test_statistics_hold_where_the_mean_is_large() -> None:
    features = 1000 + torch.randn(1, 3, 40, 50)
    mean, std = mean_std(features)
    wanted = features.double()
    torch.testing.assert_close(mean, wanted.mean((2, 3), keepdim=True).float())
    spread = wanted.std((2, 3), keepdim=True, unbiased=False).float()
    torch.testing.assert_close(std, spread, atol=1e-3, rtol=1e-3)


def test_gram_is_the_mean_product_of_channels() -> None:
    features = torch.randn(2, 3, 4, 5)
    naive = torch.zeros(2, 3, 3)
    for b in range(2):
        for i in range(3):
            for j in range(3):
                naive[b, i, j] = (features[b, i] * features[b, j]).sum() / 20
    assert torch.allclose(gram_matrix(features), naive, atol=1e-6)
    assert torch.allclose(gram_matrix(features.to(memory_format=torch.channels_last)), naive, atol=1e-6)


def test_gram_of_half_precision_features_is_float32() -> None:
    assert gram_matrix(torch.randn(1, 4, 8, 8).bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("channels", [2, 16, 64])
def test_matrix_roots_agree_with_the_eigendecomposition(channels: int) -> None:
    data = torch.randn(channels, 4 * channels)
    matrix = data @ data.T / (4 * channels) + 1e-3 * torch.eye(channels)
    values, vectors = torch.linalg.eigh(matrix.double())
    root, inverse = matrix_roots(matrix)
    assert torch.allclose(root.double(), (vectors * values.sqrt()) @ vectors.T, atol=1e-4)
    assert torch.allclose(inverse.double(), (vectors / values.sqrt()) @ vectors.T, atol=1e-2)


def test_several_styles_mix_as_raw_moments() -> None:
    """Half the positions of one style and half of another have the mean of their moments."""
    one, two = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 8) + 2
    mean, second = raw_moments(torch.cat([one, two], dim=3))
    mixed = [(a + b) / 2 for a, b in zip(raw_moments(one), raw_moments(two), strict=True)]
    assert torch.allclose(mean, mixed[0], atol=1e-5)
    assert torch.allclose(second, mixed[1], atol=1e-5)


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
        centered = flat - flat.mean(1, keepdim=True)
        return flat.mean(1), centered @ centered.T / flat.shape[1]

    right, own = slope(*plain()), slope(*mean_and_covariance(features, 0.5))
    assert (own - right).norm() < (1e-5 if dtype == torch.float32 else 0.02) * right.norm()


def test_the_trace_of_a_root_and_its_gradient() -> None:
    """Against eigenvalues in float64: tr (A^½ X A^½)^½ is the sum of their roots."""
    data, other = torch.randn(5, 40), torch.randn(5, 40)
    x, root = (data @ data.T / 40).requires_grad_(), matrix_roots(other @ other.T / 40)[0]
    exact = x.detach().double().requires_grad_()
    wanted = torch.linalg.eigvalsh(root.double() @ exact @ root.double()).sqrt().sum()
    found = trace_of_root(x, root)
    found.backward()
    wanted.backward()
    assert found.item() == pytest.approx(wanted.item(), rel=1e-4)
    assert torch.allclose(x.grad.double(), exact.grad, rtol=1e-2, atol=1e-3)


def test_covariance_from_raw_moments_and_from_centered_features_agree() -> None:
    features = torch.randn(1, 4, 9, 8) * 2 + 1
    mean, spread = mean_and_covariance(features)
    raw_mean, second = raw_moments(features)
    assert torch.allclose(mean, raw_mean, atol=1e-5)
    assert torch.allclose(spread, covariance(raw_mean, second), atol=1e-4)
