"""k-means with k-means++ initialization (Arthur and Vassilvitskii 2007), for some hundred points."""

from __future__ import annotations

import numpy as np

INITIALIZATIONS, ITERATIONS = 10, 50


def cluster(points: np.ndarray, count: int, min_size: int, seed: int) -> list[np.ndarray]:
    """k-means clusters of a minimum size.

    Of several initializations that with the least inertia counts; where none gives clusters that are large
    enough, there is one cluster less.

    Args:
        points: (N, D).
        count: clusters at most.
        min_size: members of a cluster at least, unless there is only one cluster.
        seed: the same seed gives the same clusters.

    Returns:
        The indices of the points of each cluster, the largest cluster first.
    """
    random = np.random.default_rng(seed)
    for k in range(min(count, len(points)), 1, -1):
        found = [_lloyd(points, k, random) for _ in range(INITIALIZATIONS)]
        fit = [
            (inertia, labels)
            for inertia, labels in found
            if np.bincount(labels, minlength=k).min() >= min_size
        ]
        if fit:
            labels = min(fit, key=lambda each: each[0])[1]
            groups = [np.flatnonzero(labels == n) for n in range(k)]
            return sorted(groups, key=lambda each: (-len(each), each[0]))
    return [np.arange(len(points))]


def by_distance(points: np.ndarray, members: np.ndarray) -> np.ndarray:
    """The indices ``members`` of (N, D) points, those nearest to their common mean first."""
    own = points[members]
    return members[np.argsort(np.square(own - own.mean(0)).sum(1), kind="stable")]


def _lloyd(points: np.ndarray, count: int, random: np.random.Generator) -> tuple[float, np.ndarray]:
    """Inertia (the sum of squared distances to the centers), and each point's cluster, (N,)."""
    centers = points[_plus_plus(points, count, random)]
    labels = np.full(len(points), -1)
    for _ in range(ITERATIONS):
        distances = np.square(points[:, None] - centers).sum(2)
        before, labels = labels, distances.argmin(1)
        if (labels == before).all():
            break
        # A center that lost all its points stays where it is; too small a cluster is refused later.
        kept = [points[labels == n].mean(0) if (labels == n).any() else centers[n] for n in range(count)]
        centers = np.stack(kept)
    return float(np.square(points - centers[labels]).sum()), labels


def _plus_plus(points: np.ndarray, count: int, random: np.random.Generator) -> list[int]:
    chosen = [int(random.integers(len(points)))]
    while len(chosen) < count:
        distances = np.square(points[:, None] - points[chosen]).sum(2).min(1)
        total = distances.sum()
        shares = distances / total if total > 0 else None
        chosen.append(int(random.choice(len(points), p=shares)))
    return chosen
