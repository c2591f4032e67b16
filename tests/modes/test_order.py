"""Large maps keep the channels innermost in memory: no operation puts them into another order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from accelerator import MPS, Accelerator
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from stylize.device import Compute, choose
from stylize.inputs import StyleInput
from stylize.modes.adain import mode as adain
from stylize.modes.adain import transfer
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.gatys import mode as gatys
from stylize.modes.gatys.objective import Objective
from stylize.modes.gatys.picture_optimizer import PictureOptimizer
from stylize.weights import zoo

COMPUTE = choose("cpu", "bfloat16")
FAR = Compute(MPS, torch.bfloat16)


class Orders(TorchDispatchMode):
    """Lists the operations that make a map of some size in which the channels are not innermost."""

    def __init__(self) -> None:
        super().__init__()
        self.seen, self.others = 0, list[str]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        looks_on = any(each.alias_info and not each.alias_info.is_write for each in func._schema.returns)
        for each in tree_leaves(made):
            if not looks_on and isinstance(each, Tensor) and _is_map(each):
                self.seen += 1
                if each.stride(1) != 1:
                    self.others.append(f"{func} {tuple(each.shape)}")
        return made


def _is_map(x: Tensor) -> bool:
    return x.dim() == 4 and x.shape[1] >= 16 and min(x.shape[2:]) >= 11


def picture(height: int, width: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=random)


def last(steps: Iterator[Any]) -> Any:
    return [each for each in steps if each is not None][-1]


def adain_run(compute: Compute, core: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    monkeypatch.setattr(transfer, "CORE", core)
    network = adain.load(adain.AdaINSettings(network="adain-half"), compute)
    content, style = picture(128, 96, 1), picture(96, 96, 2)
    return lambda: last(network.render(last(network.encode_content(content)), network.encode_style(style)))


def cyclegan_run(compute: Compute, count: int = 1) -> Callable[[], object]:
    network = zoo.generator("cloudy2sunrise", compute).network  # a ResNet
    return lambda: cyclegan.translate(network, picture(128, 96, 1).repeat(count, 1, 1, 1), compute.device)


def gatys_step(compute: Compute, style_loss: str) -> Callable[[], object]:
    settings = gatys.GatysSettings(style_loss=style_loss)
    network = zoo.encoder(settings.network, compute).network
    content, style = (picture(176, side, side).to(compute.device) for side in (192, 176))
    objective = Objective(network, content, [StyleInput(style)], settings)
    optimizer = PictureOptimizer(content, settings)
    return lambda: optimizer.step(objective)


def work_of(name: str, compute: Compute, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    return {
        "adain": lambda: adain_run(compute, 1024, monkeypatch),
        "adain in tiles": lambda: adain_run(compute, 64, monkeypatch),
        "cyclegan": lambda: cyclegan_run(compute),
        "cyclegan of two": lambda: cyclegan_run(compute, 2),
        "gatys": lambda: gatys_step(compute, "wasserstein"),
        "gatys with Gram matrices": lambda: gatys_step(compute, "gram"),
    }[name]()


WORK = pytest.mark.parametrize(
    "name",
    ["adain", "adain in tiles", "cyclegan", "cyclegan of two", "gatys", "gatys with Gram matrices"],
)


@WORK
def test_no_map_is_reordered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = work_of(name, COMPUTE, monkeypatch)
    run()  # what is worked out once is there
    with Orders() as orders:
        run()
    assert orders.seen > 50
    assert orders.others == []


@WORK
def test_nor_in_the_forms_for_accelerators(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the CPU can tell: its kernels keep the order wherever CUDA's do, by torch's sources."""
    with Accelerator():
        run = work_of(name, FAR, monkeypatch)
        run()
        with Orders() as orders:
            run()
    assert orders.seen > 30
    assert orders.others == []
