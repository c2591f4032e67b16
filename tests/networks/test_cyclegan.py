import pytest
import torch
from torch import nn

from stylize.device import Compute
from stylize.networks import PatchGAN, ResNetGenerator


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(17)


class Residual(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.body = nn.Sequential(
            reflecting(first), nn.InstanceNorm2d(1), nn.ReLU(), reflecting(second), nn.InstanceNorm2d(1)
        )

    def forward(self, x):
        return x + self.body(x)


def reflecting(conv):
    """A copy of a convolution that pads by itself."""
    side = conv.kernel_size[0]
    copy = nn.Conv2d(conv.in_channels, conv.out_channels, side, padding=side // 2, padding_mode="reflect")
    copy.load_state_dict(conv.state_dict())
    return copy


def upsampling(part):
    if isinstance(part, nn.ConvTranspose2d):
        return part
    return nn.Sequential(nn.UpsamplingBilinear2d(scale_factor=2), reflecting(part[-1]))


def plain(network):
    """The generator as a chain of torch modules with its own weights, on [-1, 1]."""
    layers = [reflecting(network.head), nn.InstanceNorm2d(1), nn.ReLU()]
    layers += [network.down1, nn.InstanceNorm2d(1), nn.ReLU(), network.down2, nn.InstanceNorm2d(1), nn.ReLU()]
    layers += [Residual(block.body[1], block.body[5]) for block in network.body]
    for part in (network.up1, network.up2):
        layers += [part, nn.InstanceNorm2d(1), nn.ReLU()]
    return nn.Sequential(*layers, reflecting(network.tail), nn.Tanh())


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:input's size at dim=1")
@pytest.mark.parametrize("blocks", [6, 9])
@pytest.mark.parametrize("size", [(8, 8), (20, 36)])
def test_generator_against_plain_torch(blocks, size):
    network = ResNetGenerator(2, blocks)
    picture = torch.rand(1, 3, *size)
    expected = (plain(network)(picture * 2 - 1) + 1) / 2
    torch.testing.assert_close(network(picture), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("blocks", "parameters"), [(9, 11_378_179), (6, 7_837_699)])
def test_the_published_size(blocks, parameters):
    assert sum(each.numel() for each in ResNetGenerator(64, blocks).parameters()) == parameters


@torch.no_grad()
def test_resize_convolutions_upsample_bilinearly():
    network = ResNetGenerator(2, 1, "resize")
    x = torch.rand(1, 8, 4, 6)
    up = nn.functional.interpolate(x, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(network.up1(x), reflecting(network.up1[-1])(up))
    assert network(torch.rand(1, 3, 12, 16)).shape == (1, 3, 12, 16)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["transposed", "resize"])
def test_the_result_is_a_picture(kind):
    result = ResNetGenerator(2, 2, kind)(torch.rand(2, 3, 8, 64))
    assert result.shape == (2, 3, 8, 64)
    assert result.dtype == torch.float32
    assert 0 <= result.min() < result.max() <= 1


@torch.no_grad()
def test_training_and_evaluation_give_the_same():
    """Instance norm keeps no running statistics, so each picture is judged by its own."""
    network, pictures = ResNetGenerator(2, 2), torch.rand(2, 3, 16, 16)
    trained = network.train()(pictures)
    torch.testing.assert_close(network.eval()(pictures), trained)
    torch.testing.assert_close(network(pictures[:1]), trained[:1])
    assert all(name.endswith((".weight", ".bias")) for name in network.state_dict())


@torch.no_grad()
def test_bfloat16_stays_close():
    network, picture = ResNetGenerator(8, 2), torch.rand(1, 3, 32, 32)
    exact = network(picture)
    rounded = Compute(torch.device("cpu"), torch.bfloat16).place(network)(picture)
    assert rounded.dtype == torch.float32
    assert (rounded - exact).abs().mean() < 0.02


def test_unknown_upsampling():
    with pytest.raises(ValueError, match="shuffle"):
        ResNetGenerator(2, 1, "shuffle")


# ------------------------------------------------------------------------------------- discriminator


def seen_by_one_score(network, side, size=161):
    """Which pixels change the score in the middle. Instance norm, which sees all, is taken out."""
    for index, part in enumerate(network.body):
        if isinstance(part, nn.InstanceNorm2d):
            network.body[index] = nn.Identity()
    picture = torch.rand(1, 3, size, size, requires_grad=True)
    scores = network(picture)
    middle = scores.shape[2] // 2
    scores[0, 0, middle, middle].backward()
    touched = picture.grad.abs().sum((0, 1)) > 0
    return tuple(int(touched.any(axis).sum()) for axis in (0, 1))


@pytest.mark.parametrize(("layers", "side"), [(1, 16), (2, 34), (3, 70)])
def test_receptive_field(layers, side):
    assert seen_by_one_score(PatchGAN(2, layers), side) == (side, side)


def test_the_published_discriminator():
    assert sum(each.numel() for each in PatchGAN().parameters()) == 2_764_737


@torch.no_grad()
def test_scores_are_raw_and_one_a_patch():
    network = PatchGAN(2)
    assert network(torch.rand(2, 3, 256, 256)).shape == (2, 1, 30, 30)
    network.body[-1].bias.fill_(40)
    assert network(torch.rand(1, 3, 64, 64)).min() > 10  # no sigmoid


@torch.no_grad()
def test_discriminator_sees_the_range_from_minus_one():
    network = PatchGAN(2)
    torch.testing.assert_close(
        network(torch.full((1, 3, 64, 64), 0.5)), network.body(torch.zeros(1, 3, 64, 64))
    )
