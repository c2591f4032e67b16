from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylize.training import run as runs
from stylize.training.adain import AdaINTask
from stylize.training.adversarial_adain import AdversarialAdaINTask
from stylize.training.loop import train
from stylize.training.run import choose_compute

from .conftest import config, tiny_vgg
from .test_adain import batch

SETTINGS = {
    "adversarial_weight": 0.5,
    "discriminator_width": 4,
    "discriminator_scales": 1,
    "inverse_steps": 2,
}


def task(of):
    torch.manual_seed(0)
    found = AdversarialAdaINTask(
        of.task, choose_compute(), teacher=tiny_vgg(), encoder=tiny_vgg("4_1", "reflect", seed=6)
    )
    found.prepare(iter([batch(0)]))
    return found


def go(of, pictures, out, **given):
    return list(train(task(of), of, pictures, out, **given))


def test_the_discriminator_adds_its_loss_to_the_others():
    with_one, without = (
        task(config("adain", **{**SETTINGS, **more})) for more in ({}, {"adversarial_weight": 0})
    )
    found = with_one.losses(with_one.networks, batch(3), "decoder")
    plain = without.losses(without.networks, batch(3), "decoder")
    torch.testing.assert_close(found["total"], plain["total"] + 0.5 * found["adversarial"])


def test_each_phase_has_gradients_for_its_own_network_alone():
    run = task(config("adain", **SETTINGS))
    for phase, names in run.phases.items():
        for name, network in run.networks.items():
            network.requires_grad_(name in names)
            network.zero_grad(set_to_none=True)
        run.losses(run.networks, batch(3), phase)["total"].backward()
        for name in ("decoder", "discriminator"):
            found = [each.grad is not None for each in run.networks[name].parameters()]
            assert any(found) == (name in names), (phase, name)


def test_the_discriminator_has_nothing_to_learn_from_the_inverse():
    run = task(config("adain", **SETTINGS))
    assert set(run.losses(run.networks, batch(2), "decoder")) == {"total", "pixels", "features"}
    assert run.losses(run.networks, batch(2), "discriminator") == {}


def test_an_adversarial_run_resumes_as_it_was(pictures, tmp_path):
    of = config("adain", {"steps": 5}, **SETTINGS, rounds=2)
    whole = go(of, pictures, tmp_path / "whole")
    asked = iter([False] * 3)
    first = go(of, pictures, tmp_path / "parts", should_stop=lambda: next(asked, True))
    rest = go(of, pictures, tmp_path / "parts", resume=True)
    assert [each.losses for each in first + rest] == [each.losses for each in whole]
    assert {"adversarial", "discriminator"} <= set(whole[-1].losses)
    assert [path.name for path in (tmp_path / "parts").glob("*.safetensors")] == ["adain-decoder.safetensors"]


@pytest.mark.parametrize(("weight", "kind"), [(0, AdaINTask), (0.1, AdversarialAdaINTask)])
def test_the_weight_decides_whether_there_is_a_discriminator(weight, kind, monkeypatch):
    for each in (AdaINTask, AdversarialAdaINTask):  # without their networks, which need files
        monkeypatch.setattr(each, "__init__", lambda self, *given: None)
    of = config("adain", **{**SETTINGS, "adversarial_weight": weight})
    assert type(runs.build_task(of, choose_compute(), Path("."))) is kind
