from __future__ import annotations

import pytest
import torch

from stylize.metrics import kernel_distance, subset_distances


def rows(count, width=6, shift=0.0, spread=1.0, seed=0):
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) * spread + shift


def slow(one, other):
    """The estimate by its definition, pair by pair."""

    def kernel(x, y):
        return (sum(float(a) * float(b) for a, b in zip(x, y, strict=True)) / len(x) + 1) ** 3

    def among(found):
        pairs = [(x, y) for n, x in enumerate(found) for m, y in enumerate(found) if n != m]
        return sum(kernel(x, y) for x, y in pairs) / len(pairs)

    across = [kernel(x, y) for x in one for y in other]
    return among(one) + among(other) - 2 * sum(across) / len(across)


@pytest.mark.parametrize(("m", "n"), [(2, 2), (5, 3), (4, 9)])
def test_against_the_definition(m, n):
    one, other = rows(m), rows(n, shift=0.5, seed=1)
    assert kernel_distance(one, other) == pytest.approx(slow(one, other), rel=1e-5)


def test_far_sets_are_above_near_ones_and_both_above_none():
    one = rows(200)
    none, near, far = (kernel_distance(one, rows(150, shift=shift, seed=1)) for shift in (0, 0.3, 1))
    assert abs(none) < 0.1 * near
    assert 0 < near < 0.5 * far


def test_it_sees_more_than_the_mean():
    assert kernel_distance(rows(300), rows(300, spread=2.0, seed=1)) > 1


def test_sets_of_a_kind_are_around_nought_however_small():
    found = [kernel_distance(rows(8, seed=2 * n), rows(8, seed=2 * n + 1)) for n in range(400)]
    below = sum(each < 0 for each in found) / len(found)
    mean = torch.tensor(found)
    assert 0.3 < below < 0.8
    assert abs(mean.mean()) < 4 * mean.std() / len(found) ** 0.5


def test_it_is_symmetric_and_does_not_mind_the_order():
    one, other = rows(7), rows(9, shift=0.4, seed=1)
    found = kernel_distance(one, other)
    assert found == pytest.approx(kernel_distance(other, one), rel=1e-9)
    assert found == pytest.approx(kernel_distance(one.flip(0), other), rel=1e-9)


def test_subsets_have_the_mean_of_the_whole():
    one, other = rows(60), rows(80, shift=0.4, seed=1)
    found = subset_distances(one, other, size=30, count=200)
    assert found.shape == (200,)
    assert found.mean().item() == pytest.approx(kernel_distance(one, other), rel=0.1)
    assert found.std() > 0
    assert torch.equal(found, subset_distances(one, other, size=30, count=200))
    whole = subset_distances(one, one, size=60, count=2)
    assert whole[0].item() == pytest.approx(whole[1].item(), rel=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (rows(3), rows(3, width=5), r"\(3, 6\) and \(3, 5\)"),
        (rows(1), rows(3), "1 and 3"),
        (rows(3)[0], rows(3), r"\(6,\)"),
    ],
)
def test_what_does_not_fit_is_refused(one, other, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(one, other)
    with pytest.raises(ValueError, match=message):
        subset_distances(one, other, 2)


def test_subsets_larger_than_the_sets_are_refused():
    with pytest.raises(ValueError, match="size is 4"):
        subset_distances(rows(3), rows(9), 4)
