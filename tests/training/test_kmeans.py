from __future__ import annotations

import numpy as np
import pytest

from stylize.training.kmeans import by_distance, cluster


def test_clusters_are_found():
    random = np.random.default_rng(0)
    points = np.concatenate([random.normal(0, 0.1, (12, 5)), random.normal(3, 0.1, (8, 5))])
    large, small = cluster(points, 2, 3, seed=0)
    assert set(large) == set(range(12))
    assert set(small) == set(range(12, 20))
    nearest = by_distance(points, small)
    distances = np.square(points[nearest] - points[small].mean(0)).sum(1)
    assert (np.diff(distances) >= 0).all()


@pytest.mark.parametrize("points", [np.zeros((7, 3)), np.zeros((1, 3)), np.arange(6.0)[:, None]])
def test_clusters_are_never_too_small(points):
    found = cluster(points, 3, 2, seed=0)
    assert sorted(np.concatenate(found)) == list(range(len(points)))
    assert all(len(each) >= min(2, len(points)) for each in found)
