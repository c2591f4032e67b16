"""Reflection by copies against torch's own, and where it takes its place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from accelerator import MPS, Accelerator
from given import inputs
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from stylize.device import Compute
from stylize.modes.adain import mode as adain
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.gatys import mode as gatys
from stylize.networks import ResNetGenerator
from stylize.networks.padding import reflect_pad, reflect_pad_by_copies
from stylize.progress import Progress

ORDERS = pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
SIZES = pytest.mark.parametrize(("height", "width", "pad"), [(2, 2, 1), (3, 9, 1), (4, 5, 3), (11, 8, 3)])


@ORDERS
@SIZES
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_is_torchs_in_the_maps_own_order(
    height: int, width: int, pad: int, dtype: torch.dtype, order: torch.memory_format
) -> None:
    x = torch.randn(2, 5, height, width).to(dtype, memory_format=order)
    found = reflect_pad_by_copies(x, pad)
    assert found.dtype == dtype
    assert found.is_contiguous(memory_format=order)
    assert torch.equal(found, F.pad(x, (pad,) * 4, mode="reflect"))
    assert torch.equal(found, reflect_pad(x, pad))


@ORDERS
@SIZES
def test_its_gradient_is_torchs_in_the_maps_own_order(
    height: int, width: int, pad: int, order: torch.memory_format
) -> None:
    start = torch.randn(2, 5, height, width, dtype=torch.float64).contiguous(memory_format=order)
    pull = torch.randn(2, 5, height + 2 * pad, width + 2 * pad, dtype=torch.float64)
    own, theirs = (start.clone().requires_grad_() for _ in range(2))
    (reflect_pad_by_copies(own, pad) * pull).sum().backward()
    (F.pad(theirs, (pad,) * 4, mode="reflect") * pull).sum().backward()
    assert own.grad is not None
    assert theirs.grad is not None
    assert own.grad.is_contiguous(memory_format=order)
    torch.testing.assert_close(own.grad, theirs.grad)


def test_a_map_that_is_too_small_is_refused_as_torch_does() -> None:
    for each in (reflect_pad, reflect_pad_by_copies):
        with pytest.raises((ValueError, RuntimeError)):
            each(torch.zeros(1, 1, 3, 5), 3)


class Called(TorchDispatchMode):
    """The operations that are run on maps of several channels."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if args and isinstance(args[0], Tensor) and args[0].dim() == 4 and args[0].shape[1] > 3:
            self.names.add(str(func).split(".")[1])
        return func(*args, **(kwargs or {}))


def run(mode: str, compute: Compute) -> Tensor:
    content, style = (torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(n)) for n in (1, 2))
    given = inputs(content, [(style, 1.0)])
    steps: list[Progress] = {
        "adain": lambda: list(adain.run(given, adain.AdaINSettings(style_side=64), compute)),
        "gatys": lambda: list(gatys.run(given, gatys.GatysSettings(steps=3), compute)),
        "cyclegan": lambda: list(cyclegan.run(inputs(content), cyclegan.CycleGANSettings(), compute)),
    }[mode]()
    found = steps[-1].picture
    assert found is not None
    return found


@pytest.mark.parametrize("mode", ["adain", "gatys", "cyclegan"])
def test_torchs_own_is_not_run_on_an_accelerator_and_the_picture_is_the_same(mode: str) -> None:
    near = run(mode, Compute(torch.device("cpu"), torch.float32))
    with Accelerator(), Called() as called:
        found = run(mode, Compute(MPS, torch.float32))
    assert "convolution" in called.names
    assert not [name for name in called.names if "reflection" in name]
    torch.testing.assert_close(found, near, atol=5e-3, rtol=0)


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_nor_in_the_training_of_a_generator(upsampling: str) -> None:
    torch.manual_seed(1)
    network = ResNetGenerator(4, 1, upsampling)
    x = torch.rand(2, 3, 16, 20)
    network(x).square().sum().backward()
    wanted = [each.grad.clone() for each in network.parameters() if each.grad is not None]
    network.zero_grad()
    with Accelerator(), Called() as called:
        network.to(MPS)
        network(x.to(MPS)).square().sum().backward()
    assert not [name for name in called.names if "reflection" in name]
    for each, grad in zip(network.parameters(), wanted, strict=True):
        torch.testing.assert_close(each.grad, grad, atol=1e-3, rtol=1e-3)
