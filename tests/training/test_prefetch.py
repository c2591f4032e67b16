from __future__ import annotations

import torch

from stylize.training.data import PictureCache, streams
from stylize.training.prefetch import Prefetcher

from .conftest import CPU, config


def test_crops_are_repeated_and_the_samples_numbers_go_on(pictures):
    settings = config(loop={"distinct_batches": 2})
    prefetcher = Prefetcher(
        streams(("pictures",), settings.data, pictures, 32, 0, PictureCache()), settings.loop, CPU
    )
    try:
        found = [prefetcher.batch(step) for step in (1, 2, 3, 4)]
    finally:
        prefetcher.close()
    crops = [each.pictures["pictures"] for each in found]
    assert torch.equal(crops[0], crops[2])
    assert torch.equal(crops[1], crops[3])
    assert not torch.equal(crops[0], crops[1])
    assert [each.repeated for each in found] == [1, 2, 1, 2]
    assert [each.numbers[0].item() for each in found] == [4, 8, 12, 16]
