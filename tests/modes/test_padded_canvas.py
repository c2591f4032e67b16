"""The margin comes and goes without moving the picture."""

from __future__ import annotations

import pytest
import torch

from stylize.image import resize
from stylize.modes.gatys.padded_canvas import PaddedCanvas


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (20, 20), (60, 90), (384, 512), (7, 2000)])
def test_cutting_undoes_putting(size: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, *size)
    canvas = PaddedCanvas.around(picture, 32)
    padded = canvas.pad(picture)
    assert tuple(padded.shape[2:]) == canvas.size
    assert min(canvas.size) >= 32
    assert torch.equal(canvas.crop(padded), picture)


def test_the_margin_mirrors() -> None:
    picture = torch.rand(1, 3, 100, 120)
    padded = PaddedCanvas.around(picture, 32).pad(picture)
    assert torch.equal(padded[:, :, 5:-5, :5], picture[:, :, :, 1:6].flip(3))
    assert torch.equal(padded[:, :, :5, 5:-5], picture[:, :, 1:6].flip(2))


def test_a_smaller_copy_is_cut_at_the_same_place() -> None:
    picture = torch.zeros(1, 1, 200, 400)
    picture[:, :, :, 200:] = 1
    canvas = PaddedCanvas.around(picture, 32)
    small = canvas.crop(resize(canvas.pad(picture), (110, 210)))
    assert small.shape == (1, 1, 100, 200)
    assert small[..., :97].max() < 0.02
    assert small[..., 103:].min() > 0.98


def test_a_strip_has_no_margin() -> None:
    assert PaddedCanvas.around(torch.rand(1, 3, 1, 5000), 32).size == (32, 5000)
