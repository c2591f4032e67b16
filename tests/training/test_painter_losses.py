"""The losses of painters, against plain formulas."""

from __future__ import annotations

import pytest
import torch

from stylize.networks import VGG19
from stylize.networks.painter import LAYERS
from stylize.training.painter_losses import (
    CONTENT_LAYER,
    DEFAULT,
    FREE,
    STRICT,
    combined,
    compared_moments,
    content_error,
    content_weight,
    copy_loss,
    moments,
    relative_errors,
    roughness,
    style_errors,
    style_loss,
)

from .conftest import TINY, tiny_vgg

RANDOM = torch.Generator().manual_seed(4)


def plain_style_loss(features, wanted, raw):
    """Of one picture, layer by layer, in float64."""
    errors = []
    for layer in LAYERS:
        parts = []
        for each in (features[layer], wanted[layer]):
            flat = each[0].double().flatten(1)
            parts.append((flat.mean(1), torch.cov(flat, correction=0), flat @ flat.T / flat.shape[1]))
        errors.append(
            torch.stack([((own - aim) ** 2).sum() / (aim**2).sum() for own, aim in zip(*parts, strict=True)])
        )
    table = torch.stack(errors)
    total = sum(table[:, n].sum() / raw[:, n].sum() / 3 for n in range(3))
    return 0.5 * total + 0.5 * (table / raw).mean()


def test_value_and_gradient_are_those_of_the_plain_formula():
    network = tiny_vgg()
    painted, style, photo = (torch.rand(2, 3, 40, 32, generator=RANDOM) for _ in range(3))
    raw = torch.rand(2, len(LAYERS), 3, generator=RANDOM) + 0.5
    layers = (*LAYERS, CONTENT_LAYER)
    wanted, own = network(style, LAYERS), network(photo, (CONTENT_LAYER,))[CONTENT_LAYER]
    x = painted.clone().requires_grad_()
    found = network(x, layers)
    errors = style_errors(compared_moments(network, found), compared_moments(network, wanted))
    loss = style_loss(errors, raw) + 0.3 * content_error(found[CONTENT_LAYER], own) + roughness(x)
    loss.sum().backward()

    exact = network.double()
    y = painted.double().requires_grad_()
    for n in range(2):
        features = exact(y[n : n + 1], layers)
        style_part = plain_style_loss(
            features, {name: each[n : n + 1] for name, each in wanted.items()}, raw[n].double()
        )
        truth, deep = own[n : n + 1].double(), features[CONTENT_LAYER]
        content = ((deep - truth) ** 2).sum() / ((truth - truth.mean((2, 3), keepdim=True)) ** 2).sum()
        rough = (y[n].diff(dim=2) ** 2).mean() + (y[n].diff(dim=1) ** 2).mean()
        plain = style_part + 0.3 * content + rough
        assert loss[n].item() == pytest.approx(plain.item(), rel=1e-3)
        plain.backward()
    scale = y.grad.abs().max()
    torch.testing.assert_close(x.grad.double() / scale, y.grad / scale, rtol=1e-2, atol=2e-3)


def test_small_errors_of_raw_photos_do_not_blow_up_a_style():
    errors = torch.ones(1, 5, 3)
    assert style_loss(errors, torch.zeros(1, 5, 3)).item() == pytest.approx(0.5 * 5 / 0.1 + 0.5 / 0.02)


def test_the_metric_of_moments_is_that_of_features():
    layers = ("relu2_1", "relu4_1")
    network = VGG19(TINY, "5_1", metrics=layers)
    for layer in layers:
        metric = network.metric(layer)
        metric.weight.copy_(torch.randn(metric.weight.shape, generator=RANDOM))
        metric.bias.copy_(torch.randn(metric.bias.shape, generator=RANDOM))
    with torch.no_grad():
        features = network(torch.rand(2, 3, 32, 32, generator=RANDOM), LAYERS)
    found = compared_moments(network, features)
    for layer in LAYERS:
        metric = network.metric(layer)
        wanted = moments(metric(features[layer]) if metric else features[layer])
        for one, other in zip(found[layer], wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_errors_are_relative():
    found = moments(torch.rand(2, 4, 6, 6, generator=RANDOM))
    assert (relative_errors(found, found) == 0).all()
    zero = tuple(torch.zeros_like(each) for each in found)
    torch.testing.assert_close(relative_errors(zero, found), torch.ones(2, 3))


def test_the_weight_of_the_content_falls_with_the_freedom():
    weights = content_weight(torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0]))
    wanted = [STRICT, (STRICT * DEFAULT) ** 0.5, DEFAULT, (DEFAULT * FREE) ** 0.5, FREE]
    assert weights.tolist() == pytest.approx(wanted)


def test_a_copy_is_judged_as_a_copy_and_a_painting_as_a_painting():
    alone, freedom = torch.tensor([True, False]), torch.tensor([0.0, 1.0])
    two = {name: torch.tensor([2.0, 3.0]) for name in ("style", "content", "smoothness")}
    found = combined(alone, freedom, torch.tensor([1.0, 1.5]), **two, copies=torch.tensor([7.0, 9.0]),
                     smoothness_weight=0.1)  # fmt: skip
    assert found["total"].tolist() == pytest.approx([7.0, 1.5 * 3 + FREE * 3 + 0.3])
    assert found["style"].tolist() == [0, 3]
    assert found["identity"].tolist() == [7, 0]
    photo = torch.rand(2, 3, 8, 8, generator=RANDOM)
    assert (copy_loss(photo, photo, torch.zeros(2)) == 0).all()
    assert copy_loss(photo + 0.1, photo, torch.tensor([0.0, 1.0])).tolist() == pytest.approx([0.5, 2.5])
