"""Convolutions at twice the size against their polyphase form."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from stylize.networks.polyphase import bilinear_kernel, pointwise_kernel, shuffled_kernel


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(5)


def test_a_bilinear_enlargement_need_not_be_made() -> None:
    x, weight = torch.randn(2, 5, 6, 9), torch.randn(3, 5, 3, 3)
    large = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    wanted = F.conv2d(F.pad(large, (1,) * 4, mode="replicate"), weight)
    found = F.pixel_shuffle(F.conv2d(F.pad(x, (1,) * 4, mode="replicate"), bilinear_kernel(weight)), 2)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_a_convolution_of_a_map_kept_as_four_times_the_channels() -> None:
    x, weight = torch.randn(2, 5, 8, 12), torch.randn(3, 5, 3, 3)
    wanted = F.conv2d(x, weight, padding=1)
    found = F.pixel_shuffle(F.conv2d(F.pixel_unshuffle(x, 2), shuffled_kernel(weight), padding=1), 2)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_a_convolution_of_single_pixels() -> None:
    x, weight = torch.randn(2, 5, 8, 12), torch.randn(3, 5, 1, 1)
    found = F.pixel_shuffle(F.conv2d(F.pixel_unshuffle(x, 2), pointwise_kernel(weight)), 2)
    torch.testing.assert_close(found, F.conv2d(x, weight), atol=1e-5, rtol=1e-5)
