"""AdaIN's mode with the network that paints in one pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from stylize import library
from stylize.device import choose
from stylize.image import load, of_tensor, resize
from stylize.inputs import Inputs, StyleInput
from stylize.modes.adain import mode as adain
from stylize.modes.adain.painting import Painting
from stylize.modes.adain.spec import ADAIN, AdaINSettings
from stylize.weights import zoo

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = AdaINSettings(network="painter", content_side=128)


@pytest.fixture(scope="module")
def photo():
    return load(EXAMPLES / "photos" / "raccoon.jpg")


@pytest.fixture(scope="module")
def glass():
    return load(EXAMPLES / "styles" / "stained-glass.jpg")


@pytest.fixture(scope="module")
def pond():
    return load(EXAMPLES / "styles" / "lily-pond.jpg")


def paint(photo, *styles, settings=SETTINGS):
    given = tuple(StyleInput(*each) if isinstance(each, tuple) else StyleInput(each) for each in styles)
    return list(adain.run(Inputs(photo, given), settings))[-1].picture


def far(one, other):
    return float((one - other).abs().mean())


def test_a_painting_has_the_working_size_and_its_range(photo, glass):
    picture = paint(photo, glass)
    assert max(picture.shape[2:]) == 128
    assert picture.dtype == torch.float32
    assert 0 <= picture.min() < picture.max() <= 1


def test_the_same_twice_and_by_every_road(photo, glass):
    inputs = Inputs(photo, (StyleInput(glass),))
    alone = paint(photo, glass)
    assert torch.equal(alone, paint(photo, glass))
    batch = adain.run_batch([inputs, inputs], SETTINGS)
    assert all(torch.equal(alone, each.picture) for each in batch)
    kept = adain.prepare([inputs], SETTINGS, keep=True)
    for strength, freedom in ((1.0, 0.0), (0.5, 1.0)):
        settings = replace(SETTINGS, strength=strength, freedom=freedom)
        assert torch.equal(kept.rendered(inputs.styles, settings), paint(photo, glass, settings=settings))


def test_strength_walks_from_the_photo_to_the_style(photo, glass):
    none, half, full = (
        paint(photo, glass, settings=replace(SETTINGS, strength=each)) for each in (0.0, 0.5, 1.0)
    )
    working = adain.prepare([Inputs(photo, (StyleInput(glass),))], SETTINGS).content
    assert torch.equal(none, working)
    assert far(none, full) > 0.1
    assert far(half, full) < far(none, full)
    assert far(half, none) < far(none, full)


def test_freedom_leaves_more_or_less_of_the_photo(photo, glass):
    strict, free = (paint(photo, glass, settings=replace(SETTINGS, freedom=each)) for each in (-1.0, 1.0))
    assert far(strict, free) > 0.02


def test_a_known_picture_has_its_own_code_and_another_copy_of_it_a_predicted_one(photo, glass):
    network = adain.load(SETTINGS)
    assert isinstance(network, Painting)
    assert network.known(glass.sha256) is not None
    assert network.known("claude-monet") is not None
    assert network.known("0" * 64) is None
    copy = of_tensor(glass.tensor.flip(3))
    assert network.known(copy.sha256) is None
    assert far(paint(photo, glass), paint(photo, copy)) > 0.01


def test_a_style_of_the_library_without_a_code_is_predicted_from_its_statistics(photo):
    monet, other = library.style("claude-monet"), library.style("claude-monet-2")
    network = adain.load(SETTINGS)
    assert network.known(other.name) is None
    predicted = network.of_statistics(other.with_encoder(network.encoder_sha256).statistics())
    assert predicted.code.shape == network.known(monet.name).code.shape
    assert far(paint(photo, monet), paint(photo, other)) > 0.01


def test_a_mix_lies_between_its_styles(photo, glass, pond):
    network = adain.load(SETTINGS)
    one, two = (StyleInput(network.known(each.sha256), weight) for each, weight in ((glass, 3), (pond, 1)))
    mixed = network.mix([one, two])
    torch.testing.assert_close(mixed.code, 0.75 * one.source.code + 0.25 * two.source.code)
    both = paint(photo, (glass, 3.0), (pond, 1.0))
    assert far(both, paint(photo, glass)) > 0.01


def test_the_brush_alone_decides_at_which_size_is_painted(photo, glass):
    for brush, longest in ((1.0, 512), (2.0, 256), (0.5, 1024)):
        network = Painting(
            *(each.network for each in zoo.painter("painter", choose())), choose().device, "", brush
        )
        for side in (96, 160):
            *_, draft = network.encode_content(torch.rand(1, 3, side, side // 2))
            assert tuple(draft.small.shape[2:]) == (longest, longest // 2)
    broad, fine = (paint(photo, glass, settings=replace(SETTINGS, brush=each)) for each in (3.0, 0.8))
    assert far(broad, fine) > 0.02


def test_a_picture_of_one_pixel_is_painted(glass):
    assert paint(of_tensor(torch.rand(1, 3, 1, 1)), glass).shape == (1, 3, 1, 1)
    assert paint(of_tensor(torch.rand(1, 3, 3, 40)), of_tensor(torch.rand(1, 3, 1, 2))).shape == (1, 3, 3, 40)


def test_strength_and_freedom_follow_a_slider_and_the_brush_does_not():
    assert ADAIN.instant_change(SETTINGS, replace(SETTINGS, strength=0.2, freedom=0.5))
    assert not ADAIN.instant_change(SETTINGS, replace(SETTINGS, brush=2.0))


def test_needs_name_the_painter_and_its_encoder(tmp_path):
    assert adain.needs(SETTINGS) == ("painter", "vgg19-half")
    own = tmp_path / "own.safetensors"
    own.write_bytes(zoo.painter("painter", choose())[1].found.path.read_bytes())
    assert adain.needs(replace(SETTINGS, network=str(own))) == (str(own), "vgg19-half")


def test_a_larger_working_size_keeps_the_strokes_and_is_finer(photo, glass):
    small, large = (
        paint(photo, glass, settings=replace(SETTINGS, content_side=each)) for each in (512, 1024)
    )
    assert max(large.shape[2:]) == 1024
    assert far(resize(large, small.shape[2:]), small) < 0.06
    enlarged = resize(small, large.shape[2:])

    def grain(picture):
        return float((picture - resize(resize(picture, small.shape[2:]), picture.shape[2:])).abs().mean())

    assert grain(large) > 1.5 * grain(enlarged)


def test_a_style_that_one_painter_predicted_is_not_taken_for_anothers(photo, tmp_path):
    """Both look with the same encoder at the very same tensor."""
    found = zoo.painter("painter", choose())[1].found
    tensors = load_file(found.path)
    tensors["predictor.4.bias"] = tensors["predictor.4.bias"] + 1
    other = tmp_path / "other.safetensors"
    save_file(tensors, other)
    style = of_tensor(torch.rand(1, 3, 64, 64))
    assert (
        far(paint(photo, style), paint(photo, style, settings=replace(SETTINGS, network=str(other)))) > 0.01
    )
