"""The cpu_kernels forms against the plain ones, and the pictures that bfloat16 makes against float32's."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from given import inputs
from torch import Tensor, nn

from stylize.device import choose
from stylize.modes.adain import mode as adain
from stylize.modes.cyclegan import mode as cyclegan
from stylize.networks import VGG19, AdaINDecoder, ResNetGenerator, cpu_kernels
from stylize.weights import zoo


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(23)


def plain(x: Tensor, conv: nn.Conv2d, padding: str) -> Tensor:
    rim = conv.kernel_size[0] // 2
    mode = "constant" if padding == "zeros" else padding
    return conv(F.pad(x, (rim,) * 4, mode=mode))


PADDINGS = pytest.mark.parametrize("padding", ["reflect", "zeros"])
SIZES = pytest.mark.parametrize("size", [(2, 2), (4, 10), (17, 6)])


@torch.no_grad()
@PADDINGS
@SIZES
@pytest.mark.parametrize("count", [1, 3])
def test_a_doubled_map_need_not_be_made(padding: str, size: tuple[int, int], count: int) -> None:
    x, conv = torch.randn(count, 5, *size), nn.Conv2d(5, 4, 3)
    wanted = plain(F.interpolate(x, scale_factor=2.0, mode="nearest"), conv, padding)
    found = cpu_kernels.upsample_conv2d(x, conv.weight, conv.bias, padding)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@PADDINGS
@pytest.mark.parametrize("side", [3, 7])
@pytest.mark.parametrize("biased", [True, False])
def test_four_pixels_at_once(padding: str, side: int, biased: bool) -> None:
    x, conv = torch.randn(2, 5, 10, 14), nn.Conv2d(5, 3, side, bias=biased)
    found = cpu_kernels.few_channel_conv2d(x, conv.weight, conv.bias, padding)
    torch.testing.assert_close(found, plain(x, conv, padding), atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("size", [(2, 2), (2, 9), (9, 2), (3, 3), (13, 8)])
@pytest.mark.parametrize("biased", [True, False])
def test_the_rim_of_a_large_map_is_made_apart(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], biased: bool
) -> None:
    monkeypatch.setattr(cpu_kernels, "LARGE", 1)
    x, conv = torch.randn(2, 5, *size), nn.Conv2d(5, 4, 3, bias=biased)
    x = x.contiguous(memory_format=torch.channels_last)
    padded: list[Tensor] = []

    def pad(one: Tensor, *rest: object, **more: object) -> Tensor:
        padded.append(one)
        return reflected(one, *rest, **more)

    reflected = F.pad
    monkeypatch.setattr(cpu_kernels.F, "pad", pad)
    found = cpu_kernels.conv2d(x, conv.weight, conv.bias, "reflect")
    assert len(padded) == 2
    assert all(each is not x for each in padded)
    monkeypatch.undo()
    torch.testing.assert_close(found, plain(x, conv, "reflect"), atol=1e-5, rtol=1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_large_map_with_a_gradient_keeps_the_plain_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_kernels, "LARGE", 1)
    monkeypatch.setattr(
        cpu_kernels, "_conv2d_separate_borders", lambda *given: pytest.fail("not while learning")
    )
    conv = nn.Conv2d(5, 4, 3)
    found = cpu_kernels.conv2d(torch.randn(1, 5, 8, 8), conv.weight, conv.bias, "reflect")
    assert found.requires_grad


@torch.no_grad()
@pytest.mark.parametrize("size", [(2, 2), (3, 2), (7, 12), (9, 5)])
def test_pooling_without_places(size: tuple[int, int]) -> None:
    x = torch.randn(2, 5, *size).contiguous(memory_format=torch.channels_last)
    found = cpu_kernels.max_pool2d(x)
    assert torch.equal(found, F.max_pool2d(x, 2))
    assert found.is_contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def test_instance_norm_keeps_the_order_in_memory() -> None:
    x = torch.randn(2, 6, 9, 12).contiguous(memory_format=torch.channels_last)
    found = cpu_kernels.instance_norm(x)
    torch.testing.assert_close(found, F.instance_norm(x), atol=1e-5, rtol=1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_training_keeps_the_plain_form() -> None:
    x, weight = torch.zeros(1), torch.zeros(1)
    assert cpu_kernels.is_cpu_inference(x, weight)
    assert not cpu_kernels.is_cpu_inference(x, weight.clone().requires_grad_())
    assert not cpu_kernels.is_cpu_inference(x.requires_grad_(), weight)
    with torch.no_grad():
        assert cpu_kernels.is_cpu_inference(x, weight.requires_grad_())


@PADDINGS
def test_an_enriched_decoder_is_the_same_both_ways(padding: str) -> None:
    decoder = AdaINDecoder((3, 4, 5, 6), padding, enriched=True)
    for each in decoder.parameters():
        nn.init.normal_(each, std=0.3)
    features, shallow = torch.randn(1, 6, 3, 4), torch.randn(1, 5, 6, 8)
    code = torch.rand(1, 2 * (3 + 4 + 5), 1, 1)
    wanted = decoder(features, shallow, code)
    with torch.no_grad():
        found = decoder(features, shallow, code)
        two = decoder(features.repeat(2, 1, 1, 1), shallow.repeat(2, 1, 1, 1), code.repeat(2, 1, 1, 1))
    assert wanted.requires_grad
    torch.testing.assert_close(found, wanted.detach(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(two[1:], found, atol=1e-4, rtol=1e-4)


def test_a_generator_is_the_same_both_ways() -> None:
    network, picture = ResNetGenerator(4, 2), torch.rand(2, 3, 16, 24)
    wanted = network(picture)
    with torch.no_grad():
        torch.testing.assert_close(network(picture), wanted.detach(), atol=1e-4, rtol=1e-4)


def test_an_encoder_is_the_same_with_a_graph() -> None:
    network, picture = VGG19((2, 3, 4, 5, 6), "3_1"), torch.rand(1, 3, 16, 24)
    wanted = network(picture, network.layers)
    with torch.no_grad():
        found = network(picture, network.layers)
    for layer, each in wanted.items():
        assert torch.equal(found[layer], each.detach()), layer


def picture(seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return F.interpolate(torch.rand(1, 3, 12, 12, generator=random), (128, 96), mode="bicubic").clamp(0, 1)


def decibels(one: Tensor, other: Tensor) -> float:
    return -10 * math.log10(float((one - other).square().mean()) + 1e-12)


@pytest.mark.parametrize("mode", ["adain", "cyclegan"])
def test_half_precision_makes_the_same_picture(mode: str) -> None:
    def paint(dtype: str) -> Tensor:
        compute = choose("cpu", dtype)
        if mode == "cyclegan":
            network = zoo.generator(cyclegan.CycleGANSettings().translation, compute).network
            return cyclegan.translate(network, picture(1), compute.device)
        steps = list(adain.run(inputs(picture(1), [(picture(2), 1.0)]), adain.AdaINSettings(), compute))
        return steps[-1].picture

    exact = paint("float32")
    assert exact.std() > 0.05
    assert decibels(paint("bfloat16"), exact) >= 38
