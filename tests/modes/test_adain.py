"""AdaIN as a mode: exact sizes, strange pictures, mixing, strength, colors, tiles, stopping."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from given import inputs
from torch import Tensor

from stylize.device import choose
from stylize.errors import MemoryLimitError, SettingsError
from stylize.image import Cutout
from stylize.inputs import StyleInput
from stylize.modes.adain import mode as adain
from stylize.modes.adain import transfer
from stylize.modes.adain.session import AdaINSession
from stylize.modes.finish import finished
from stylize.networks import VGG19, AdaINDecoder
from stylize.statistics import mean_std

HALF = adain.AdaINSettings(network="adain-half")


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """A smooth colored picture, (1, 3, height, width)."""
    torch.manual_seed(seed)
    coarse = torch.rand(1, 3, 4, 4)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")


def paint(content: Tensor, *styles: Tensor | Cutout, **changes: object) -> Tensor:
    """The result of a run."""
    settings = adain.AdaINSettings(**{"network": "adain-half", **changes})  # type: ignore[arg-type]
    steps = list(adain.run(inputs(content, [(s, 1.0) for s in styles]), settings))
    assert [s.step for s in steps] == sorted(s.step for s in steps)
    assert steps[-1].step == steps[-1].total
    assert steps[-1].picture is not None
    return finished(steps[-1].picture, content, settings)


SIZES = [(1, 1), (1, 500), (500, 1), (7, 9), (33, 65), (64, 64), (100, 30), (131, 257)]


@pytest.mark.parametrize("size", SIZES)
def test_the_result_has_exactly_the_contents_size(size: tuple[int, int]) -> None:
    result = paint(picture(*size), picture(48, 48, 1))
    assert result.shape == (1, 3, *size)
    assert result.dtype == torch.float32
    assert result.isfinite().all()
    assert 0 <= result.min() <= result.max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 5), (16, 16), (40, 200)])
def test_styles_of_any_size_serve(size: tuple[int, int]) -> None:
    assert paint(picture(64, 64), picture(*size, 1)).isfinite().all()


@pytest.mark.parametrize("color", ["style", "luminance", "linear"])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_constant_and_gray_styles_give_no_nan(color: str, value: float) -> None:
    gray = picture(32, 32).mean(1, keepdim=True).expand(1, 3, 32, 32)
    for style in (torch.full((1, 3, 32, 32), value), gray, torch.full((1, 3, 1, 1), value)):
        assert paint(picture(40, 40), style, color=color).isfinite().all()
        assert paint(torch.full((1, 3, 40, 40), value), style, color=color).isfinite().all()


def test_working_size_and_full_size() -> None:
    content = picture(60, 120)
    small = paint(content, picture(48, 48, 1), content_side=64, full_size=False)
    assert small.shape == (1, 3, 32, 64)
    assert paint(content, picture(48, 48, 1), content_side=64).shape == content.shape


def test_full_strength_takes_the_styles_statistics_and_none_the_contents() -> None:
    network = adain.load(HALF, choose("cpu", "float32"))
    content, style = picture(64, 64), picture(64, 64, 1)
    encoded = next(f for f in network.encode_content(content) if f is not None)
    target = network.encode_style(style)
    seen: list[Tensor] = []
    network.decoder.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    list(network.render(encoded, target, 1.0))
    mean, deviation = mean_std(seen[0][:, :, 3:-3, 3:-3])  # without the margin
    wanted_mean, wanted_deviation = target.by_layer[transfer.DEEP_LAYER]
    assert torch.allclose(mean, wanted_mean, atol=1e-3)
    # Others have no variation that could be scaled.
    lively = encoded.statistics.by_layer[transfer.DEEP_LAYER][1] > 0.05
    assert lively.sum() > 100
    assert torch.allclose(deviation[lively], wanted_deviation[lively], atol=2e-2, rtol=2e-2)
    list(network.render(encoded, target, 0.0))
    assert torch.allclose(seen[1], encoded.features[:, :256].float(), atol=1e-4)
    list(network.render(encoded, target, 0.25))
    assert torch.allclose(seen[2], 0.25 * seen[0] + 0.75 * seen[1], atol=1e-4)
    network.decoder._forward_pre_hooks.clear()


def test_mixing_is_the_weighted_mean_of_the_targets() -> None:
    one = transfer.StyleStatistics(
        {transfer.DEEP_LAYER: (torch.full((1, 2, 1, 1), 1.0), torch.full((1, 2, 1, 1), 2.0))}
    )
    two = transfer.StyleStatistics(
        {transfer.DEEP_LAYER: (torch.full((1, 2, 1, 1), 5.0), torch.full((1, 2, 1, 1), 4.0))}
    )
    mean, deviation = transfer.mix([StyleInput(one, 3.0), StyleInput(two, 1.0)]).by_layer[transfer.DEEP_LAYER]
    assert mean.flatten().tolist() == [2.0, 2.0]
    assert deviation.flatten().tolist() == [2.5, 2.5]


@pytest.mark.parametrize("weights", [[], [0.0], [-1.0, 2.0]])
def test_weights_that_make_no_mix_are_refused(weights: list[float]) -> None:
    style = transfer.StyleStatistics({transfer.DEEP_LAYER: (torch.zeros(1, 2, 1, 1), torch.ones(1, 2, 1, 1))})
    with pytest.raises(SettingsError):
        transfer.mix([StyleInput(style, weight) for weight in weights])


def test_a_mix_lies_between_its_styles() -> None:
    content, one, two = picture(48, 48), torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32)
    dark, light, both = paint(content, one), paint(content, two), paint(content, one, two)
    assert dark.mean() < both.mean() < light.mean()


def test_keeping_colors_keeps_them() -> None:
    red = torch.tensor([0.8, 0.2, 0.2]).reshape(1, 3, 1, 1) * picture(48, 48).mean(1, keepdim=True)
    blue = torch.tensor([0.1, 0.2, 0.9]).reshape(1, 3, 1, 1) * (
        0.3 + picture(48, 48, 1).mean(1, keepdim=True)
    )
    for color, warmer in (("style", False), ("luminance", True), ("linear", True)):
        result = paint(red, blue, color=color)
        assert (result[:, 0].mean() > result[:, 2].mean()) == warmer, color


def test_tiles_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
    content, style = picture(150, 230), picture(48, 48, 1)
    whole = paint(content, style, content_side=0)
    monkeypatch.setattr(transfer, "CORE", 64)
    assert torch.allclose(paint(content, style, content_side=0), whole, atol=1e-4)


def test_it_can_be_stopped_between_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "CORE", 64)
    steps = adain.run(inputs(picture(200, 200), [(picture(32, 32, 1), 1.0)]), HALF)
    first = list(itertools.islice(steps, 3))
    steps.close()  # type: ignore[attr-defined]
    assert first[-1].step < first[-1].total


def test_no_style_is_a_clear_error() -> None:
    with pytest.raises(SettingsError, match="style"):
        list(adain.run(inputs(picture(32, 32)), HALF))


def test_out_of_memory_shrinks_once_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, seen = adain.steps, []

    def short_of_memory(session: AdaINSession, *args: object) -> object:
        seen.append((max(session.content.shape[2:]), session.style_side))
        if len(seen) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(session, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(adain, "steps", short_of_memory)
    steps = list(adain.run(inputs(picture(64, 128), [(picture(32, 32, 1), 1.0)]), HALF))
    assert seen == [(128, 512), (64, 256)]
    assert "128 pixels: working at 64" in str(steps[0].note)
    assert steps[-1].picture is not None
    assert steps[-1].picture.shape == (1, 3, 32, 64)


def test_out_of_memory_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object) -> object:
        raise MemoryError

    monkeypatch.setattr(adain, "steps", never)
    with pytest.raises(MemoryLimitError, match="smaller working size"):
        list(adain.run(inputs(picture(64, 64), [(picture(32, 32, 1), 1.0)]), HALF))


@pytest.mark.parametrize("passes", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 300), (61, 64)])
def test_every_number_of_passes_keeps_the_size(passes: int, size: tuple[int, int]) -> None:
    result = paint(picture(*size), picture(48, 48, 1), passes=passes)
    assert result.shape == (1, 3, *size)
    assert result.isfinite().all()


def test_passes_take_a_grid_away_and_leave_the_picture_in_place() -> None:
    """A decoder that draws every eighth pixel brighter on top of the color of its feature."""
    network = adain.load(HALF, choose("cpu", "float32"))

    def grid(features: Tensor, *_: object) -> Tensor:
        large = torch.nn.functional.interpolate(features[:, :3], scale_factor=8.0)
        large[..., ::8, ::8] += 0.5
        return large

    grid.enriched, grid.channels = False, (32, 64, 128, 256)  # type: ignore[attr-defined]

    def encode(x: Tensor, _: object) -> dict[str, Tensor]:
        return {transfer.DEEP_LAYER: torch.nn.functional.avg_pool2d(x, 8).repeat(1, 100, 1, 1)[:, :256]}

    spun = transfer.AdaIN(encode, grid, network.device)  # type: ignore[arg-type]
    content = torch.full((1, 3, 64, 64), 0.2)
    content[:, :, 40:, 24:] = 0.4

    def render(passes: int) -> Tensor:
        session = AdaINSession(spun, content, adain.AdaINSettings(network="adain-half", passes=passes), 64)
        return [each for each in session.render(spun.encode_style(content), 0.0) if each is not None][-1]

    once, averaged = render(1), render(4)
    assert torch.isclose(once.max(), torch.tensor(0.9), atol=1e-4)
    assert averaged.max() < 0.55
    assert torch.isclose(averaged[0, 0, 61, 61], torch.tensor(0.4), atol=1e-4)
    assert torch.isclose(averaged[0, 0, 35, 35], torch.tensor(0.2), atol=1e-4)


def enriched(seed: int = 0) -> transfer.AdaIN:
    """Small networks with random weights, whose decoder takes all that an enriched one can."""
    torch.manual_seed(seed)
    widths = (4, 6, 8, 10)
    encoder, decoder = VGG19((*widths, 10), "4_1", "reflect"), AdaINDecoder(widths, enriched=True)
    for name, each in (*encoder.named_parameters(), *decoder.named_parameters()):
        if name.startswith("tone"):
            torch.nn.init.normal_(each, std=0.5)
        elif name.endswith("weight"):
            torch.nn.init.kaiming_normal_(each)
    return transfer.AdaIN(encoder.eval(), decoder.eval(), torch.device("cpu"))


def content_of(network: transfer.AdaIN, x: Tensor) -> transfer.Content:
    return next(each for each in network.encode_content(x) if each is not None)


def render(network: transfer.AdaIN, x: Tensor, style: transfer.StyleStatistics, strength: float) -> Tensor:
    return next(each for each in network.render(content_of(network, x), style, strength) if each is not None)


def test_the_statistics_of_an_enriched_content_are_those_of_all_its_pixels() -> None:
    network, x = enriched(), picture(64, 48)
    own, margin = content_of(network, x).statistics, transfer.MARGIN
    features = network.encoder(torch.nn.functional.pad(x, [margin] * 4, mode="reflect"), network.layers)
    assert own.by_layer.keys() == features.keys() == {"relu1_1", "relu2_1", "relu3_1", "relu4_1"}
    for layer, each in features.items():
        cut = margin * each.shape[3] // (48 + 2 * margin)
        wanted = mean_std(each[:, :, cut:-cut, cut:-cut])
        for one, other in zip(own.by_layer[layer], wanted, strict=True):
            assert torch.allclose(one, other, atol=1e-4), layer


def test_an_enriched_decoder_without_strength_brings_its_content_back() -> None:
    network, x = enriched(), picture(64, 48)
    style = network.encode_style(picture(32, 32, 5))
    none, own = render(network, x, style, 0.0), render(network, x, content_of(network, x).statistics, 1.0)
    assert torch.allclose(none, own, atol=1e-4)
    assert not torch.allclose(render(network, x, style, 1.0), own, atol=1e-2)


def test_tiles_of_an_enriched_decoder_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = enriched(), picture(144, 112)
    style = network.encode_style(picture(40, 40, 5))
    whole = render(network, x, style, 0.8)
    monkeypatch.setattr(transfer, "CORE", 48)
    assert torch.allclose(render(network, x, style, 0.8), whole, atol=1e-4)


def test_colors_reach_an_enriched_decoder_by_its_style_code() -> None:
    network, x = enriched(), picture(64, 48)
    style = network.encode_style(picture(32, 32, 5))
    mean, deviation = style.by_layer["relu1_1"]
    other = transfer.StyleStatistics({**style.by_layer, "relu1_1": (mean + 1, deviation + 1)})
    assert not torch.allclose(render(network, x, style, 1.0), render(network, x, other, 1.0), atol=1e-3)


def test_a_style_picture_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[int] = []
    before = transfer.AdaIN.encode_style

    def encode(self: transfer.AdaIN, style: Tensor) -> transfer.StyleStatistics:
        sides.append(max(style.shape[2:]))
        return before(self, style)

    monkeypatch.setattr(transfer.AdaIN, "encode_style", encode)
    style = picture(64, 64, 1)
    first = paint(picture(48, 48), style)
    assert torch.equal(paint(picture(48, 48), style), first)
    assert sides == [64]
    paint(picture(48, 48), style, style_side=32)
    paint(picture(48, 48), style, network="adain-quarter")
    assert sides == [64, 32, 64]
    style.mul_(0.5)  # in place: another picture now
    assert not torch.allclose(paint(picture(48, 48), style), first, atol=0.02)
    paint(picture(48, 48), style, color="linear")
    paint(picture(48, 48), style, color="linear")
    assert sides == [64, 32, 64, 64, 64, 64]


def test_a_session_that_keeps_features_encodes_once_and_renders_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the strength and the mix, as a run of its own does."""
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
    encoded: list[tuple[int, int]] = []
    before = transfer.AdaIN.encode_content

    def encode(self: transfer.AdaIN, content: Tensor, shift: tuple[int, int] = (0, 0)) -> object:
        encoded.append(shift)
        return before(self, content, shift)

    content, one, two = picture(60, 80), picture(48, 48, 1), picture(48, 48, 2)
    settings = adain.AdaINSettings(network="adain-half", passes=2)
    session = adain.prepare([inputs(content)], settings, keep=True)
    monkeypatch.setattr(transfer.AdaIN, "encode_content", encode)
    for strength, weights in ((1.0, (1.0, 0.0)), (0.3, (1.0, 0.0)), (0.3, (1.0, 2.0))):
        given = inputs(content, list(zip((one, two), weights, strict=True)))
        found = session.rendered(given.styles, replace(settings, strength=strength))
        assert len(encoded) == 2
        alone = list(adain.run(given, replace(settings, strength=strength)))[-1].picture
        assert alone is not None
        assert torch.equal(found, alone)
        del encoded[2:]
    assert session.size > 0


