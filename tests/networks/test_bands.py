"""A generator in bands of rows gives the whole one's picture."""

from __future__ import annotations

import pytest
import torch
from accelerator import MPS, Accelerator

from stylize.networks import ResNetGenerator, bands


def generator(upsampling: str) -> ResNetGenerator:
    torch.manual_seed(7)
    return ResNetGenerator(6, 2, upsampling).requires_grad_(False).eval()


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize(("height", "rows"), [(64, 16), (68, 16), (52, 24), (16, 16), (100, 44)])
@pytest.mark.parametrize("count", [1, 2])
def test_the_picture_is_that_of_the_whole(upsampling: str, height: int, rows: int, count: int) -> None:
    network, x = generator(upsampling), torch.rand(count, 3, height, 24)
    whole = network(x)
    assert whole.std() > 0.05
    found = network._to_rgb(network._in_bands(x * 2 - 1, rows))
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_no_map_of_an_accelerator_has_too_many_numbers(
    upsampling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if 20 000 were too many: the whole has maps of 27 648, and with resizing of twice that."""
    network, x = generator(upsampling), torch.rand(1, 3, 128, 36)
    whole, seen = network(x), list[int]()
    monkeypatch.setattr(bands, "INT32_MAX", 20_000)
    monkeypatch.setattr(bands, "MAX_ELEMENTS", 5_000)
    for part in network.modules():
        if isinstance(part, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            part.register_forward_hook(lambda _, given, made: seen.extend((given[0].numel(), made.numel())))
    with Accelerator():
        network.to(MPS)
        found = network(x.to(MPS)).cpu()
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=0)
    assert 5_000 < max(seen) <= 20_000


def test_rows_are_whole_steps_and_enough() -> None:
    assert bands.band_rows(1, 64, 8192) == (1 << 29) // (64 * 8192)
    assert bands.band_rows(1, 64, 100_000) % 4 == 0
    assert bands.band_rows(4, 64, 10**7) == bands.MIN_ROWS
