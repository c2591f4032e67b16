"""How Gatys' mode weighs the content: normalization, layers, balance, freedom."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stylize.device import choose
from stylize.inputs import StyleInput
from stylize.modes.gatys.content import BALANCED, ContentTarget, content_layers
from stylize.modes.gatys.objective import Objective
from stylize.modes.gatys.spec import GatysSettings
from stylize.networks import VGG19
from stylize.weights import zoo
from tests.modes.gatys_runs import picture, small

pytestmark = pytest.mark.usefixtures("exact")


def encoder() -> VGG19:
    return zoo.encoder("vgg19-half", choose("cpu", "float32")).network


def losses(made: Tensor, style: Tensor, **changes: object) -> dict[str, float]:
    """The parts of the loss of a picture, for a photo that is always the same."""
    settings = GatysSettings.from_dict(changes)
    with torch.no_grad():
        parts = Objective(encoder(), picture(48, 64), [StyleInput(style)], settings)(made)[1]
    return {name: float(part) for name, part in parts.items()}


def test_the_layers_are_those_of_the_balance_and_of_the_encoder() -> None:
    plain, fixed = VGG19((4, 4, 4, 4, 4), "5_1"), GatysSettings(balance="fixed")
    small = VGG19((4, 4, 4, 4, 4), "4_1", metrics=("relu1_1", "relu4_1"))
    assert content_layers(encoder(), GatysSettings()) == BALANCED
    assert content_layers(encoder(), fixed) == {"relu4_2": 1}
    assert content_layers(plain, GatysSettings()) == {"relu4_2": 1}
    assert content_layers(small, GatysSettings()) == {"relu4_1": sum(BALANCED.values())}
    assert content_layers(small, fixed) == {"relu4_1": 1}
    named = GatysSettings(content_layers=("relu2_1", "relu4_1"))
    assert content_layers(encoder(), named) == {"relu2_1": 0.5, "relu4_1": 0.5}


@pytest.mark.parametrize("layer", ["relu3_1", "relu4_2"])
def test_a_photo_whose_features_became_their_mean_has_lost_its_content(layer: str) -> None:
    network = encoder()
    with torch.no_grad():
        photo = network(picture(64, 64), [layer])[layer]
        target = ContentTarget(photo, network, layer, True)
        even = photo.mean((2, 3), keepdim=True).expand_as(photo)
        assert float(target.loss(photo)) == 0
        size = target.target.square().mean()
        deviations = (target.target - target.target.mean((2, 3), keepdim=True)).square().mean()
        wanted = 0.5 * min(1.0, float(deviations / (0.2 * size)))
        assert float(target.loss(even)) == pytest.approx(wanted, rel=1e-3)


def test_an_even_photo_is_taken_to_vary_a_little() -> None:
    with torch.no_grad():
        photo = torch.ones(1, 256, 8, 8) * torch.rand(1, 256, 1, 1)
        target = ContentTarget(photo, encoder(), "relu4_2", True)
        assert float(target.loss(photo * 2)) == pytest.approx(0.5 / 0.2, rel=1e-3)


def test_every_style_begins_at_its_weight() -> None:
    """As long as it is any different from the photo."""
    photo = picture(48, 64)
    for style in (picture(64, 48, 1) ** 4, 1 - photo, torch.rand(1, 3, 64, 64)):
        assert losses(photo, style)["style"] == pytest.approx(1, rel=1e-3)
        assert losses(photo, style, style_weight=3.0)["style"] == pytest.approx(3, rel=1e-3)
    fixed = [
        losses(photo, style, balance="fixed")["style"] for style in (1 - photo, torch.rand(1, 3, 64, 64))
    ]
    assert fixed[0] != pytest.approx(fixed[1], rel=0.1)


def test_the_photo_as_its_own_style_is_not_divided_by_nothing() -> None:
    photo = picture(48, 64)
    assert losses(photo, photo)["style"] < 0.05


@pytest.mark.parametrize("balance", ["style", "fixed"])
def test_freedom_is_a_factor_of_the_content(balance: str) -> None:
    made, style = picture(48, 64, 3), picture(64, 48, 1)
    strict, usual, free = (losses(made, style, balance=balance, freedom=each) for each in (-1, 0, 1))
    assert strict["content"] == pytest.approx(4 * usual["content"])
    assert free["content"] == pytest.approx(usual["content"] / 4)
    assert strict["style"] == usual["style"] == free["style"]


def test_with_less_freedom_more_of_the_photo_stays() -> None:
    from tests.modes.gatys_runs import run

    photo, far = picture(48, 64), []
    for freedom in (-1.0, 0.0, 1.0):
        found = run(small(freedom=freedom, steps=20), content=photo)[-1].picture
        far.append(float((found - photo).square().mean()))
    assert far == sorted(far)
    assert far[0] < 0.9 * far[2]
