from __future__ import annotations

import torch

from stylize.training.data import Shelf, streams
from stylize.training.supply import Supply

from .conftest import CPU, config


def test_crops_come_round_and_the_samples_numbers_go_on(pictures):
    settings = config(loop={"come_round": 2})
    supply = Supply(streams(("pictures",), settings.data, pictures, 32, 0, Shelf()), settings.loop, CPU)
    try:
        found = [supply.batch(step) for step in (1, 2, 3, 4)]
    finally:
        supply.close()
    crops = [each.pictures["pictures"] for each in found]
    assert torch.equal(crops[0], crops[2])
    assert torch.equal(crops[1], crops[3])
    assert not torch.equal(crops[0], crops[1])
    assert [each.crops for each in found] == [1, 2, 1, 2]
    assert [each.numbers[0].item() for each in found] == [4, 8, 12, 16]
