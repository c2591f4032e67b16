"""The kernel distance between two sets of features (Binkowski, Sutherland, Arbel and Gretton, ICLR 2018).

With the features of an Inception network this is KID, the kernel inception distance. It is the squared
maximum mean discrepancy (MMD) with the kernel k(x, y) = (x·y / d + 1)³, d being the number of features, which
compares means, covariances and third moments. Unlike that of the Fréchet distance its estimate is unbiased:
sets of some dozen pictures can be compared with larger ones, and for two samples of one distribution it is
around 0, half of the time below.

The kernel depends on the scale of the features. Those of networks other than Inception must be standardized
first, all sets by the mean and standard deviation of the same one; only distances of features that were
standardized alike can be compared.
"""

from __future__ import annotations

import torch
from torch import Tensor

DEGREE = 3


def kernel_distance(one: Tensor, other: Tensor) -> float:
    """The unbiased estimate of the squared MMD (Gretton et al. 2012, lemma 6).

    Args:
        one: (M, d) features, a row for each picture; M at least 2.
        other: (N, d), N at least 2.

    Returns:
        Around 0, negative too, for samples of one distribution; the larger, the farther apart.

    Raises:
        ValueError: for shapes that do not fit.
    """
    _check(one, other)
    x, y = one.cpu().double(), other.cpu().double()  # MPS has no float64
    return (
        _mean_off_diagonal(_kernel(x, x))
        + _mean_off_diagonal(_kernel(y, y))
        - 2 * float(_kernel(x, y).mean())
    )


def subset_distances(one: Tensor, other: Tensor, size: int, count: int = 100, seed: int = 0) -> Tensor:
    """:func:`kernel_distance` of random subsets; KID is usually stated as their mean and standard deviation.

    Args:
        one: (M, d) features.
        other: (N, d) features.
        size: rows drawn from each without replacement; from 2 to the smaller of M and N.
        count: of subsets.
        seed: the same seed draws the same rows.

    Returns:
        (count,) float64.

    Raises:
        ValueError: for shapes or a size that do not fit.
    """
    _check(one, other)
    if not 2 <= size <= min(len(one), len(other)):
        raise ValueError(f"size is {size}, but the sets have {len(one)} and {len(other)} rows")
    random = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        rows = [torch.randperm(len(each), generator=random)[:size] for each in (one, other)]
        found.append(kernel_distance(one[rows[0]], other[rows[1]]))
    return torch.tensor(found, dtype=torch.float64)


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** DEGREE


def _mean_off_diagonal(kernel: Tensor) -> float:
    """The mean over all pairs of different rows: pairs of a row with itself would add a bias."""
    count = len(kernel)
    return float((kernel.sum() - kernel.diagonal().sum()) / (count * (count - 1)))


def _check(one: Tensor, other: Tensor) -> None:
    if one.dim() != 2 or other.dim() != 2 or one.shape[1] != other.shape[1]:
        raise ValueError(
            f"features must be (M, d) and (N, d), not {tuple(one.shape)} and {tuple(other.shape)}"
        )
    if min(len(one), len(other)) < 2:
        raise ValueError(f"each set needs two rows, but they have {len(one)} and {len(other)}")
