"""The network that paints in one pass."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylize.device import choose
from stylize.image import fit, load
from stylize.networks.painter import (
    EPS,
    FACTOR,
    LAYERS,
    ConditionalInstanceNorm,
    Painter,
    PainterGenerator,
    Scale,
    noise_at,
    style_vector,
    vector_of,
)
from stylize.statistics import mean_std
from stylize.weights import zoo

EXAMPLES = Path(__file__).parents[2] / "examples" / "photos"


@pytest.fixture(scope="module")
def painter():
    torch.manual_seed(0)
    return Painter(widths=(8, 16), blocks=(1, 2, 1), code=12, statistics=20, hidden=8).eval()


def conditions(painter, count):
    torch.manual_seed(1)
    return painter.condition(torch.randn(count, 12), torch.zeros(count))


def test_a_picture_of_the_same_size_and_range(painter):
    with torch.no_grad():
        out = painter(torch.rand(2, 3, 40, 64), conditions(painter, 2), noise_at(0, 40, 64))
    assert out.shape == (2, 3, 40, 64)
    assert out.dtype == torch.float32
    assert 0 <= out.min() <= out.max() <= 1


def test_one_style_of_a_batch_does_not_touch_the_other_pictures(painter):
    x, condition = torch.rand(2, 3, 32, 32), conditions(painter, 2)
    other = torch.cat([condition[:1], conditions(painter, 3)[2:]])
    with torch.no_grad():
        first, second = (painter(x, each, noise_at(0, 32, 32)) for each in (condition, other))
    torch.testing.assert_close(first[0], second[0])
    assert (first[1] - second[1]).abs().max() > 1e-4


def test_every_normalization_takes_its_gain_and_bias_from_the_style(painter):
    condition = conditions(painter, 1).detach().requires_grad_()
    painter(torch.rand(1, 3, 32, 32), condition, noise_at(0, 32, 32)).square().sum().backward()
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


def test_the_form_for_the_cpu_paints_the_same(painter):
    """With a graph the plain form is taken; the outermost pixels have another padding."""
    x, noise = torch.rand(2, 3, 96, 128), noise_at(0, 96, 128)
    condition = conditions(painter, 1).detach()
    wanted = painter(x, condition, noise)
    assert wanted.requires_grad
    with torch.no_grad():
        found = painter(x, condition, noise)
        single = painter(x[1:], condition, noise)
    inner = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(found[inner], wanted.detach()[inner], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[1:], single, atol=1e-5, rtol=1e-5)


def test_the_scale_at_full_size_is_a_gain_and_a_bias():
    x, gain, bias = torch.randn(2, 3, 4, 5), torch.randn(2, 3), torch.randn(2, 3)
    wanted = x * gain[..., None, None] + bias[..., None, None]
    torch.testing.assert_close(Scale(3)(x, gain, bias), wanted)


def test_in_an_even_area_nothing_repeats_but_by_noise(painter):
    """Without noise an even picture stays even: no step of the way has a grid of its own."""
    even = torch.full((1, 3, 160, 160), 0.4)
    still = noise_at(0, 160, 160)
    still = still.map(torch.zeros_like)
    inner = (..., slice(72, 88), slice(72, 88))
    with torch.no_grad():
        quiet = painter(even, conditions(painter, 1), still)[inner]
        noisy = painter(even, conditions(painter, 1), noise_at(0, 160, 160))[inner]
    assert float((quiet.amax((2, 3)) - quiet.amin((2, 3))).max()) < 1e-3
    assert float((noisy.amax((2, 3)) - noisy.amin((2, 3))).max()) > 1e-2


def test_noise_is_a_function_of_seed_and_position():
    whole, part = noise_at(3, 128, 96, 0, -32), noise_at(3, 64, 32, 16, 8)
    assert torch.equal(whole.quarter[:, :, 4:20, 10:18], part.quarter)
    assert torch.equal(whole.eighth[:, :, 2:10, 5:9], part.eighth)
    large = noise_at(3, 512, 512)
    for plane in (large.quarter, large.eighth):
        flat = plane[0].flatten(1)
        assert torch.allclose(flat.mean(1), torch.zeros(len(flat)), atol=0.05)
        together = torch.cat([flat, noise_at(4, 512, 512).quarter[0].flatten(1)[:, : flat.shape[1]]])
        assert torch.allclose(torch.corrcoef(together), torch.eye(len(together)), atol=0.08)
        assert abs(float((plane[..., 1:] * plane[..., :-1]).mean())) < 0.05
        assert torch.allclose(flat.var(1), torch.ones(len(flat)), atol=0.05)


def test_a_network_without_grain_asks_for_none_and_paints_the_same_with_it():
    torch.manual_seed(0)
    network = Painter(widths=(8, 16), blocks=(1, 2, 1), code=12, statistics=20, hidden=8, grain=False).eval()
    noise, more = network.noise_at(3, 64, 72, 8, -8), noise_at(3, 64, 72, 8, -8)
    assert noise.half is None
    assert noise.full is None
    assert torch.equal(noise.quarter, more.quarter)
    with torch.no_grad():
        x, condition = torch.rand(1, 3, 64, 72), conditions(network, 1)
        assert torch.equal(network(x, condition, noise), network(x, condition, more))


def test_style_vectors_are_means_and_deviations_by_layer():
    features = {layer: torch.rand(2, 3, 6, 5) * (n + 1) for n, layer in enumerate(LAYERS)}
    found = style_vector(features).view(2, len(LAYERS), 2, 3)
    for n, layer in enumerate(LAYERS):
        torch.testing.assert_close(found[:, n, 0], features[layer].mean((2, 3)).log1p())
        torch.testing.assert_close(found[:, n, 1], features[layer].std((2, 3), correction=0).log1p())


def test_a_vector_follows_from_known_statistics_as_from_features():
    features = {layer: torch.rand(1, 3, 6, 5) for layer in LAYERS}
    known = {layer: mean_std(each, eps=0.0) for layer, each in features.items()}
    torch.testing.assert_close(vector_of(known), style_vector(features))


def test_the_trained_one_paints_each_row_in_its_own_way_and_gives_the_photo_back():
    _, loaded = zoo.painter("painter", choose())
    network = loaded.network
    picture = fit(load(EXAMPLES / "raccoon.jpg").tensor, 192)
    height, width = (side // FACTOR * FACTOR for side in picture.shape[2:])
    picture, noise = picture[..., :height, :width], noise_at(0, height, width)

    def painted(code):
        return network(picture, network.condition(code[None], torch.zeros(1)), noise)

    with torch.no_grad():
        photo = painted(network.photo)
        every = [
            painted(network.table.codes[name]) for name in ("stained-glass", "ink-mountains", "lily-pond")
        ]
    inner = (..., slice(32, -32), slice(32, -32))
    assert (photo - picture)[inner].abs().mean() < 0.07
    for n, one in enumerate(every):
        assert (one - picture)[inner].abs().mean() > 0.08
        assert all((one - other)[inner].abs().mean() > 0.05 for other in every[n + 1 :])


# ---------------------------------------------------------------------------------- one style alone


def test_a_generator_that_starts_from_a_painter_paints_as_it_does():
    network = Painter(widths=(8, 16), blocks=(1, 2, 1), code=12, statistics=20, hidden=8).eval()
    network.freedom.weight.data.normal_(std=0.1)
    code = torch.randn(12)
    generator = PainterGenerator(widths=(8, 16), blocks=(1, 2, 1)).eval()
    generator.start_from(network, code, 0.5)
    photo = torch.rand(2, 3, 64, 72)
    condition = network.condition(code[None].expand(2, -1), torch.full((2,), 0.5))
    with torch.no_grad():
        wanted = network(photo, condition, noise_at(0, 64, 72))
        torch.testing.assert_close(generator(photo), wanted)
        assert not torch.equal(generator(photo, noise_at(1, 64, 72)), generator(photo))


def test_a_generator_of_other_widths_does_not_start_from_a_painter(painter):
    with pytest.raises(RuntimeError):
        PainterGenerator(widths=(8, 8), blocks=(1, 2, 1)).start_from(painter, torch.randn(12), 0.0)
