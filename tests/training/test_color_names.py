from __future__ import annotations

import numpy as np
import pytest

from stylize.training import color_names


def _flat(*colors):
    return color_names.oklab(np.repeat(np.array(colors, float), 20, axis=0))


@pytest.mark.parametrize(
    ("colors", "english", "chinese"),
    [
        ([(0.9, 0.1, 0.1), (0.1, 0.2, 0.9)], {"red", "blue"}, {"红", "蓝"}),
        ([(0, 0, 0), (0.1, 0.5, 0.1)], {"green", "black"}, {"绿", "黑"}),
        ([(1, 1, 1)], {"light", "white"}, {"白", "亮"}),
        ([(0.8, 0.05, 0.05), (0.3, 0, 0)], {"mostly", "brown"}, {"棕"}),
    ],
)
def test_descriptions_name_the_colors(colors, english, chinese):
    about, about_zh = next(color_names.descriptions(_flat(*colors)))
    assert english == set(about.split()) - {"and"}
    assert all(each in about_zh for each in chinese)


def test_sepia_is_no_color():
    light = np.linspace(0.1, 0.95, 60)[:, None]
    sepia = color_names.oklab(light * (1, 0.9, 0.75))
    assert (
        color_names.colorfulness(sepia)
        < 0.005
        < color_names.colorfulness(_flat((0.6, 0.3, 0.1), (0.2, 0.4, 0.5), (0.5, 0.5, 0.2)))
    )
