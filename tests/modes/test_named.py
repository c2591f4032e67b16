"""Styles as modes take them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stylize import library
from stylize.image import load
from stylize.inputs import StyleInput
from stylize.modes.named import as_picture, changed, for_encoder, is_as_read


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_is_as_it_was_read_until_something_of_it_is_changed(mode: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (8, 8, 4), np.uint8)
    style = StyleInput(load(Image.fromarray(noise).convert(mode)))
    looked = as_picture(for_encoder(style, fits=True, encoder="").source)
    assert is_as_read(looked, style)
    assert is_as_read(looked, style.with_weight(2.0))
    assert not is_as_read(changed(looked, lambda each: each.flip(2)), style)
    assert not is_as_read(looked, StyleInput(load(Image.fromarray(noise).convert(mode))))


def test_the_sample_of_a_named_style_is_not_what_the_name_stands_for() -> None:
    style = StyleInput(library.style("claude-monet"))
    assert not is_as_read(as_picture(for_encoder(style, fits=False, encoder="").source), style)
