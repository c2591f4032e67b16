"""What is kept of styles and of raw photos."""

from __future__ import annotations

import torch

from stylize.networks.painter import LAYERS
from stylize.training.painter_losses import compared_moments, style_errors
from stylize.training.painter_statistics import RawPhotoMoments, StyleBank, measured

from .conftest import tiny_vgg

RANDOM = torch.Generator().manual_seed(5)
NETWORK = tiny_vgg()
STYLES = torch.rand(5, 3, 32, 32, generator=RANDOM)


def moments_of(pictures):
    return compared_moments(NETWORK, NETWORK(pictures, LAYERS))


def raw_photos():
    photos, raw = (
        torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(1)),
        RawPhotoMoments(NETWORK),
    )
    raw.measure([moments_of(photos[:4]), moments_of(photos[4:])])
    return photos, raw


def test_the_error_of_raw_photos_is_the_mean_over_them():
    photos, raw = raw_photos()
    for style in STYLES:
        own, wanted = moments_of(photos), moments_of(style[None])
        direct = style_errors(own, {name: tuple(x.expand(6, *x.shape[1:]) for x in each)
                                    for name, each in wanted.items()})  # fmt: skip
        torch.testing.assert_close(raw.errors(wanted)[0], direct.mean(0), rtol=1e-4, atol=1e-6)


def table(room, least=2):
    asked, (_, raw) = [], raw_photos()

    def measure(style):
        asked.append(style)
        return measured(NETWORK, NETWORK, raw, STYLES[style : style + 1])

    return StyleBank(measure, len(STYLES), room, least), asked


def test_each_style_is_measured_once_and_kept_nearly_exactly():
    kept, asked = table(1e9)
    kept.at([3, 0])
    found = kept.at([0, 3, 0])
    assert asked == [3, 0]
    assert kept.capacity == len(STYLES)
    for layer, (mean, covariance) in moments_of(STYLES[[0, 3, 0]]).items():
        torch.testing.assert_close(found.moments[layer][0], mean, rtol=1e-4, atol=1e-5)
        scale = covariance.abs().amax()
        torch.testing.assert_close(found.moments[layer][1] / scale, covariance / scale, rtol=0, atol=1e-3)
    assert found.raw.shape == (3, len(LAYERS), 3)
    assert torch.equal(found.vectors[0], found.vectors[2])
    assert not torch.equal(found.vectors[0], found.vectors[1])


def test_where_room_is_short_the_style_unused_for_longest_makes_way():
    kept, asked = table(room=0)
    truth = table(1e9)[0].at(range(5)).vectors
    for pair in ([0, 1], [1, 2], [1, 2], [0, 2]):
        torch.testing.assert_close(kept.at(pair).vectors, truth[pair])
    assert kept.capacity == 2
    assert asked == [0, 1, 2, 0]
