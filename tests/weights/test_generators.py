"""Translations as others train them: with batch norm, and pytorch/examples' fast neural style."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import stylize
from stylize.device import choose
from stylize.errors import CheckpointError
from stylize.image import to_pil
from stylize.networks import ResNetGenerator, TransformerNet
from stylize.weights import checkpoints


@pytest.fixture
def picture() -> Tensor:
    torch.manual_seed(1)
    return torch.rand(1, 3, 24, 32)


def pixels(image: Image.Image) -> Tensor:
    """(1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255


# CycleGAN with batch norm ----------------------------------------------------------------------------


class ResnetBlock(nn.Module):
    def __init__(self, channels: int, dropout: bool) -> None:
        super().__init__()
        layers = [
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        ]
        layers += [nn.Dropout(0.5)] if dropout else []
        layers += [
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class BatchNormed(nn.Module):
    """As ``--norm batch`` makes it: no bias but in the last convolution."""

    def __init__(self, width: int = 3, blocks: int = 6, dropout: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        ]  # fmt: skip
        for channels in (width, 2 * width):
            layers += [
                nn.Conv2d(channels, 2 * channels, 3, 2, 1, bias=False),
                nn.BatchNorm2d(2 * channels),
                nn.ReLU(),
            ]
        layers += [ResnetBlock(4 * width, dropout) for _ in range(blocks)]
        for channels in (4 * width, 2 * width):
            up = nn.ConvTranspose2d(channels, channels // 2, 3, 2, 1, output_padding=1, bias=False)
            layers += [up, nn.BatchNorm2d(channels // 2), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return (self.model(x * 2 - 1) + 1) / 2


def trained(network: nn.Module) -> nn.Module:
    """With weights and statistics that are not those of the start."""
    torch.manual_seed(3)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1, 0.3)
            nn.init.normal_(part.bias, 0, 0.3)
            nn.init.normal_(part.running_mean, 0, 0.3)
            nn.init.uniform_(part.running_var, 0.05, 2)
    return network.eval()


@pytest.mark.parametrize("dropout", [False, True])
def test_batch_norm_becomes_part_of_the_convolutions(tmp_path: Path, picture: Tensor, dropout: bool) -> None:
    plain = trained(BatchNormed(dropout=dropout))
    torch.save(plain.state_dict(), tmp_path / "latest_net_G.pth")
    network = checkpoints.load_generator(tmp_path / "latest_net_G.pth").eval()
    assert isinstance(network, ResNetGenerator)
    assert (network.width, network.blocks) == (3, 6)
    with torch.no_grad():
        wanted, found = plain(picture), network(picture)
    assert wanted.std() > 0.03
    assert torch.allclose(found, wanted, atol=1e-5)


def test_a_picture_in_bands_is_that_of_the_whole() -> None:
    torch.manual_seed(4)
    network = ResNetGenerator(4, 2, normed=False).eval()
    x = torch.rand(1, 3, 52, 24)
    with torch.no_grad():
        found = network._to_rgb(network._in_bands(x * 2 - 1, 24))
        torch.testing.assert_close(found, network(x), atol=1e-5, rtol=0)


def test_batch_norm_with_a_bias_before_it(tmp_path: Path, picture: Tensor) -> None:
    plain = BatchNormed()
    plain.model[1] = nn.Conv2d(3, 3, 7)
    plain = trained(plain)
    torch.save({"state_dict": plain.state_dict()}, tmp_path / "g.pth")
    with torch.no_grad():
        found = checkpoints.load_generator(tmp_path / "g.pth").eval()(picture)
        assert torch.allclose(found, plain(picture), atol=1e-5)


@pytest.mark.parametrize(
    ("key", "value"),
    [("model.5.running_mean", None), ("model.5.bias", None), ("model.5.running_var", torch.ones(5)),
     ("model.5.weight", torch.full((6,), float("nan")))],
)  # fmt: skip
def test_batch_norm_that_is_not_whole_is_refused(tmp_path: Path, key: str, value: Tensor | None) -> None:
    state = {name: each for name, each in trained(BatchNormed()).state_dict().items() if name != key}
    torch.save({**state, **({} if value is None else {key: value})}, tmp_path / "g.pth")
    with pytest.raises(CheckpointError, match=r"g\.pth"):
        checkpoints.load_generator(tmp_path / "g.pth")


# Fast neural style -----------------------------------------------------------------------------------


class ConvLayer(nn.Module):
    def __init__(self, channels: int, out: int, kernel: int, stride: int, upsample: int = 0) -> None:
        super().__init__()
        self.upsample, self.reflection_pad = upsample, nn.ReflectionPad2d(kernel // 2)
        self.conv2d = nn.Conv2d(channels, out, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.upsample:
            x = nn.functional.interpolate(x, mode="nearest", scale_factor=self.upsample)
        return self.conv2d(self.reflection_pad(x))


class ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.in1 = ConvLayer(channels, channels, 3, 1), nn.InstanceNorm2d(channels, affine=True)
        self.conv2, self.in2 = ConvLayer(channels, channels, 3, 1), nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.in2(self.conv2(self.in1(self.conv1(x)).relu())) + x


class Reference(nn.Module):
    """pytorch/examples' TransformerNet, written as it is there: from 0 to 255."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        channels = [width, 2 * width, 4 * width]
        self.conv1, self.in1 = ConvLayer(3, channels[0], 9, 1), nn.InstanceNorm2d(channels[0], affine=True)
        self.conv2, self.in2 = (
            ConvLayer(channels[0], channels[1], 3, 2),
            nn.InstanceNorm2d(channels[1], affine=True),
        )
        self.conv3, self.in3 = (
            ConvLayer(channels[1], channels[2], 3, 2),
            nn.InstanceNorm2d(channels[2], affine=True),
        )
        self.res1, self.res2, self.res3, self.res4, self.res5 = (ResidualBlock(channels[2]) for _ in range(5))
        self.deconv1, self.in4 = (
            ConvLayer(channels[2], channels[1], 3, 1, 2),
            nn.InstanceNorm2d(channels[1], affine=True),
        )
        self.deconv2, self.in5 = (
            ConvLayer(channels[1], channels[0], 3, 1, 2),
            nn.InstanceNorm2d(channels[0], affine=True),
        )
        self.deconv3 = ConvLayer(channels[0], 3, 9, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.in1(self.conv1(x)).relu()
        y = self.in2(self.conv2(y)).relu()
        y = self.in3(self.conv3(y)).relu()
        y = self.res5(self.res4(self.res3(self.res2(self.res1(y)))))
        y = self.in4(self.deconv1(y)).relu()
        y = self.in5(self.deconv2(y)).relu()
        return self.deconv3(y)


@pytest.fixture
def reference() -> Reference:
    torch.manual_seed(5)
    network = Reference()
    for part in network.modules():
        if isinstance(part, nn.InstanceNorm2d):
            nn.init.normal_(part.weight, 1, 0.3)
            nn.init.normal_(part.bias, 0, 0.3)
    network.deconv3.conv2d.weight.data.mul_(60)
    network.deconv3.conv2d.bias.data.fill_(120)
    return network.eval()


def saved(reference: Reference, path: Path, deprecated: bool = False) -> Path:
    state = reference.state_dict()
    if deprecated:  # as the published mosaic.pth, candy.pth, udnie.pth and rain_princess.pth
        norms = [name.removesuffix(".weight") for name, each in state.items()
                 if name.endswith(".weight") and each.dim() == 1]  # fmt: skip
        for name in norms:
            state[f"{name}.running_mean"] = torch.rand_like(state[f"{name}.weight"])
            state[f"{name}.running_var"] = torch.rand_like(state[f"{name}.weight"])
    torch.save(state, path)
    return path


@pytest.mark.parametrize("deprecated", [False, True])
def test_the_network_of_fast_neural_style(
    tmp_path: Path, picture: Tensor, reference: Reference, deprecated: bool
) -> None:
    network = checkpoints.load_generator(saved(reference, tmp_path / "mosaic.pth", deprecated)).eval()
    assert isinstance(network, TransformerNet)
    with torch.no_grad():
        wanted, found = reference(picture * 255) / 255, network(picture)
    assert wanted.std() > 0.05
    assert torch.allclose(found, wanted, atol=1e-4)


def test_fast_neural_style_paints_by_its_path(
    tmp_path: Path, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.setenv("STYLIZE_DTYPE", "float32")
    torch.manual_seed(2)
    photo = torch.rand(1, 3, 32, 40)
    path = saved(reference, tmp_path / "candy.pth")
    made = stylize.stylize(to_pil(photo), mode="cyclegan", translation=str(path), content_side=0)
    assert made.size == (40, 32)
    with torch.no_grad():
        wanted = (reference(pixels(to_pil(photo)) * 255) / 255).clamp(0, 1)
    assert (pixels(made) - wanted).abs().max() < 3 / 255


def test_fast_neural_style_in_half_precision(tmp_path: Path, picture: Tensor, reference: Reference) -> None:
    network = checkpoints.load_generator(saved(reference, tmp_path / "mosaic.pth"))
    placed = choose("cpu", "bfloat16").place(copy.deepcopy(network))
    with torch.no_grad():
        error = (placed(picture).float() - network(picture)).abs().mean()
    assert error < 0.05


def test_what_is_missing_or_too_much_is_named(tmp_path: Path, reference: Reference) -> None:
    state = reference.state_dict()
    torch.save({name: each for name, each in state.items() if name != "in2.bias"}, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match=r"lacks in2\.bias"):
        checkpoints.load_generator(tmp_path / "a.pth")
    torch.save({**state, "deconv4.conv2d.weight": torch.ones(1)}, tmp_path / "b.pth")
    with pytest.raises(CheckpointError, match="fits no network"):
        checkpoints.load_generator(tmp_path / "b.pth")
    torch.save(state, tmp_path / "c.pth")
    with pytest.raises(CheckpointError, match="is a fast-neural-style generator, which does not serve"):
        checkpoints.load_decoder(tmp_path / "c.pth")


# What is named and not asked for again ---------------------------------------------------------------


def test_a_u_net_is_called_by_its_name(tmp_path: Path) -> None:
    inner = nn.Sequential(nn.LeakyReLU(), nn.Conv2d(4, 4, 4), nn.ReLU(), nn.ConvTranspose2d(4, 4, 4))
    for _ in range(3):
        block = nn.Module()
        block.model = inner
        inner = nn.Sequential(nn.LeakyReLU(), nn.Conv2d(4, 4, 4), nn.BatchNorm2d(4), block)
    outer = nn.Module()
    outer.model = nn.Sequential(nn.Conv2d(3, 4, 4), block)
    unet = nn.Module()
    unet.model = outer
    torch.save(unet.state_dict(), tmp_path / "latest_net_G.pth")
    with pytest.raises(CheckpointError, match="is a U-Net generator, which does not serve here"):
        checkpoints.load_generator(tmp_path / "latest_net_G.pth")
