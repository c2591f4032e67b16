from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from stylize.networks import Painter
from stylize.networks.painter import LAYERS, StyleTable
from stylize.training import TrainingError
from stylize.training.domain_works import DomainWorks, contrast_loss
from stylize.training.loop import train
from stylize.training.run import choose_compute
from stylize.training.task import Batch
from stylize.training.translation import TranslationTask, color_loss
from stylize.weights import checkpoints
from stylize.weights.painters import painter_tensors

from .conftest import config, tiny_vgg

LOOP = {"batch": 2, "size": 64, "warmup": 0}
SMALL = {"discriminator_width": 4, "scales": 1, "pool_size": 3, "candidates": 2, "styles": ["sea:1"]}


@pytest.fixture
def painter(tmp_path):
    """The file of a tiny painter of two styles."""
    torch.manual_seed(3)
    network = Painter(widths=(4, 8), blocks=(1, 1, 1), code=6, hidden=4, late=(4, 2))
    table = StyleTable({"sea": torch.randn(6), "sun": torch.randn(6)}, {})
    save_file(painter_tensors(network.state_dict(), table), tmp_path / "painter.safetensors")
    return tmp_path / "painter.safetensors"


def settings(painter, loop=None, **task):
    of = config("translation", {**LOOP, **(loop or {})}, **{**SMALL, "init": str(painter), **task})
    rows = [type(of.data[0]).from_dict({**each.to_dict(), "folder": each.stream}) for each in of.data]
    return replace(of, data=tuple(rows))


def task(of):
    torch.manual_seed(of.loop.seed)
    return TranslationTask(of.task, choose_compute(), of.loop.seed, teacher=tiny_vgg("5_1", "reflect"))


def go(of, data, out, **given):
    return list(train(task(of), of, data, out, **given))


def batch(step, samples=slice(None)):
    random = torch.Generator().manual_seed(step)
    a, b = torch.rand(2, 4, 3, 64, 64, generator=random)
    return Batch({"a": a[samples], "b": b[samples]}, torch.arange(step * 4, step * 4 + 4)[samples], step)


def prepared(of):
    run = task(of)
    run.prepare(iter([batch(0), batch(0)]))
    return run


# ------------------------------------------------------------------------------------------- runs


def test_a_resumed_run_is_the_uninterrupted_one(painter, domains):
    of = settings(painter, {"steps": 8})
    whole = go(of, domains, domains / "whole")
    asked = iter([False] * 5)
    first = go(of, domains, domains / "parts", should_stop=lambda: next(asked, True))
    rest = go(of, domains, domains / "parts", resume=True)
    assert len(rest) == 3
    assert [each.losses for each in first + rest] == [each.losses for each in whole]
    one, two = (
        torch.load(domains / name / "checkpoint.pt", weights_only=True) for name in ("whole", "parts")
    )
    assert torch.equal(one["task"]["pool"], two["task"]["pool"])
    for name in ("generator", "discriminator"):
        for key, value in one["networks"][name].items():
            assert torch.equal(value, two["networks"][name][key]), (name, key)


def test_the_losses_fall_and_the_result_loads(painter, domains):
    loop = {"steps": 40, "learning_rate": 0.003, "schedule": "constant", "log_every": 10}
    found = go(settings(painter, loop, result="there"), domains, domains / "run")
    losses = [each.losses for each in found if each.step % 10 == 0]
    assert losses[-1]["style"] < 0.9 * losses[0]["style"]
    assert losses[-1]["discriminator"] < losses[0]["discriminator"]
    generator = checkpoints.load_generator(domains / "run" / "there.safetensors")
    assert generator.sizes[0] == (4, 8)
    red = torch.tensor([1, 0.5, 0.3]).view(1, 3, 1, 1) * torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        made = generator(red)
    assert made[:, 2].mean() > made[:, 0].mean()  # the domain is bluish


def test_samples_show_photos_translations_and_works(painter, domains):
    found = go(settings(painter, {"steps": 1}), domains, domains / "run")
    with Image.open(found[-1].samples) as opened:
        assert opened.size == (6 * 32, 3 * 32)  # without the rims


# ------------------------------------------------------------------------------------------ start


def test_it_starts_as_the_painter_paints_the_mean_of_its_styles(painter):
    kept = checkpoints.load_painter(painter)
    run = task(settings(painter, styles=["sea:3", "sun:1"], freedom=0.5))
    code = 0.75 * kept.table.codes["sea"] + 0.25 * kept.table.codes["sun"]
    gain, bias = kept.condition(code[None], torch.tensor([0.5]))[0].chunk(2)
    generator = run.networks["generator"]
    torch.testing.assert_close(generator.gain.data, gain)
    torch.testing.assert_close(generator.bias.data, bias)
    assert torch.equal(generator.stem.weight, kept.stem.weight)


