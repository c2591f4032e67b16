import colorsys

import pytest
import torch

from stylize import color
from stylize.color import keep_luminance, luminance, match_linear


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(3)


def gentle(height=24, width=32):
    """Colors well inside [0, 1], each channel with a spread of its own and tied to the others."""
    mix = torch.tensor([[0.05, 0.01, 0.0], [0.03, 0.04, 0.01], [-0.02, 0.0, 0.03]])
    noise = torch.randn(3, height * width).clamp(-3, 3)
    return (mix @ noise + torch.tensor([[0.6], [0.5], [0.4]])).view(1, 3, height, width)


def statistics(picture):
    colors = picture[0].flatten(1).double()
    return colors.mean(1), torch.cov(colors, correction=0)


def flat(red, green, blue, height=5, width=6):
    return torch.tensor([red, green, blue]).view(1, 3, 1, 1).expand(1, 3, height, width).clone()


def test_luminance_is_that_of_yiq():
    red, green, blue = 0.2, 0.7, 0.4
    found = luminance(flat(red, green, blue)).unique().item()
    assert found == pytest.approx(colorsys.rgb_to_yiq(red, green, blue)[0], abs=0.005)


def test_keep_luminance_takes_y_from_one_and_i_and_q_from_the_other():
    stylised, content = gentle(), gentle()
    result = keep_luminance(stylised, content)
    for row, column in ((0, 0), (5, 9), (23, 31)):
        found, light, chroma = (
            colorsys.rgb_to_yiq(*picture[0, :, row, column].tolist())
            for picture in (result, stylised, content)
        )
        # colorsys rounds its coefficients, so its Y lies a little beside BT.601's.
        assert found[0] == pytest.approx(light[0], abs=0.005)
        assert found[1:] == pytest.approx(chroma[1:], abs=0.005)
    assert torch.allclose(luminance(result), luminance(stylised), atol=1e-6)


def test_keep_luminance_leaves_a_picture_as_it_is_when_both_are_the_same():
    picture = torch.rand(1, 3, 9, 9)
    assert torch.allclose(keep_luminance(picture, picture), picture)


def test_keep_luminance_clamps_and_touches_neither_input():
    stylised, content = flat(1.0, 1, 1), flat(0.0, 0, 1)
    result = keep_luminance(stylised, content)
    assert result.min() >= 0
    assert result.max() <= 1
    assert torch.equal(stylised, flat(1.0, 1, 1))
    assert torch.equal(content, flat(0.0, 0, 1))


def test_keep_luminance_refuses_to_stretch():
    with pytest.raises(ValueError, match="size"):
        keep_luminance(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 1, 1))


def test_match_linear_gives_the_contents_mean_and_covariance():
    style, content = gentle(40, 40).flip(1), 0.9 * gentle(24, 32)
    mean, covariance = statistics(match_linear(style, content))
    wanted_mean, wanted_covariance = statistics(content)
    assert torch.allclose(mean, wanted_mean, atol=1e-4)
    assert torch.allclose(covariance, wanted_covariance, rtol=0.05, atol=2e-5)
    assert not torch.allclose(statistics(style)[1], wanted_covariance, rtol=0.05, atol=2e-5)


def test_match_linear_keeps_the_styles_size_type_and_order():
    style = gentle(7, 50)
    result = match_linear(style, gentle(30, 8))
    assert (result.shape, result.dtype) == (style.shape, torch.float32)
    # the square roots are symmetric: colors move as little as they can, so light stays light
    before, after = luminance(style).flatten(), luminance(result).flatten()
    assert torch.corrcoef(torch.stack([before, after]))[0, 1] > 0.9


def test_match_linear_changes_nothing_between_equals():
    picture = torch.rand(1, 3, 20, 20)
    assert torch.allclose(match_linear(picture, picture), picture, atol=1e-5)


@pytest.mark.parametrize("style", ["flat", "black", "gray", "one pixel", "two colors", "gentle"])
@pytest.mark.parametrize("content", ["flat", "black", "gray", "one pixel", "two colors", "gentle"])
def test_match_linear_stands_pictures_without_color(style, content):
    ramp = torch.linspace(0.2, 0.8, 30).view(1, 1, 5, 6).expand(1, 3, 5, 6)
    pictures = {
        "flat": flat(0.2, 0.5, 0.7), "black": flat(0.0, 0, 0), "one pixel": torch.rand(1, 3, 1, 1),
        "two colors": torch.cat([flat(0.9, 0, 0), flat(0.0, 0, 0.9)], 2), "gray": ramp, "gentle": gentle(),
    }  # fmt: skip
    result = match_linear(pictures[style], pictures[content])
    assert result.isfinite().all()
    assert result.min() >= 0
    assert result.max() <= 1
    if style in ("flat", "black", "one pixel"):  # one color has nowhere to go but to the mean
        wanted = statistics(pictures[content])[0].float().view(1, 3, 1, 1)
        assert torch.allclose(result, wanted.expand_as(result), atol=1e-4)
    if content == "gray":
        assert (result.amax(1) - result.amin(1)).mean() < 0.02


def test_match_linear_invents_no_color_where_the_style_has_none():
    gray = torch.rand(1, 1, 32, 32).mul(255).round().div(255).expand(1, 3, 32, 32)
    spread = torch.linalg.eigvalsh(statistics(match_linear(gray, gentle()))[1])
    assert spread[1] < 1e-8 < 1e-4 < spread[2]  # still a line in the color space


def test_match_linear_does_not_blow_rounding_up_to_a_picture():
    dithered = 0.5 + torch.randint(0, 2, (1, 3, 32, 32)) / 255
    content = gentle()
    assert statistics(match_linear(dithered, content))[1].trace() < 0.3 * statistics(content)[1].trace()


def test_covariance_rounded_below_zero_still_has_an_inverse_root():
    assert color._symmetric_power(torch.diag(torch.tensor([1.0, 0, -1e-3])).double(), -0.5).isfinite().all()
