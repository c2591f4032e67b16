"""Gatys where losses, gradients or steps are no numbers or go too far: the last sane picture stays."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
from given import inputs
from torch import Tensor

from stylize.device import choose
from stylize.errors import DivergedError
from stylize.inputs import StyleInput
from stylize.modes.finish import finished
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys import picture_optimizer, pyramid
from stylize.modes.gatys.objective import Objective
from stylize.modes.gatys.padded_canvas import PaddedCanvas
from stylize.weights import zoo
from tests.modes.gatys_runs import picture, run, small

pytestmark = pytest.mark.usefixtures("exact")


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
    settings = small(optimizer="lbfgs", style_loss=style_loss, average=0.5)
    network = zoo.encoder(settings.network, choose()).network
    objective = Objective(network, content, [StyleInput(style)], settings)
    flow, seen, averages = picture_optimizer.PictureOptimizer(content, settings), [], []
    _overshooting(monkeypatch, {3})
    flow.optimizer = flow._new_optimizer()
    for _ in range(4):
        seen.append(flow.picture.detach().clone())
        averages.append(flow.average.clone())
        assert flow.step(objective)[1] is None
    assert (flow.picture - seen[-1]).abs().max() > 50
    assert flow.step(objective)[1] is not None
    assert torch.allclose(flow.picture, seen[-1], rtol=0, atol=1e-6)
    assert torch.equal(flow.average, averages[-1])
    assert flow.step(objective)[1] is None  # and from there it goes on
    assert (flow.picture - seen[-1]).abs().max() < 1


@pytest.fixture(scope="module")
def usual(exact: None) -> Tensor:
    """The picture of a run without an accident."""
    return run(small(optimizer="lbfgs"))[-1].picture


@pytest.mark.parametrize("at", [0, 2, 5, 7, 8])
def test_no_exploded_picture_is_ever_shown(at: int, usual: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither meanwhile, where a stop would keep it, nor at a scale's or the run's end."""
    _overshooting(monkeypatch, {at})
    steps = run(small(optimizer="lbfgs"))
    assert sum(step.note is not None for step in steps) == 1
    for step in steps:
        if step.picture is not None:  # at any scale
            assert (step.picture - picture(*step.picture.shape[2:])).abs().mean() < 0.25
    assert (steps[-1].picture - usual).abs().mean() < 0.1


def test_two_overshoots_stop_with_the_last_sane_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    _overshooting(monkeypatch, {2, 5})
    steps = run(small(optimizer="lbfgs", pyramid=False))
    assert "keeping the picture so far" in str(steps[-2].note)
    assert (steps[-1].picture - picture(48, 64)).abs().mean() < 0.25


def test_one_nan_is_backed_off_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    _poisoned(monkeypatch, {4})
    steps = run(small(pyramid=False))
    assert len(steps) == 9
    assert [str(s.note) for s in steps if s.note] == [
        "The optimization diverged: continuing with a learning rate of 0.015."
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
@pytest.mark.parametrize("init", ["noise", "content"])
def test_the_start_is_never_shown_as_a_result(
    spoil: Callable[..., None], at: set[int], init: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, at)
    with pytest.raises(DivergedError, match="no picture to show"):
        run(small(init=init, pyramid=False))


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
    assert [
        count for _, count in pyramid.plan_steps(PaddedCanvas.of(48, 64, pyramid.LEAST), small(steps=3))
    ] == [
        1,
        2,
    ]
    assert "keeping the picture so far" in str([step.note for step in steps if step.note][-1])
    assert steps[-1].picture.isfinite().all()


@pytest.mark.parametrize("at", range(3, 8))
def test_trouble_at_any_two_steps_leaves_a_finite_picture(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Also where the second comes at the first step of a new scale."""
    _poisoned(monkeypatch, {0, at})
    steps = run(small(steps=8))
    assert all(step.picture is None or step.picture.isfinite().all() for step in steps)
    assert finished(steps[-1].picture, picture(48, 64), small()).shape == (1, 3, 48, 64)
    notes = [str(step.note) for step in steps if step.note]
    assert len(notes) == len(set(notes)) == 2
