"""From a picture at the working size to the result: size, detail, colors."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stylize.color import keep_luminance
from stylize.image import quantize, resize
from stylize.modes.adain.spec import AdaINSettings
from stylize.modes.cyclegan.spec import CycleGANSettings
from stylize.modes.finish import finished, preview, working_picture
from stylize.modes.options import PictureSettings


def noise(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


CONTENT, PICTURE = noise(60, 90), noise(20, 30, 1)
SETTINGS = [
    AdaINSettings(content_side=30, color=color, full_size=full_size, detail=detail)
    for color in ("style", "luminance", "linear") for full_size in (True, False) for detail in (0.0, 1.0)
]  # fmt: skip


@pytest.mark.parametrize(
    "settings", SETTINGS, ids=lambda each: f"{each.color} {each.full_size} {each.detail}"
)
@pytest.mark.parametrize("named", [True, False])
def test_size_range_and_what_was_given_stays(settings: PictureSettings, named: bool) -> None:
    picture, content = PICTURE.clone(), CONTENT.clone()
    result = finished(picture, content, settings, named=named)
    assert result.shape[2:] == ((60, 90) if settings.full_size else (20, 30))
    assert 0 <= result.min() <= result.max() <= 1
    assert torch.equal(picture, PICTURE)
    assert torch.equal(content, CONTENT)


def test_what_crossed_in_16_bits_gives_the_same() -> None:
    for settings in SETTINGS:
        assert torch.equal(
            finished(PICTURE, CONTENT, settings), finished(quantize(PICTURE), CONTENT, settings)
        )


def test_luminance_keeps_the_photos_chroma_in_full_resolution() -> None:
    settings = AdaINSettings(content_side=30, color="luminance", detail=0)
    content, picture = 0.25 + CONTENT / 2, 0.25 + PICTURE / 2  # so that little is clamped
    result = finished(picture, content, settings)
    chroma = result - result.mean(1, keepdim=True) - (content - content.mean(1, keepdim=True))
    inside = (result > 0).all(1) & (result < 1).all(1)
    assert inside.float().mean() > 0.9
    assert chroma.abs().amax(1)[inside].max() < 1e-5
    expected = keep_luminance(resize(quantize(picture), (60, 90)), content)
    assert torch.equal(result, expected)


def test_an_early_stop_is_brought_to_the_size() -> None:
    for settings in SETTINGS:
        early = finished(noise(5, 8, 2), CONTENT, settings)
        assert early.shape == finished(PICTURE, CONTENT, settings).shape


@pytest.mark.parametrize("color", ["luminance", "linear"])
def test_a_preview_looks_like_the_result(color: str) -> None:
    settings = AdaINSettings(content_side=30, color=color, full_size=False)
    working = working_picture(CONTENT, 30)
    shown = preview(PICTURE, working, settings, named=True)
    torch.testing.assert_close(shown, finished(PICTURE, CONTENT, settings, named=True), atol=1e-3, rtol=0)
    assert (shown - PICTURE).abs().mean() > 0.05
    coarse = preview(noise(10, 15, 2), working, settings, named=True)
    assert coarse.shape == (1, 3, 10, 15)


def test_a_mode_without_colors_is_finished_as_well() -> None:
    result = finished(PICTURE, CONTENT, CycleGANSettings(content_side=30, detail=0))
    assert torch.equal(result, resize(quantize(PICTURE), (60, 90)))


def test_the_working_picture_of_a_working_picture_is_itself() -> None:
    for side, smaller in ((30, 0), (0, 0), (30, 15), (500, 40)):
        working = working_picture(CONTENT, side, smaller)
        assert torch.equal(working_picture(working_picture(CONTENT, side), side, smaller), working)
