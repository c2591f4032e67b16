"""Colors that go on beyond the edges of what is transparent."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from stylize.errors import PictureError
from stylize.image import Cutout, load
from stylize.image.bleeding import bleed, cutout


def disc(side: int = 64, color: tuple[float, ...] = (0.1, 0.14, 0.12)) -> tuple[Tensor, Tensor]:
    """A dark disc with a soft edge, laid on white, and its alpha."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    alpha = ((0.6 - (x.square() + y.square()).sqrt()) * 20).clamp(0, 1)[None, None]
    return 1 + (torch.tensor(color).view(1, 3, 1, 1) - 1) * alpha, alpha


def test_one_color_goes_on_everywhere() -> None:
    picture, alpha = disc()
    found = bleed(picture, alpha)
    assert found.shape == picture.shape
    torch.testing.assert_close(found, torch.tensor((0.1, 0.14, 0.12)).view(1, 3, 1, 1).expand_as(found))


def test_what_is_opaque_stays_and_what_is_faint_keeps_its_color() -> None:
    colors = torch.rand(1, 3, 20, 30)
    alpha = torch.ones(1, 1, 20, 30)
    alpha[..., 5:10, :] = 0.4
    alpha[..., 12:, 20:] = 0
    found = bleed(1 + (colors - 1) * alpha, alpha)
    known = alpha.expand_as(found) > 0
    torch.testing.assert_close(found[known], colors[known])
    assert 0 <= found.min() <= found.max() <= 1


def test_each_edge_lends_its_own_color() -> None:
    alpha = torch.zeros(1, 1, 40, 40)
    alpha[..., :4] = alpha[..., -4:] = 1
    colors = torch.zeros(1, 3, 40, 40)
    colors[:, 0, :, :20] = colors[:, 2, :, 20:] = 1
    found = bleed(1 + (colors - 1) * alpha, alpha)
    assert found[0, 0, 20, 5] > 0.9
    assert found[0, 2, 20, 34] > 0.9
    assert found[:, 1].max() < 1e-3  # and none of the white


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (33, 17), (64, 64)])
def test_any_size_and_nothing_at_all(size: tuple[int, int]) -> None:
    white, nothing = torch.ones(1, 3, *size), torch.zeros(1, 1, *size)
    torch.testing.assert_close(bleed(white, nothing), white)
    nothing[..., -1, -1] = 1
    white[..., -1, -1] = 0.25
    torch.testing.assert_close(bleed(white, nothing), torch.full_like(white, 0.25))


def test_a_cutout_is_trimmed() -> None:
    picture, alpha = disc()
    alpha[..., :40] = 0
    found = cutout(1 + (picture - 1) * (alpha > 0), alpha)
    assert found.tensor.shape[2:] == found.alpha.shape[2:]
    assert found.alpha.shape[3] < 24
    for side in (found.alpha[..., 0, :], found.alpha[..., -1, :], found.alpha[..., 0], found.alpha[..., -1]):
        assert side.any()


def test_a_picture_tells_what_counts_of_it_as_a_style() -> None:
    pixels = np.full((8, 8, 4), 40, dtype=np.uint8)
    assert isinstance(load(pixels[..., :3]).as_style, Tensor)
    pixels[..., 3] = 255
    pixels[2, :, 3] = 0
    found = load(pixels)
    assert isinstance(found.as_style, Cutout)
    assert found.as_style is found.as_style  # AdaIN knows a style again by its tensor
    assert found.as_style.tensor.max() < 0.2 < found.tensor.max()
    assert found.opaque.max() < 0.2


def test_a_style_that_is_transparent_all_over_is_refused_by_name(tmp_path) -> None:
    Image.new("RGBA", (8, 8)).save(tmp_path / "nothing.png")
    found = load(tmp_path / "nothing.png")
    with pytest.raises(PictureError, match=r"nothing\.png is transparent all over"):
        _ = found.as_style
    assert found.opaque.min() > 0.999
