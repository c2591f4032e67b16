import pytest
import torch
from torch import nn

from stylize.device import Compute
from stylize.networks import VGG19, AdaINDecoder
from stylize.networks.vgg import FULL

WIDTHS = (3, 4, 5, 6)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(13)


def plain(decoder, padding):
    """The decoder as a chain of torch modules with the decoder's own weights."""
    layers = []
    for name, conv in decoder.named_children():
        copy = nn.Conv2d(conv.in_channels, conv.out_channels, 3, padding=1, padding_mode=padding)
        copy.load_state_dict(conv.state_dict())
        layers += [copy, nn.ReLU()]
        if name in ("deconv4_1", "deconv3_1", "deconv2_1"):
            layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
@pytest.mark.parametrize("padding", ["reflect", "zeros"])
@pytest.mark.parametrize("size", [(2, 2), (3, 7)])
def test_against_plain_torch(padding, size):
    decoder = AdaINDecoder(WIDTHS, padding)
    features = torch.randn(2, WIDTHS[3], *size)
    result = decoder(features)
    assert result.shape == (2, 3, 8 * size[0], 8 * size[1])
    torch.testing.assert_close(result, plain(decoder, padding)(features), atol=1e-5, rtol=1e-5)


def test_the_published_size():
    assert sum(each.numel() for each in AdaINDecoder(FULL).parameters()) == 3_505_219


def test_it_mirrors_the_encoder():
    encoder, decoder = VGG19((*WIDTHS, 6), "4_1", "reflect"), AdaINDecoder(WIDTHS)
    picture = torch.rand(1, 3, 24, 16)
    assert decoder(encoder(picture, ("relu4_1",))["relu4_1"]).shape == picture.shape
    into = [conv.in_channels for conv in encoder.children()]
    assert [conv.out_channels for conv in decoder.children()] == into[::-1]


def test_gradients_reach_the_features_and_the_weights():
    decoder = AdaINDecoder(WIDTHS)
    features = torch.randn(1, WIDTHS[3], 2, 2, requires_grad=True)
    decoder(features).sum().backward()
    assert features.grad.abs().sum() > 0
    assert all(each.grad is not None for each in decoder.parameters())


@torch.no_grad()
def test_the_features_are_left_as_they_were():
    features = torch.randn(1, WIDTHS[3], 2, 2)
    before = features.clone()
    AdaINDecoder(WIDTHS)(features)
    assert torch.equal(features, before)


@torch.no_grad()
def test_bfloat16_stays_close():
    decoder, features = AdaINDecoder((8, 8, 8, 8)), torch.rand(1, 8, 4, 4)
    exact = decoder(features)
    rounded = Compute(torch.device("cpu"), torch.bfloat16).place(decoder)(features)
    assert rounded.dtype == torch.bfloat16
    assert (rounded.float() - exact).norm() < 0.05 * exact.norm()


def test_unknown_padding():
    with pytest.raises(ValueError, match="circular"):
        AdaINDecoder(WIDTHS, "circular")
