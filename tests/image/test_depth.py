"""Pictures as 16-bit integers: lossless for what files hold, and once is enough."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stylize.image import pack, quantize, unpack


@pytest.mark.parametrize("steps", [255, 65535])
def test_what_files_hold_is_kept_to_the_last_bit(steps: int) -> None:
    values = torch.arange(steps + 1).float().div(steps).reshape(1, 1, 1, -1)
    assert torch.equal(quantize(values), values)
    assert torch.equal(unpack(pack(values)), values)


def test_crossing_is_rounding_and_rounding_twice_changes_nothing() -> None:
    picture = torch.rand(1, 3, 50, 70, generator=torch.Generator().manual_seed(0))
    before = picture.clone()
    rounded = quantize(picture)
    assert torch.equal(unpack(pack(picture)), rounded)
    assert torch.equal(quantize(rounded), rounded)
    assert torch.equal(picture, before)
    assert (rounded - picture).abs().max() < 0.51 / 65535
    assert pack(picture).dtype == np.uint16
