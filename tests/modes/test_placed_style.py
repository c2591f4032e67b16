"""Style losses of Gatys' mode that compare places: neighbor and emd."""

from __future__ import annotations

import pytest
import torch
from given import inputs

from stylize import library
from stylize.device import choose
from stylize.image import Cutout
from stylize.inputs import StyleInput
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys import placed_style
from stylize.modes.gatys.placed_style import PLACED, PlacedStyle
from stylize.networks import VGG19
from stylize.weights import zoo
from tests.modes.gatys_runs import FEW, picture, run, small

pytestmark = pytest.mark.usefixtures("exact")
LAYERS = ("relu1_1", "relu3_1")


def encoder() -> VGG19:
    return zoo.encoder("vgg19-half", choose("cpu", "float32")).network


def placed(*styles: StyleInput, **changes: object) -> PlacedStyle:
    with torch.no_grad():
        return PlacedStyle(encoder(), dict.fromkeys(LAYERS, 0.5), styles, small(**changes))


def loss(style: PlacedStyle, made: torch.Tensor) -> float:
    with torch.no_grad():
        return float(style.loss(encoder()(made, LAYERS)))


@pytest.mark.parametrize("name", PLACED)
def test_the_style_itself_has_next_to_no_loss_and_noise_has_more(name: str) -> None:
    picture_of = picture(48, 64, 1)
    style = placed(StyleInput(picture_of), style_loss=name)
    assert loss(style, picture_of) == pytest.approx(0, abs=1e-3)
    style.forget()
    assert loss(style, torch.rand(1, 3, 48, 64)) > 0.2


@pytest.mark.parametrize("name", PLACED)
def test_the_style_loss_falls(name: str) -> None:
    steps = run(small(style_loss=name, pyramid=False, steps=25, content_weight=0.0))
    assert steps[-1].losses["style"] < 0.7 * steps[0].losses["style"]


def test_every_layer_weighs_by_its_own_size_and_its_weight() -> None:
    """The places of the style have the mean square that the weights say, layer by layer."""
    network = encoder()
    with torch.no_grad():
        style = PlacedStyle(
            network,
            {"relu1_1": 0.25, "relu3_1": 0.75},
            [StyleInput(picture(64, 64, 1))],
            small(style_loss="neighbor"),
        )
    parts = style.places.split([network.layer_channels(layer) for layer in LAYERS], 1)
    assert [float(part.square().mean()) for part in parts] == pytest.approx([0.5, 1.5], rel=1e-4)
    assert style.places.dtype == torch.float32


def test_the_targets_stay_for_a_scale() -> None:
    style = placed(StyleInput(picture(48, 64, 1)), style_loss="neighbor")
    first, other = picture(48, 64, 2), picture(48, 64, 3)
    before = loss(style, first)
    moved = loss(style, other)
    assert loss(style, first) == before
    style.forget()
    assert loss(style, other) < moved


def test_places_are_drawn_by_the_seed_within_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(placed_style.MOST_OF_STYLE, "emd", 40)
    styles = StyleInput(picture(64, 64, 1), 0.25), StyleInput(picture(64, 96, 2), 0.75)
    one, again, other = (placed(*styles, style_loss="emd", seed=seed) for seed in (5, 5, 6))
    assert len(one.places) == 40
    assert torch.equal(one.places, again.places)
    assert not torch.equal(one.places, other.places)


def test_large_pictures_have_a_coarser_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed_style, "MOST_PLACES", 60)
    style = placed(StyleInput(picture(64, 64, 1)), style_loss="neighbor")
    assert 40 <= len(style.places) <= 60
    assert loss(style, picture(96, 128, 2)) > 0


def test_what_does_not_count_of_a_cutout_gives_no_places() -> None:
    half = torch.zeros(1, 1, 64, 64)
    half[..., :32] = 1
    both = torch.cat([picture(64, 32, 1), torch.rand(1, 3, 64, 32)], 3)
    cut = placed(StyleInput(Cutout(both, half)), style_loss="neighbor")
    whole = placed(StyleInput(both), style_loss="neighbor")
    assert 2 * len(cut.places) == len(whole.places)


@pytest.mark.parametrize("name", PLACED)
def test_the_picture_of_a_style_of_the_library_is_looked_at(name: str) -> None:
    given = inputs(picture(48, 64), [(library.style("claude-monet"), 1.0)])
    steps = list(gatys.run(given, small(style_loss=name, steps=2, network="vgg19-half", **FEW)))
    assert steps[0].note is not None
    assert steps[-1].picture.isfinite().all()


@pytest.mark.parametrize("name", PLACED)
def test_lbfgs_sees_the_same_places_at_every_step(name: str) -> None:
    made = torch.rand(1, 3, 160, 160)
    style = placed(StyleInput(picture(48, 64, 1)), style_loss=name, optimizer="lbfgs")
    assert loss(style, made) == loss(style, made)
