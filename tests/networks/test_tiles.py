"""A tiled network gives what the whole one gives, and no tile is larger than allowed."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import Tensor, nn

from stylize.networks import VGG19, AdaINDecoder
from stylize.networks.tiles import count_tiles, run_tiled, spans

WIDTHS = (4, 4, 6, 6, 6)


def alive(network: nn.Module) -> nn.Module:
    """Positive weights, so that no ReLU cuts anything off and every input pixel within reach counts."""
    torch.manual_seed(1)
    for name, parameter in network.named_parameters():
        parameter.data = torch.rand_like(parameter) * (2 / parameter[0].numel() if "weight" in name else 0)
    return network.eval()


@pytest.mark.parametrize("length", [1, 63, 64, 65, 95, 96, 97, 128, 1000])
def test_spans_cover_everything_once(length: int) -> None:
    found = spans(length, 64)
    assert [start for start, _ in found] == [0, *[stop for _, stop in found][:-1]]
    assert found[-1][1] == length
    assert all(0 < stop - start < 96 or len(found) == 1 for start, stop in found)
    assert all(start % 64 == 0 for start, _ in found)


def _last(steps: object) -> Tensor:
    result = list(steps)  # type: ignore[call-overload]
    assert all(step is None for step in result[:-1])
    return result[-1]


@pytest.mark.parametrize("size", [(64, 64), (200, 72), (136, 264)])
def test_tiled_encoder_is_the_whole_encoder(size: tuple[int, int]) -> None:
    encoder = alive(VGG19(WIDTHS, last="4_1", padding="reflect"))
    seen = []

    def encode(x: Tensor) -> Tensor:
        seen.append(x.shape[2:])
        return encoder(x, ("relu4_1",))["relu4_1"]

    x = torch.rand(1, 3, *size)
    with torch.no_grad():
        tiled = _last(run_tiled(encode, x, core=64, halo=32, scale=Fraction(1, 8)))
        assert len(seen) == count_tiles(*size, 64)
        assert max(max(shape) for shape in seen) <= 64 + 31 + 64
        assert torch.allclose(tiled, encode(x), atol=1e-6)


def test_too_small_a_halo_would_show() -> None:
    encoder = alive(VGG19(WIDTHS, last="4_1", padding="reflect"))
    x = torch.rand(1, 3, 64, 136)
    with torch.no_grad():
        whole = encoder(x, ("relu4_1",))["relu4_1"]
        tiles = run_tiled(
            lambda t: encoder(t, ("relu4_1",))["relu4_1"], x, core=64, halo=16, scale=Fraction(1, 8)
        )
        assert not torch.allclose(_last(tiles), whole, atol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (25, 9), (17, 33)])
def test_tiled_decoder_is_the_whole_decoder(size: tuple[int, int]) -> None:
    decoder = alive(AdaINDecoder(WIDTHS))
    features = torch.randn(1, 6, *size)
    with torch.no_grad():
        tiled = _last(run_tiled(decoder, features, core=8, halo=4, scale=Fraction(8)))
        assert tiled.shape == (1, 3, 8 * size[0], 8 * size[1])
        assert torch.allclose(tiled, decoder(features), atol=1e-6)
