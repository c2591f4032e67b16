import numpy as np
import pytest
import torch
from PIL import Image

from stylize.image import fit, resize

from .made import array


@pytest.mark.parametrize("size", [(40, 30), (7, 90), (1, 1), (8, 8)])
def test_resize_agrees_with_pil(size):
    values = array(20, 24, 1)[..., 0].astype(np.float32) / 255
    result = resize(torch.from_numpy(values)[None, None], size)
    expected = np.asarray(Image.fromarray(values).resize(size[::-1], Image.Resampling.BICUBIC))
    assert result.shape == (1, 1, *size)
    assert np.abs(result[0, 0].numpy() - expected.clip(0, 1)).max() < 1e-5


def test_resize_stays_in_range_and_keeps_flat_colors():
    edges = torch.zeros(1, 1, 9, 9)
    edges[..., 4:] = 1
    for size in ((30, 31), (4, 3)):
        result = resize(edges, size)
        assert result.min() >= 0
        assert result.max() <= 1
        assert torch.allclose(resize(torch.full((1, 3, 9, 9), 0.3), size), torch.tensor(0.3), atol=1e-6)
    assert resize(edges, edges.shape[2:]) is edges


def test_resize_shrinks_without_aliasing():
    stripes = torch.zeros(1, 1, 64, 64)
    stripes[..., ::2] = 1
    assert torch.allclose(resize(stripes, (16, 16))[..., 2:-2], torch.tensor(0.5), atol=0.02)


@pytest.mark.parametrize(
    ("height", "width", "side", "enlarge", "expected"),
    [
        (30, 60, 20, False, (10, 20)),
        (60, 30, 20, False, (20, 10)),
        (30, 60, 200, False, (30, 60)),
        (30, 60, 200, True, (100, 200)),
        (1, 5000, 100, False, (1, 100)),
        (1, 1, 4, True, (4, 4)),
        (30, 60, 1, False, (1, 1)),
        (30, 60, 0, False, (30, 60)),
        (30, 60, 60, True, (30, 60)),
        (997, 1009, 333, False, (329, 333)),
    ],
)
def test_fit(height, width, side, enlarge, expected):
    picture = torch.zeros(1, 3, height, width)
    assert tuple(fit(picture, side, enlarge=enlarge).shape[2:]) == expected
