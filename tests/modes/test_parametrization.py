"""What the optimizer of Gatys' mode changes: pixels, or a Laplacian pyramid."""

from __future__ import annotations

import pytest
import torch

from stylize.modes.gatys.parametrization import LEVELS, LaplacianPyramid, Pixels
from stylize.modes.gatys.picture_optimizer import PictureOptimizer
from tests.modes.gatys_runs import picture, small


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (32, 45), (77, 130)])
@pytest.mark.parametrize("form", [Pixels(), LaplacianPyramid()])
def test_the_picture_comes_back(form: Pixels | LaplacianPyramid, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    original = torch.rand(1, 3, *size)
    parameters = form.parameters(original)
    assert torch.allclose(form.picture(parameters), original, atol=1e-6)
    assert all(each.data_ptr() != original.data_ptr() for each in parameters)


def test_a_level_has_what_a_halving_loses() -> None:
    """Checked by hand: pairs (0, 1) and (1, 0) have the means 0.5; bilinear enlargement of an even picture is
    even."""
    stripes = torch.tensor([0.0, 1.0, 1.0, 0.0]).expand(1, 3, 4, 4)
    levels = LaplacianPyramid().parameters(stripes)
    assert [tuple(each.shape[2:]) for each in levels] == [(4, 4), (2, 2), (1, 1), (1, 1), (1, 1)]
    assert torch.allclose(levels[0], stripes - 0.5)
    assert all(not each.any() for each in levels[1:-1])
    assert torch.allclose(levels[-1], torch.full((1, 3, 1, 1), 0.5))


def test_the_coarsest_level_moves_the_whole_picture() -> None:
    form = LaplacianPyramid()
    levels = form.parameters(torch.rand(1, 3, 32, 48))
    assert len(levels) == LEVELS
    before = form.picture(levels)
    levels[-1] += 0.25
    assert torch.allclose(form.picture(levels), before + 0.25, atol=1e-6)


def test_the_gradient_of_every_level_agrees_with_finite_differences() -> None:
    torch.manual_seed(1)
    form = LaplacianPyramid()
    levels = [each.double().requires_grad_() for each in form.parameters(torch.rand(1, 3, 20, 33))]
    assert torch.autograd.gradcheck(lambda *each: form.picture(each).square().mean(), levels)


@pytest.mark.parametrize("parametrization", ["pixels", "pyramid"])
def test_every_iterate_stays_in_range(parametrization: str) -> None:
    flow = PictureOptimizer(picture(40, 56), small(parametrization=parametrization, learning_rate=0.5))

    def push(x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        loss = (x - 3).square().mean()
        return loss, {"style": loss}

    for _ in range(8):
        flow.step(push)  # type: ignore[arg-type]
        assert -1e-6 <= float(flow.picture.min()) <= float(flow.picture.max()) <= 1 + 1e-6
    assert float(flow.picture.min()) > 0.99
