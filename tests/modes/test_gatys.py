"""Gatys as a mode: the pyramid, every choice, stopping, seeds, trouble."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from given import inputs
from torch import Tensor

from stylize.device import choose
from stylize.errors import DivergedError, MemoryLimitError, Note, SettingsError
from stylize.image import fitting
from stylize.inputs import StyleInput
from stylize.modes.finish import finished
from stylize.modes.gatys import descent, pyramid
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.frame import Frame
from stylize.modes.gatys.objective import STYLE_LAYERS, Objective
from stylize.modes.gatys.styles import _mirrored
from stylize.networks import VGG19
from stylize.settings import options
from stylize.weights import zoo


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU in float32, so that the same numbers come out everywhere."""
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """A smooth coloured picture, (1, 3, height, width)."""
    torch.manual_seed(seed)
    return torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4), (height, width), mode="bilinear")


def small(**changes: object) -> gatys.GatysSettings:
    """Settings for a run of a moment."""
    return gatys.GatysSettings.from_dict({"content_side": 64, "smallest_side": 32, "steps": 9, **changes})


def run(settings: gatys.GatysSettings, content: Tensor | None = None, style: Tensor | None = None) -> list:
    """All steps of a run."""
    content = picture(48, 64) if content is None else content
    style = picture(64, 48, 1) if style is None else style
    return list(gatys.run(inputs(content, [(style, 1.0)]), settings))


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
    """With all weights at nought the content comes back, not a stretched one."""
    content = torch.zeros(1, 3, *size)
    content[:, :, size[0] * 6 // 10 :] = 1
    nothing = small(style_weight=0, content_weight=0, tv_weight=0, content_side=400, average=0.0)
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
@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_the_loss_falls(style_loss: str, optimiser: str) -> None:
    # At this size relu5_1 has fewer positions than its statistics need, so no picture can meet them.
    layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    settings = small(
        style_loss=style_loss, optimiser=optimiser, pyramid=False, steps=25, style_layers=layers,
        content_layers=("relu4_1",),
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
    last = run(small(**{name: choice}))[-1].picture
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
    assert run(small(steps=3), content=picture(*size))[-1].picture.shape == (1, 3, *expected)
    assert run(small(steps=3), style=picture(*size, 1))[-1].picture.isfinite().all()


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_constant_styles_and_contents_give_no_nan(style_loss: str, value: float) -> None:
    flat = torch.full((1, 3, 40, 40), value)
    assert run(small(style_loss=style_loss), style=flat)[-1].picture.isfinite().all()
    assert run(small(style_loss=style_loss), content=flat, style=flat)[-1].picture.isfinite().all()


@pytest.mark.parametrize("start", ["statistics", "noise", "grey"])
def test_the_seed_decides(start: str) -> None:
    one, again = (run(small(start=start, seed=7))[-1].picture for _ in range(2))
    other = run(small(start=start, seed=8))[-1].picture
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
    flow = descent.Descent(torch.full((1, 3, 32, 32), 0.5), small(average=0.9, learning_rate=0.01))
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


def test_growing_carries_adams_state_on() -> None:
    flow = descent.Descent(picture(32, 32), small())

    def pull(x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss = x.square().mean()
        return loss, {"style": loss}

    flow.step(pull)  # type: ignore[arg-type]
    flow.grow(45, 45)
    state = flow.optimiser.state[flow.picture]
    assert flow.picture.shape == state["exp_avg"].shape == state["exp_avg_sq"].shape == (1, 3, 45, 45)
    assert state["step"].item() == 1
    assert state["exp_avg_sq"].min() >= 0


def _poisoned(monkeypatch: pytest.MonkeyPatch, at: set[int]) -> None:
    honest, calls = Objective.__call__, itertools.count()

    def call(self: Objective, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss, parts = honest(self, x)
        return (
            (loss * math.nan, {k: v * math.nan for k, v in parts.items()})
            if next(calls) in at
            else (loss, parts)
        )

    monkeypatch.setattr(Objective, "__call__", call)


class Overshooting(torch.optim.LBFGS):
    """L-BFGS whose ``at``-th steps go far too far."""

    at: ClassVar[set[int]] = set()
    calls = itertools.count()

    def step(self, closure: Any) -> Any:
        loss = super().step(closure)
        if next(type(self).calls) in self.at:
            with torch.no_grad():
                for each in self.param_groups[0]["params"]:
                    each.add_(torch.randn(each.shape, generator=torch.Generator().manual_seed(1)), alpha=50)
        return loss


def _overshooting(monkeypatch: pytest.MonkeyPatch, at: set[int]) -> None:
    monkeypatch.setattr(Overshooting, "at", at)
    monkeypatch.setattr(Overshooting, "calls", itertools.count())
    monkeypatch.setattr(torch.optim, "LBFGS", Overshooting)


@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
def test_an_overshoot_leads_back_to_the_last_sane_picture(
    style_loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, style = picture(48, 64), picture(64, 48, 1)
    settings = small(optimiser="lbfgs", style_loss=style_loss, average=0.5)
    network = zoo.encoder(settings.network, choose()).network
    objective = Objective(network, content, [StyleInput(style)], settings)
    flow, seen, averages = descent.Descent(content, settings), [], []
    _overshooting(monkeypatch, {3})
    flow.optimiser = flow._optimiser()
    for _ in range(4):
        seen.append(flow.picture.detach().clone())
        averages.append(flow.average.clone())
        assert flow.step(objective)[1] is None
    assert (flow.picture - seen[-1]).abs().max() > 50
    assert flow.step(objective)[1] is not None
    assert torch.equal(flow.picture, seen[-1])
    assert torch.equal(flow.average, averages[-1])
    assert flow.step(objective)[1] is None  # and from there it goes on
    assert (flow.picture - seen[-1]).abs().max() < 1


@pytest.mark.parametrize("at", [0, 2, 5, 7, 8])
def test_no_exploded_picture_is_ever_shown(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither meanwhile, where a stop would keep it, nor at a scale's or the run's end."""
    usual = run(small(optimiser="lbfgs"))
    _overshooting(monkeypatch, {at})
    steps = run(small(optimiser="lbfgs"))
    assert sum(step.note is not None for step in steps) == 1
    for step in steps:
        if step.picture is not None:  # at any scale
            assert (step.picture - picture(*step.picture.shape[2:])).abs().mean() < 0.25
    assert (steps[-1].picture - usual[-1].picture).abs().mean() < 0.1


def test_two_overshoots_stop_with_the_last_sane_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    _overshooting(monkeypatch, {2, 5})
    steps = run(small(optimiser="lbfgs", pyramid=False))
    assert "keeping the picture so far" in str(steps[-2].note)
    assert (steps[-1].picture - picture(48, 64)).abs().mean() < 0.25


def test_one_nan_is_backed_off_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    _poisoned(monkeypatch, {4})
    steps = run(small(pyramid=False))
    assert len(steps) == 9
    assert [str(s.note) for s in steps if s.note] == [
        "The optimisation diverged: continuing with a learning rate of 0.015."
    ]
    assert steps[-1].picture.isfinite().all()


def test_two_nans_stop_and_keep_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    _poisoned(monkeypatch, {4, 6})
    steps = run(small(pyramid=False), content=picture(90, 150))
    assert len(steps) < 9
    assert any("keeping the picture so far" in str(step.note) for step in steps)
    assert steps[-1].picture.shape == (1, 3, 38, 64)
    assert steps[-1].picture.isfinite().all()


def test_nothing_but_nans_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _poisoned(monkeypatch, set(range(100)))
    with pytest.raises(DivergedError, match="lower learning rate"):
        run(small())


def _with_broken_gradients(monkeypatch: pytest.MonkeyPatch, at: set[int]) -> None:
    """The loss is sane, and what the step then makes of the picture is not."""
    honest, calls = Objective.__call__, itertools.count()

    def call(self: Objective, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss, parts = honest(self, x)
        if next(calls) in at:
            loss.register_hook(lambda gradient: gradient * math.nan)
        return loss, parts

    monkeypatch.setattr(Objective, "__call__", call)


@pytest.mark.parametrize(("spoil", "at"), [
    (_with_broken_gradients, {0, 1}),  # the start's loss is sane, but it is no result
    (_with_broken_gradients, set(range(100))),
    (_poisoned, {1, 3}),  # the first picture is not, and the way leads back to the start each time
    (_poisoned, {0, 1}),
])  # fmt: skip
@pytest.mark.parametrize("start", ["noise", "content"])
def test_the_start_is_never_shown_as_a_result(
    spoil: Callable[..., None], at: set[int], start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, at)
    with pytest.raises(DivergedError, match="no picture to show"):
        run(small(start=start, pyramid=False))


def test_nor_where_the_only_step_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_broken_gradients(monkeypatch, {0})
    steps = gatys.run(inputs(picture(48, 64), [(picture(64, 48, 1), 1.0)]), small(steps=2, pyramid=False))
    assert next(steps).picture is None  # where a stop would keep it
    assert next(steps).picture is not None
    _with_broken_gradients(monkeypatch, {0})
    with pytest.raises(DivergedError, match="no picture to show"):
        run(small(steps=1))


def test_what_a_coarser_scale_made_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    _with_broken_gradients(monkeypatch, {1, 2})
    steps = run(small(steps=3))
    assert [count for _, count in pyramid.plan_steps(Frame.of(48, 64, pyramid.LEAST), small(steps=3))] == [
        1,
        2,
    ]
    assert "keeping the picture so far" in str([step.note for step in steps if step.note][-1])
    assert steps[-1].picture.isfinite().all()


def test_a_layer_that_the_encoder_lacks_is_named() -> None:
    with pytest.raises(SettingsError, match=r"relu5_1.*ends at relu4_1"):
        run(small(network="vgg19-half-trial", style_layers=("relu5_1",)))


def test_the_style_scale_changes_what_is_seen() -> None:
    style = picture(200, 200, 1)
    one = run(small(style_scale=0.5), style=style)[-1].picture
    assert not torch.equal(one, run(small(style_scale=2.0), style=style)[-1].picture)


def test_weights_of_styles_count() -> None:
    content, dark, light = picture(48, 48), torch.zeros(1, 3, 48, 48), torch.ones(1, 3, 48, 48)

    def brightness(share: float) -> float:
        styles = [(dark, 1 - share), (light, share)]
        steps = list(gatys.run(inputs(content, styles), small(content_weight=0, steps=30)))
        return steps[-1].picture.mean().item()

    assert brightness(0.1) < brightness(0.9)


@pytest.mark.parametrize("styles", [[], [(torch.zeros(1, 3, 32, 32), 0.0)]])
def test_no_style_is_a_clear_error(styles: list) -> None:
    with pytest.raises(SettingsError, match=r"[Ss]tyle"):
        list(gatys.run(inputs(picture(32, 32), styles), small()))


@pytest.mark.parametrize("at", range(3, 8))
def test_trouble_at_any_two_steps_leaves_a_finite_picture(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Also where the second comes at the first step of a new scale."""
    _poisoned(monkeypatch, {0, at})
    steps = run(small(steps=8))
    assert all(step.picture is None or step.picture.isfinite().all() for step in steps)
    assert finished(steps[-1].picture, picture(48, 64), small()).shape == (1, 3, 48, 64)
    notes = [str(step.note) for step in steps if step.note]
    assert len(notes) == len(set(notes)) == 2


def test_a_picture_in_its_own_style_is_no_divergence() -> None:
    content = picture(48, 64)
    steps = run(small(style_loss="gram", tv_weight=0.0, pyramid=False), content=content, style=content)
    assert len(steps) == 9
    assert not any(step.note for step in steps)


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
@pytest.mark.parametrize("colour", [(1, 1, 1), (0, 0, 0), (1, 0, 0), (0.5, 0.5, 0.5)])
def test_a_flat_photo_does_not_diverge(style_loss: str, colour: tuple[float, ...]) -> None:
    flat = torch.tensor(colour).reshape(1, 3, 1, 1).expand(1, 3, 48, 64).float()
    steps = run(small(style_loss=style_loss), content=flat, style=picture(64, 48, 1))
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

    monkeypatch.setattr(gatys, "_optimise", never)
    with pytest.raises(MemoryLimitError, match="smaller working size"):
        run(small(), content=picture(90, 150))
    assert seen == [64, 32]


def test_half_precision_reaches_the_same_loss() -> None:
    """In the geometric mean: single runs in float32 that begin 1e-4 apart differ by 4 % as well, so that the
    mean of four is sure to 2 %, and the bound stands three times that above 1."""
    settings = small(steps=30, pyramid=False, average=0.9)
    network = zoo.encoder(settings.network, choose("cpu", "float32")).network
    logarithms = []
    for seed in range(4):
        content, style = picture(32, 40, seed), picture(40, 32, seed + 4)
        frame = Frame.around(content, pyramid.LEAST)
        judge = Objective(network, frame.put(content), [StyleInput(style)], settings)

        def loss(made: Tensor, judge: Objective = judge, frame: Frame = frame) -> float:
            with torch.no_grad():
                return float(judge(frame.put(made))[0])

        exact, half = (
            loss(list(gatys.run(inputs(content, [(style, 1.0)]), settings, choose("cpu", dtype)))[-1].picture)
            for dtype in ("float32", "bfloat16")
        )
        assert exact < 0.8 * loss(content)
        logarithms.append(math.log(half / exact))
    assert math.exp(sum(logarithms) / len(logarithms)) < 1.06


class Mapped(VGG19):
    """An encoder that gives its features as its metric has them, and no metric."""

    def forward(self, x: Tensor, taps: Iterable[str]) -> dict[str, Tensor]:
        found = super().forward(x, taps)
        metrics = {tap: getattr(self, "metric" + tap[4:]) for tap in found if tap in STYLE_LAYERS}
        return {
            tap: F.conv2d(each, metrics[tap].weight, metrics[tap].bias) if tap in metrics else each
            for tap, each in found.items()
        }

    def metric(self, tap: str) -> None:
        return None


@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
@pytest.mark.parametrize("balance", ["equal", "relative"])
def test_an_encoder_with_a_metric_compares_styles_by_it(style_loss: str, balance: str) -> None:
    torch.manual_seed(2)
    own, mapped = (each((6, 6, 6, 6, 6), "5_1", "reflect", metrics=STYLE_LAYERS) for each in (VGG19, Mapped))
    for name, values in own.state_dict().items():
        values.copy_(torch.randn(values.shape) * (0.3 if name.startswith("metric") else 0.4))
    mapped.load_state_dict(own.state_dict())
    settings = small(style_loss=style_loss, layer_balance=balance)
    styles = [StyleInput(picture(64, 96, 1), 0.3), StyleInput(picture(96, 64, 2), 0.7)]
    with torch.no_grad():
        found, wanted = (
            Objective(each, picture(64, 64), styles, settings)(picture(64, 64, 3))[1]
            for each in (own, mapped)
        )
    assert found["style"].item() == pytest.approx(wanted["style"].item(), rel=2e-3)
    assert found["content"].item() == pytest.approx(wanted["content"].item(), rel=1e-4)


def test_adams_rate_falls_at_the_last_scale_alone() -> None:
    rates: list[tuple[int, float]] = []

    class Seen(descent.Descent):
        def step(self, objective: Objective) -> tuple[dict[str, Tensor], Note | None]:
            rates.append((self.picture.shape[3], self.optimiser.param_groups[0]["lr"]))
            return super().step(objective)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gatys, "Descent", Seen)
        run(small(steps=30, learning_rate=0.04, content_side=128), content=picture(96, 128))
    finest = max(side for side, _ in rates)
    last = [rate for side, rate in rates if side == finest]
    assert {rate for side, rate in rates if side < finest} == {0.04}
    assert last[0] == 0.04
    assert last == sorted(last, reverse=True)
    assert 0 < last[-1] < 0.04 * 2 / len(last)
