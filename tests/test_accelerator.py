"""Every mode on an accelerator without float64 and without decompositions, as Apple's is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from accelerator import MPS, Accelerator
from given import Style, inputs
from torch import Tensor

from stylize import library
from stylize.device import Compute
from stylize.metrics import kid
from stylize.modes.adain import mode as adain
from stylize.modes.cyclegan import mode as cyclegan
from stylize.modes.gatys import mode as gatys
from stylize.networks import VGG19
from stylize.training.adain import AdaINTask
from stylize.training.cyclegan import CycleGANTask
from stylize.training.encoder import EncoderTask
from stylize.training.task import Batch, TrainingTask
from stylize.training.task_settings import AdaINTaskSettings, CycleGANTaskSettings, EncoderSettings


@pytest.fixture
def there() -> Iterator[Accelerator]:
    with Accelerator() as found:
        yield found


COMPUTE = Compute(MPS, torch.float32)


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """A smooth colored picture, (1, 3, height, width)."""
    torch.manual_seed(seed)
    return torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4), (height, width), mode="bilinear")


def styles(kind: str) -> list[tuple[Style, float]]:
    named, own = library.styles()[0], picture(64, 48, 1)
    return {"picture": [(own, 1.0)], "named": [(named, 1.0)], "mixed": [(named, 1.0), (own, 2.0)]}[kind]


@pytest.mark.parametrize("kind", ["picture", "named", "mixed"])
@pytest.mark.parametrize("color", ["style", "linear", "luminance"])
def test_adain(kind: str, color: str, there: Accelerator) -> None:
    settings = adain.AdaINSettings(content_side=48, style_side=48, color=color)
    last = list(adain.run(inputs(picture(60, 80), styles(kind)), settings, COMPUTE))[-1].picture
    assert last is not None
    assert last.shape == (1, 3, 36, 48)
    assert not there.has(last)
    assert there.seen > 20


@pytest.mark.parametrize("style_loss", ["wasserstein", "gram"])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", ["picture", "mixed"])
def test_gatys(style_loss: str, optimizer: str, kind: str, there: Accelerator) -> None:
    settings = gatys.GatysSettings(
        content_side=64, smallest_side=32, steps=4, style_loss=style_loss, optimizer=optimizer
    )
    last = list(gatys.run(inputs(picture(90, 120), styles(kind)), settings, COMPUTE))[-1].picture
    assert last is not None
    assert last.isfinite().all()
    assert not there.has(last)


@pytest.mark.parametrize("changes", [
    {"init": "noise"}, {"init": "statistics"}, {"color": "linear"}, {"color": "luminance"},
    {"pooling": "average"},
], ids=str)  # fmt: skip
def test_gatys_otherwise(changes: dict[str, str], there: Accelerator) -> None:
    settings = gatys.GatysSettings.from_dict({"content_side": 64, "smallest_side": 32, "steps": 3, **changes})
    last = list(gatys.run(inputs(picture(90, 120), styles("mixed")), settings, COMPUTE))[-1].picture
    assert last is not None
    assert last.isfinite().all()


def test_gatys_works_on_less_where_a_map_would_have_too_many_numbers(
    there: Accelerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: None)  # there is no such cache here
    monkeypatch.setattr(gatys, "INT32_MAX", 100_000)  # at 64 pixels a side the first map has 32 * 70 * 52
    settings = gatys.GatysSettings(content_side=64, smallest_side=32, steps=3)
    steps = list(gatys.run(inputs(picture(90, 120), styles("picture")), settings, COMPUTE))
    assert str(steps[0].note) == "Not enough memory for 64 pixels: working at 32."
    assert steps[-1].picture is not None
    assert max(steps[-1].picture.shape) == 32


def test_cyclegan(there: Accelerator) -> None:
    settings = cyclegan.CycleGANSettings(content_side=32)
    last = list(cyclegan.run(inputs(picture(60, 80)), settings, COMPUTE))[-1].picture
    assert last is not None
    assert not there.has(last)
    assert there.seen > 20


def trained(task: TrainingTask, batch: Batch) -> None:
    """Measures, and goes through the losses of each phase there and back."""
    for network in task.networks.values():
        network.to(MPS)
    task.prepare(iter([batch]))
    for phase in task.phases:
        losses = task.losses(task.networks, batch, phase)
        losses["total"].backward()
        assert losses["total"].cpu().isfinite()
    assert task.results(task.networks)


def batch(*streams: str) -> Batch:
    return Batch({each: torch.rand(2, 3, 32, 32).to(MPS) for each in streams}, torch.arange(2).to(MPS), 3)


def tiny(last: str) -> VGG19:
    return COMPUTE.place(VGG19((4, 4, 8, 8, 8), last, "reflect"))


def test_the_training_of_an_encoder(there: Accelerator) -> None:
    settings = EncoderSettings(layers=("relu1_1", "relu3_1", "relu4_1"), gram_weight=1.0)
    trained(EncoderTask(settings, COMPUTE, tiny("4_1"), (3, 3, 4, 4, 4)), batch("pictures"))


def test_the_training_of_a_decoder(there: Accelerator) -> None:
    settings = AdaINTaskSettings(inverse_steps=2, gram_weight=1.0, tv_weight=0.1)
    trained(AdaINTask(settings, COMPUTE, tiny("5_1"), tiny("4_1")), batch("content", "style"))


def test_the_training_of_a_translation(there: Accelerator) -> None:
    settings = CycleGANTaskSettings(width=4, blocks=1, discriminator_width=4, pretrain_steps=0)
    trained(CycleGANTask(settings, COMPUTE, 0, encoder=tiny("4_1")), batch("a", "b"))


def test_distances_of_features(there: Accelerator) -> None:
    one, other = (torch.rand(5, 4).to(MPS) for _ in range(2))
    assert kid.subset_distances(one, other, 3, 2).shape == (2,)


def test_it_refuses_what_is_to_be_refused(there: Accelerator) -> None:
    x = torch.rand(3, 3).to(MPS)
    assert (x @ x).cpu().double().device.type == "cpu"
    for wrong in (x.double, lambda: x @ torch.rand(3, 3), lambda: torch.linalg.eigh(x), x.numpy):
        with pytest.raises((TypeError, RuntimeError, NotImplementedError)):
            wrong()
