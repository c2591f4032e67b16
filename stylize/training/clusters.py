"""k-means with the k-means++ start (Arthur and Vassilvitskii 2007), for some hundred points."""

from __future__ import annotations

import numpy as np

STARTS, ROUNDS = 10, 50


def cluster(points: np.ndarray, count: int, least: int, seed: int) -> list[np.ndarray]:
    """The indices of (N, D) points in at most ``count`` clusters of at least ``least`` members.

    Of several starts the tightest counts; where none gives clusters large enough, there is one less.
    The largest comes first.
    """
    random = np.random.default_rng(seed)
    for wanted in range(min(count, len(points)), 1, -1):
        found = [_once(points, wanted, random) for _ in range(STARTS)]
        fit = [
            (spread, labels)
            for spread, labels in found
            if np.bincount(labels, minlength=wanted).min() >= least
        ]
        if fit:
            labels = min(fit, key=lambda each: each[0])[1]
            groups = [np.flatnonzero(labels == n) for n in range(wanted)]
            return sorted(groups, key=lambda each: (-len(each), each[0]))
    return [np.arange(len(points))]


def by_distance(points: np.ndarray, members: np.ndarray) -> np.ndarray:
    """The members, that nearest to their mean first."""
    own = points[members]
    return members[np.argsort(np.square(own - own.mean(0)).sum(1), kind="stable")]


def _once(points: np.ndarray, count: int, random: np.random.Generator) -> tuple[float, np.ndarray]:
    """The sum of squares within the clusters, and each point's cluster."""
    centres = points[_start(points, count, random)]
    labels = np.full(len(points), -1)
    for _ in range(ROUNDS):
        distances = np.square(points[:, None] - centres).sum(2)
        before, labels = labels, distances.argmin(1)
        if (labels == before).all():
            break
        # A centre that lost all its points stays where it is; too small a cluster is refused later.
        kept = [points[labels == n].mean(0) if (labels == n).any() else centres[n] for n in range(count)]
        centres = np.stack(kept)
    return float(np.square(points - centres[labels]).sum()), labels


def _start(points: np.ndarray, count: int, random: np.random.Generator) -> list[int]:
    chosen = [int(random.integers(len(points)))]
    while len(chosen) < count:
        distances = np.square(points[:, None] - points[chosen]).sum(2).min(1)
        total = distances.sum()
        shares = distances / total if total > 0 else None
        chosen.append(int(random.choice(len(points), p=shares)))
    return chosen
