"""How the content's weight follows the picture."""

from __future__ import annotations

import math

import pytest
import torch
from given import inputs
from torch import Tensor

from stylize.device import choose
from stylize.inputs import StyleInput
from stylize.modes.gatys import balance as balances
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.balance import ContentBalance
from stylize.modes.gatys.objective import Objective
from stylize.modes.gatys.spec import GatysSettings
from stylize.weights import zoo
from tests.modes.gatys_runs import picture, run, small

pytestmark = pytest.mark.usefixtures("exact")


def test_the_weight_rises_above_the_target_and_falls_below_it() -> None:
    balance = ContentBalance(GatysSettings())
    assert balance.weight == 0.3
    balance.observe(1.5 * balance.target)
    assert balance.weight == pytest.approx(0.3 * math.exp(0.5 * balances.RATE))
    balance.observe(100.0)
    assert balance.weight == pytest.approx(0.3 * math.exp(1.5 * balances.RATE))
    balance.observe(0.0)
    assert balance.weight == pytest.approx(0.3 * math.exp(0.5 * balances.RATE))
    balance.observe(balance.target)
    balance.observe(math.nan)
    balance.observe(math.inf)
    assert balance.weight == pytest.approx(0.3 * math.exp(0.5 * balances.RATE))


def test_the_weight_keeps_within_its_bounds() -> None:
    balance = ContentBalance(GatysSettings(freedom=0.5))
    for _ in range(100):
        balance.observe(10.0)
    assert balance.weight == pytest.approx(0.15 * balances.MOST)
    for _ in range(100):
        balance.observe(0.0)
    assert balance.weight == pytest.approx(0.15 * balances.LEAST)


@pytest.mark.parametrize("other", [{"balance": "style"}, {"balance": "fixed"}, {"optimizer": "lbfgs"}])
def test_otherwise_the_weight_stays(other: dict[str, str]) -> None:
    balance = ContentBalance(GatysSettings.from_dict(other))
    balance.observe(10.0)
    assert balance.weight == 0.3


def test_freedom_sets_how_much_of_the_photo_may_go() -> None:
    strict, usual, free = (ContentBalance(GatysSettings(freedom=each)).target for each in (-1, 0, 1))
    assert strict == pytest.approx(usual / balances.TARGET_FREEDOM)
    assert free == pytest.approx(usual * balances.TARGET_FREEDOM)


def test_the_error_is_that_of_the_features_whatever_the_weight_is() -> None:
    """By hand, from the encoder's features and metrics, with the weights of the layers."""
    photo, made, settings = (
        picture(48, 64),
        picture(48, 64, 3),
        GatysSettings(content_layers=("relu2_1", "relu3_1")),
    )
    network = zoo.encoder("vgg19-half", choose("cpu", "float32")).network
    balance = ContentBalance(settings)
    objective = Objective(network, photo, [StyleInput(picture(64, 48, 1))], settings, balance)
    with torch.no_grad():
        wanted = [relative(network, photo, made, layer) for layer in settings.content_layers]
        for weight in (0.3, 2.0):
            balance.weight = weight
            error = objective.content_error(objective(made)[1])
            assert error == pytest.approx(sum(wanted) / 2, rel=1e-3)
        balance.weight = 0.0
        assert math.isnan(objective.content_error(objective(made)[1]))


def relative(network: torch.nn.Module, photo: Tensor, made: Tensor, layer: str) -> float:
    """|F - P|² / |P - mean P|² by the metric."""
    own, wanted = (network.metric(layer)(network(each, [layer])[layer]) for each in (made, photo))
    spread = wanted - wanted.mean((2, 3), keepdim=True)
    floor = 0.2 * float(wanted.square().sum())
    return float((own - wanted).square().sum()) / max(float(spread.square().sum()), floor)


def test_styles_that_are_near_and_far_leave_as_much_of_the_photo() -> None:
    """Against the fixed weights, with which they do not."""
    photo = picture(64, 80)
    torch.manual_seed(0)
    styles = [0.5 + 0.1 * torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), 1 - photo]
    ratio = {}
    for name in ("fixed", "adaptive"):
        errors = [left(photo, style, name) for style in styles]
        ratio[name] = max(errors) / min(errors)
    assert ratio["adaptive"] < 1.3
    assert ratio["fixed"] > 1.5 * ratio["adaptive"]


def left(photo: Tensor, style: Tensor, name: str) -> float:
    """The relative content error of the iterates at the end of a run."""
    seen = []

    class Seen(ContentBalance):
        def observe(self, error: float) -> None:
            seen.append(error)
            super().observe(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gatys, "ContentBalance", Seen)
        settings = small(steps=60, balance=name, pyramid=False)
        list(gatys.run(inputs(photo, [(style, 1.0)]), settings))
    return seen[-1]


def test_no_content_at_all_is_no_trouble() -> None:
    assert not any(step.note for step in run(small(content_weight=0.0, balance="adaptive")))
