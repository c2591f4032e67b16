"""Gatys as a mode: the pyramid, every choice, stopping, seeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import pytest
import torch
import torch.nn.functional as F
from given import inputs
from torch import Tensor

from stylize.device import choose
from stylize.errors import MemoryLimitError, Note, SettingsError
from stylize.image import fitting
from stylize.inputs import StyleInput
from stylize.modes.finish import finished
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys import picture_optimizer, pyramid
from stylize.modes.gatys.objective import STYLE_LAYERS, Objective
from stylize.modes.gatys.padded_canvas import PaddedCanvas
from stylize.modes.gatys.styles import _mirrored
from stylize.networks import VGG19
from stylize.settings import options
from stylize.weights import zoo
from tests.modes.gatys_runs import ALL, picture, run, small

pytestmark = pytest.mark.usefixtures("exact")


def test_the_pyramid_grows_by_the_root_of_two() -> None:
    settings = gatys.GatysSettings(smallest_side=128)
    assert pyramid.scales(384, 512, settings) == [128, 181, 256, 362, 512]
    assert pyramid.scales(512, 384, settings) == [128, 181, 256, 362, 512]
    assert pyramid.scales(100, 75, settings) == [100]
    assert pyramid.scales(384, 512, gatys.GatysSettings(pyramid=False)) == [512]


def test_the_pyramid_has_no_scale_that_would_be_padded() -> None:
    settings = gatys.GatysSettings(smallest_side=32)
    assert pyramid.scales(100, 800, settings) == [283, 400, 566, 800]
    assert pyramid.scales(10, 800, settings) == [800]


@pytest.mark.parametrize("size", [(200, 1200), (60, 1200), (300, 400)])
def test_growing_leaves_everything_in_its_place(size: tuple[int, int]) -> None:
    """With all weights 0 the content comes back, not a stretched one."""
    content = torch.zeros(1, 3, *size)
    content[:, :, size[0] * 6 // 10 :] = 1
    nothing = small(
        style_weight=0, content_weight=0, tv_weight=0, content_side=400, average=0.0, network="vgg19-quarter"
    )  # fmt: skip
    result = run(nothing, content=content)[-1].picture
    assert (finished(result, content, nothing) - content).abs().mean() < 0.03


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 6, 10, 15, 300])
@pytest.mark.parametrize("sides", [[512], [128, 181, 256, 362, 512], [32, 45, 64, 91, 128, 181, 256, 4096]])
def test_every_step_is_spent_once(steps: int, sides: list[int]) -> None:
    counts = pyramid.share_steps(steps, sides)
    assert sum(counts) == steps
    assert min(counts) >= 1
    assert counts[-1] == max(counts)
    assert counts[0] == max([*counts[:-1], counts[0]])


def test_progress_counts_up_and_the_last_picture_has_the_working_size() -> None:
    steps = run(small(), content=picture(90, 150))
    assert [s.step for s in steps] == list(range(1, 10))
    assert {s.total for s in steps} == {9}
    assert steps[-1].picture.shape == (1, 3, 38, 64)
    for step in steps:
        assert set(step.losses) == {"total", "content", "style", "variation"}
        assert all(math.isfinite(value) for value in step.losses.values())
        assert step.picture is None or 0 <= step.picture.min() <= step.picture.max() <= 1


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_the_loss_falls(style_loss: str, optimizer: str) -> None:
    # At this size relu5_1 has fewer positions than its statistics need, so no picture can meet them.
    layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    settings = small(
        style_loss=style_loss, optimizer=optimizer, pyramid=False, steps=25, style_layers=layers,
        content_layers=("relu4_1",), balance="fixed",
    )  # fmt: skip
    steps = run(settings)
    assert steps[-1].losses["total"] < 0.6 * steps[0].losses["total"]


CHOICES = [
    (each.name, choice)
    for each in options(gatys.GatysSettings)
    if each.choices and each.name not in ("network", "content_layers", "style_layers")
    for choice in each.choices
]


@pytest.mark.parametrize(("name", "choice"), CHOICES)
def test_every_choice_runs(name: str, choice: str) -> None:
    last = run(small(steps=4, **{name: choice}))[-1].picture
    assert last.shape == (1, 3, 48, 64)
    assert last.isfinite().all()


@pytest.mark.parametrize("preset", gatys.GatysSettings.PRESETS)
def test_every_preset_runs(preset: str) -> None:
    settings = gatys.GatysSettings.preset(preset)

    changed = {**settings.to_dict(), "content_side": 64, "steps": 4}
    assert run(gatys.GatysSettings.from_dict(changed))[-1].picture.isfinite().all()


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (37, 53)])
def test_any_size_of_content_and_style(size: tuple[int, int]) -> None:
    expected = fitting(size, 64)
    assert run(small(steps=3, **ALL), content=picture(*size))[-1].picture.shape == (1, 3, *expected)
    assert run(small(steps=3, **ALL), style=picture(*size, 1))[-1].picture.isfinite().all()


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_constant_styles_and_contents_give_no_nan(style_loss: str, value: float) -> None:
    flat = torch.full((1, 3, 40, 40), value)
    settings = small(style_loss=style_loss, steps=4, **ALL)
    assert run(settings, style=flat)[-1].picture.isfinite().all()
    assert run(settings, content=flat, style=flat)[-1].picture.isfinite().all()


@pytest.mark.parametrize("init", ["statistics", "noise", "gray"])
def test_the_seed_decides(init: str) -> None:
    one, again = (run(small(init=init, seed=7, steps=3))[-1].picture for _ in range(2))
    other = run(small(init=init, seed=8, steps=3))[-1].picture
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_stopping_keeps_the_average_so_far() -> None:
    settings = small(steps=40, pyramid=False)
    steps = gatys.run(inputs(picture(48, 64), [(picture(64, 48, 1), 1.0)]), settings)
    seen = list(itertools.islice(steps, 12))
    steps.close()  # type: ignore[attr-defined]
    kept = [step.picture for step in seen if step.picture is not None]
    assert len(kept) == 3
    assert not torch.equal(kept[0], kept[-1])


def test_the_average_is_bias_corrected() -> None:
    flow = picture_optimizer.PictureOptimizer(
        torch.full((1, 3, 32, 32), 0.5), small(average=0.9, learning_rate=0.01)
    )
    seen = []

    def pull(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss = x.square().mean()
        return loss, {"style": loss}

    for _ in range(3):
        flow.step(pull)  # type: ignore[arg-type]
        seen.append(flow.picture.detach().clone())
    weights = torch.tensor([0.81, 0.9, 1.0])
    expected = sum(w * x for w, x in zip(weights / weights.sum(), seen, strict=True))
    assert torch.allclose(flow.average, expected, atol=1e-6)


@pytest.mark.parametrize("parametrization", ["pixels", "pyramid"])
def test_growing_carries_adams_state_on(parametrization: str) -> None:
    flow = picture_optimizer.PictureOptimizer(picture(32, 32), small(parametrization=parametrization))

    def pull(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss = x.square().mean()
        return loss, {"style": loss}

    flow.step(pull)  # type: ignore[arg-type]
    flow.grow(45, 45)
    assert flow.picture.shape == (1, 3, 45, 45)
    assert len(flow.parameters) == (5 if parametrization == "pyramid" else 1)
    for parameter in flow.parameters:
        state = flow.optimizer.state[parameter]
        assert parameter.shape == state["exp_avg"].shape == state["exp_avg_sq"].shape
        assert state["step"].item() == 1
        assert state["exp_avg"].any()
        assert state["exp_avg_sq"].min() >= 0


def test_a_layer_that_the_encoder_lacks_is_named() -> None:
    with pytest.raises(SettingsError, match=r"relu5_1.*ends at relu4_1"):
        run(small(network="vgg19-quarter", style_layers=("relu5_1",), content_layers=()))


def test_the_style_scale_changes_what_is_seen() -> None:
    style = picture(200, 200, 1)
    one = run(small(style_scale=0.5, steps=2), style=style)[-1].picture
    assert not torch.equal(one, run(small(style_scale=2.0, steps=2), style=style)[-1].picture)


def test_weights_of_styles_count() -> None:
    content, dark, light = picture(48, 48), torch.zeros(1, 3, 48, 48), torch.ones(1, 3, 48, 48)

    def brightness(share: float) -> float:
        styles = [(dark, 1 - share), (light, share)]
        steps = list(gatys.run(inputs(content, styles), small(content_weight=0, steps=12)))
        return steps[-1].picture.mean().item()

    assert brightness(0.1) < brightness(0.9)


@pytest.mark.parametrize("styles", [[], [(torch.zeros(1, 3, 32, 32), 0.0)]])
def test_no_style_is_a_clear_error(styles: list) -> None:
    with pytest.raises(SettingsError, match=r"[Ss]tyle"):
        list(gatys.run(inputs(picture(32, 32), styles), small()))


def test_a_picture_in_its_own_style_is_no_divergence() -> None:
    content = picture(48, 64)
    steps = run(small(style_loss="gram", tv_weight=0.0, pyramid=False, **ALL), content=content, style=content)
    assert len(steps) == 9
    assert not any(step.note for step in steps)


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
@pytest.mark.parametrize("color", [(1, 1, 1), (0, 0, 0), (1, 0, 0), (0.5, 0.5, 0.5)])
def test_a_flat_photo_does_not_diverge(style_loss: str, color: tuple[float, ...]) -> None:
    flat = torch.tensor(color).reshape(1, 3, 1, 1).expand(1, 3, 48, 64).float()
    steps = run(small(style_loss=style_loss, **ALL), content=flat, style=picture(64, 48, 1))
    assert [str(step.note) for step in steps if step.note] == []
    assert steps[-1].picture.isfinite().all()


def test_small_styles_are_continued_by_their_mirror_image() -> None:
    style = picture(5, 100)
    large = _mirrored(style)
    assert large.shape == (1, 3, 40, 100)
    assert torch.equal(large[:, :, 5:10], style.flip(2))
    assert torch.equal(large[:, :, 10:15], style)


def test_it_works_inside_inference_mode() -> None:
    with torch.inference_mode():
        assert run(small(steps=4))[-1].picture.isfinite().all()


def test_out_of_memory_shrinks_once_then_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def never(
        network: object, content: object, styles: object, settings: object, side: int, *rest: object
    ) -> None:
        seen.append(side)
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(gatys, "_optimize", never)
    with pytest.raises(MemoryLimitError, match="smaller working size"):
        run(small(), content=picture(90, 150))
    assert seen == [64, 32]


def test_half_precision_reaches_the_same_loss() -> None:
    """In the geometric mean: single runs in float32 that begin 1e-4 apart differ by 4 % as well, so that the
    mean of four is sure to 2 %, and the bound stands three times that above 1."""
    settings = small(steps=30, pyramid=False, average=0.9, **ALL)
    network = zoo.encoder(settings.network, choose("cpu", "float32")).network
    logarithms = []
    for seed in range(4):
        content, style = picture(32, 40, seed), picture(40, 32, seed + 4)
        canvas = PaddedCanvas.around(content, pyramid.LEAST)
        objective = Objective(network, canvas.pad(content), [StyleInput(style)], settings)

        def loss(made: Tensor, objective: Objective = objective, canvas: PaddedCanvas = canvas) -> float:
            with torch.no_grad():
                return float(objective(canvas.pad(made))[0])

        exact, half = (
            loss(list(gatys.run(inputs(content, [(style, 1.0)]), settings, choose("cpu", dtype)))[-1].picture)
            for dtype in ("float32", "bfloat16")
        )
        assert exact < 0.8 * loss(content)
        logarithms.append(math.log(half / exact))
    assert math.exp(sum(logarithms) / len(logarithms)) < 1.06


class Mapped(VGG19):
    """An encoder that gives its features as its metric has them, and no metric."""

    def forward(self, x: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        found = super().forward(x, layers)
        metrics = {layer: getattr(self, "metric" + layer[4:]) for layer in found if layer in STYLE_LAYERS}
        return {
            layer: F.conv2d(each, metrics[layer].weight, metrics[layer].bias) if layer in metrics else each
            for layer, each in found.items()
        }

    def metric(self, layer: str) -> None:
        return None


@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
@pytest.mark.parametrize("balance", ["equal", "relative"])
def test_an_encoder_with_a_metric_compares_by_it(style_loss: str, balance: str) -> None:
    torch.manual_seed(2)
    own, mapped = (each((6, 6, 6, 6, 6), "5_1", "reflect", metrics=STYLE_LAYERS) for each in (VGG19, Mapped))
    for name, values in own.state_dict().items():
        values.copy_(torch.randn(values.shape) * (0.3 if name.startswith("metric") else 0.4))
    mapped.load_state_dict(own.state_dict())
    content = ("relu3_1", "relu5_1")
    settings = small(style_loss=style_loss, layer_balance=balance, **{**ALL, "content_layers": content})
    styles = [StyleInput(picture(64, 96, 1), 0.3), StyleInput(picture(96, 64, 2), 0.7)]
    with torch.no_grad():
        found, wanted = (
            Objective(each, picture(64, 64), styles, settings)(picture(64, 64, 3))[1]
            for each in (own, mapped)
        )
    assert found["style"].item() == pytest.approx(wanted["style"].item(), rel=2e-3)
    assert found["content"].item() == pytest.approx(wanted["content"].item(), rel=1e-3)


@pytest.mark.parametrize(("parametrization", "factor"), [("pixels", 1.0), ("pyramid", 0.25)])
def test_adams_rate_falls_at_the_last_scale_alone(parametrization: str, factor: float) -> None:
    rates: list[tuple[int, float]] = []

    class Seen(picture_optimizer.PictureOptimizer):
        def step(self, objective: Objective) -> tuple[dict[str, Tensor], Note | None]:
            rates.append((self.picture.shape[3], self.optimizer.param_groups[0]["lr"] / factor))
            return super().step(objective)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gatys, "PictureOptimizer", Seen)
        run(small(steps=20, learning_rate=0.04, parametrization=parametrization), content=picture(48, 64))
    finest = max(side for side, _ in rates)
    last = [rate for side, rate in rates if side == finest]
    assert {rate for side, rate in rates if side < finest} == {0.04}
    assert last[0] == 0.04
    assert last == sorted(last, reverse=True)
    assert 0 < last[-1] < 0.04 * 2 / len(last)
