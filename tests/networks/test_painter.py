"""The network that paints in one pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from stylize.image import fit, load
from stylize.networks.painter import EPS, FACTOR, LAYERS, ConditionalInstanceNorm, Painter, style_vector

ROOT = Path(__file__).parents[2]
TRAINED = ROOT / "configs" / "gpu" / "painter-1.safetensors"
EXAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def painter():
    torch.manual_seed(0)
    return Painter(widths=(8, 16), blocks=(1, 2, 1), code=12, statistics=20, hidden=8).eval()


def conditions(painter, count):
    torch.manual_seed(1)
    return painter.condition(torch.randn(count, 12), torch.zeros(count))


def test_a_picture_of_the_same_size_and_range(painter):
    with torch.no_grad():
        out = painter(torch.rand(2, 3, 40, 64), conditions(painter, 2))
    assert out.shape == (2, 3, 40, 64)
    assert out.dtype == torch.float32
    assert 0 <= out.min() <= out.max() <= 1


def test_one_style_of_a_batch_does_not_touch_the_other_pictures(painter):
    x, condition = torch.rand(2, 3, 32, 32), conditions(painter, 2)
    other = torch.cat([condition[:1], conditions(painter, 3)[2:]])
    with torch.no_grad():
        first, second = painter(x, condition), painter(x, other)
    torch.testing.assert_close(first[0], second[0])
    assert (first[1] - second[1]).abs().max() > 1e-4


def test_every_normalization_takes_its_gain_and_bias_from_the_style(painter):
    condition = conditions(painter, 1).detach().requires_grad_()
    painter(torch.rand(1, 3, 32, 32), condition).square().sum().backward()
    gains, biases = condition.grad[0].chunk(2)
    sizes = [norm.channels for norm in painter.norms]
    assert all(part.abs().sum() > 0 for part in (*gains.split(sizes), *biases.split(sizes)))


def test_the_normalization_against_its_formula_and_its_gradients():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    gain, bias = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), correction=0, keepdim=True)
    wanted = bias[..., None, None] + gain[..., None, None] * (x - mean) / (variance + EPS).sqrt()
    torch.testing.assert_close(ConditionalInstanceNorm(3)(x, gain, bias), wanted, rtol=1e-5, atol=1e-5)
    weights = torch.randn_like(wanted)
    ours = torch.autograd.grad((ConditionalInstanceNorm(3)(x, gain, bias) * weights).sum(), (x, gain, bias))
    theirs = torch.autograd.grad((wanted * weights).sum(), (x, gain, bias))
    for found, right in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-4)


def test_sub_pixels_begin_alike(painter):
    for conv in (painter.up, painter.half_size, painter.full_size):
        first, *others = (conv.weight[n::4] for n in range(4))
        assert all(torch.equal(first, other) for other in others)


def test_style_vectors_are_means_and_deviations_by_layer():
    features = {layer: torch.rand(2, 3, 6, 5) * (n + 1) for n, layer in enumerate(LAYERS)}
    found = style_vector(features).view(2, len(LAYERS), 2, 3)
    for n, layer in enumerate(LAYERS):
        torch.testing.assert_close(found[:, n, 0], features[layer].mean((2, 3)).log1p())
        torch.testing.assert_close(found[:, n, 1], features[layer].std((2, 3), correction=0).log1p())


def test_the_trained_one_paints_each_row_in_its_own_way_and_gives_the_photo_back():
    state = {name: value.float() for name, value in load_file(TRAINED).items()}
    codes = state.pop("codes")
    with safe_open(TRAINED, "pt") as opened:
        rows = json.loads(opened.metadata()["rows"])
    network = Painter().eval()
    network.load_state_dict(state)
    picture = fit(load(EXAMPLES / "raccoon.jpg").tensor, 192)
    height, width = (side // FACTOR * FACTOR for side in picture.shape[2:])
    picture = picture[..., :height, :width]
    with torch.no_grad():
        photo = network(picture, network.condition(network.photo[None], torch.zeros(1)))
        chosen = [codes[rows.index(name)] for name in ("stained-glass", "ink-mountains", "lily-pond")]
        painted = [network(picture, network.condition(code[None], torch.zeros(1))) for code in chosen]
    inner = (..., slice(32, -32), slice(32, -32))
    assert (photo - picture)[inner].abs().mean() < 0.05
    for n, one in enumerate(painted):
        assert (one - picture)[inner].abs().mean() > 0.08
        assert all((one - other)[inner].abs().mean() > 0.05 for other in painted[n + 1 :])