def test_what_counts_of_a_style_is_looked_at_anew_where_it_changed() -> None:
    """In place, or by another alpha at the address of one that is gone."""
    photo, alpha = picture(48, 48), torch.zeros(1, 1, 64, 64)
    style = torch.zeros(1, 3, 64, 64)
    style[:, 0, :, :32], style[:, 2, :, 32:] = 0.8, 0.8

    def redness(alpha: Tensor) -> float:
        red, _, blue = paint(photo, Cutout(style, alpha)).mean((0, 2, 3)).tolist()
        return red - blue

    alpha[..., :32] = 1
    left = redness(alpha)
    assert redness(alpha) == left
    alpha.copy_(alpha.flip(3))
    right = redness(alpha)
    assert right < left - 0.1
    address = id(alpha)
    del alpha
    others: list[Tensor] = []
    while not others or (id(others[-1]) != address and len(others) < 1000):
        others.append(torch.zeros(1, 1, 64, 64))
    others[-1][..., 32:] = 1
    assert redness(others[-1]) == right


def test_a_style_picture_from_inference_mode_serves() -> None:
    with torch.inference_mode():
        style = picture(64, 64, 1)
    assert torch.equal(paint(picture(48, 48), style), paint(picture(48, 48), picture(64, 64, 1)))