@pytest.mark.parametrize(
    ("styles", "said"), [(["moon:1"], "no style moon"), ([], "names no style"), (["sea:0"], "names no style")]
)
def test_styles_that_are_not_there_are_named(painter, styles, said):
    with pytest.raises(TrainingError, match=said):
        task(settings(painter, styles=styles))


def test_crops_that_do_not_serve_are_named(painter, domains):
    with pytest.raises(TrainingError, match="multiple of 8 from 64"):
        go(settings(painter, {"size": 60}), domains, domains / "run")


# --------------------------------------------------------------------------------------- one step


def test_each_phase_has_gradients_for_its_own_network_alone(painter):
    run = prepared(settings(painter))
    for phase in run.phases:
        for name, network in run.networks.items():
            network.requires_grad_(name == phase)
            network.zero_grad(set_to_none=True)
        run.losses(run.networks, batch(1), phase)["total"].backward()
        for name, network in run.networks.items():
            found = [each.grad is not None and bool(each.grad.any()) for each in network.parameters()]
            assert any(found) == (name == phase), (phase, name)


def test_crops_are_painted_once_a_step(painter):
    run = prepared(settings(painter, pool_size=0))
    run.losses(run.networks, batch(1), "generator")
    calls = []
    run.networks["generator"].register_forward_hook(lambda *given: calls.append(given))
    again = run.losses(run.networks, batch(1), "discriminator")
    assert not calls
    fresh = run.losses(run.networks, batch(1), "discriminator")  # nothing is kept now
    assert len(calls) == 1
    torch.testing.assert_close(again["total"], fresh["total"])


def test_losses_of_shares_average_to_those_of_the_whole(painter):
    run = prepared(settings(painter))
    whole = run.losses(run.networks, batch(7), "generator")
    shares = [run.losses(run.networks, batch(7, slice(n, n + 1)), "generator") for n in range(4)]
    for name, loss in whole.items():
        mean = torch.stack([each[name] for each in shares]).mean()
        torch.testing.assert_close(mean, loss, rtol=1e-3, atol=1e-5, msg=name)


def test_without_an_adversarial_loss_there_is_no_second_phase(painter):
    run = prepared(settings(painter, adversarial_weight=0))
    assert "adversarial" not in run.losses(run.networks, batch(1), "generator")
    assert run.losses(run.networks, batch(1), "discriminator") == {}


# ----------------------------------------------------------------------------------------- losses


def moments(count, scale=1.0, seed=0):
    random = torch.Generator().manual_seed(seed)
    found = {}
    for layer in LAYERS:
        root = torch.randn(count, 4, 4, generator=random)
        found[layer] = scale * torch.rand(count, 4, generator=random), scale**2 * root @ root.mT
    return found


def test_the_nearest_of_the_candidates_is_found():
    every = moments(5)
    works = DomainWorks(every, torch.ones(5, len(LAYERS), 3))
    own = {layer: (mean[[3, 1]] * 1.01, covariance[[3, 1]]) for layer, (mean, covariance) in every.items()}
    all_of_them = torch.arange(5)
    assert works.nearest(own, [all_of_them, all_of_them]).tolist() == [3, 1]
    assert works.nearest(own, [torch.tensor([0, 3]), torch.tensor([2])]).tolist() == [3, 2]
    same, other = works.losses(own, torch.tensor([3, 1]))[0], works.losses(own, torch.tensor([0, 2]))[0]
    assert (same < 0.01).all()
    assert (other > same).all()


def test_kept_works_are_the_same():
    works = DomainWorks(moments(3), torch.rand(3, len(LAYERS), 3))
    kept = DomainWorks.from_state(works.state(), torch.device("cpu"))
    for one, two in zip(
        works.losses(moments(3, seed=1), torch.arange(3)),
        kept.losses(moments(3, seed=1), torch.arange(3)),
        strict=True,
    ):
        assert torch.equal(one, two)


def test_the_contrast_counts_in_logarithms_of_deviations():
    paler, stronger = (contrast_loss(moments(2, factor), moments(2)) for factor in (0.5, 2.0))
    torch.testing.assert_close(paler, torch.full((2,), float(torch.tensor(2.0).log() ** 2)))
    torch.testing.assert_close(stronger, paler)


def test_the_colors_are_those_of_large_areas():
    photo = torch.rand(2, 3, 64, 64)
    grain = 0.1 * torch.tensor([1.0, -1.0]).repeat(32).expand(2, 3, 64, 64)
    torch.testing.assert_close(color_loss(photo + grain, photo), torch.tensor(0.0), atol=1e-10, rtol=0)
    torch.testing.assert_close(color_loss(photo + 0.1, photo), torch.tensor(0.01))
