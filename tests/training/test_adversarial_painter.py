"""The task ``painter`` with discriminators against its styles."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stylize.training.adversarial_painter import AdversarialPainterTask, window
from stylize.training.loop import train
from stylize.training.run import choose_compute
from stylize.weights import checkpoints

from .conftest import tiny_vgg
from .test_painter import make_styles, settings

ADVERSARIAL = {"adversarial_weight": 0.3, "discriminator_width": 4}


@pytest.fixture
def folders(tmp_path):
    return make_styles(tmp_path / "data")


def task(of, data):
    torch.manual_seed(of.loop.seed)
    return AdversarialPainterTask(of, data, choose_compute(), teacher=tiny_vgg(), encoder=tiny_vgg(seed=6))


def of(**loop):
    return settings({"size": 96, "log_every": 1, **loop}, **ADVERSARIAL)


def go(config, data, out, **given):
    return list(train(task(config, data), config, data, out, **given))


def test_both_networks_learn_and_the_painter_alone_is_the_result(folders, tmp_path):
    config = of(steps=3)
    run = task(config, folders)
    before = {name: {key: value.clone() for key, value in network.state_dict().items()}
              for name, network in run.networks.items()}  # fmt: skip
    found = list(train(run, config, folders, tmp_path / "run"))
    assert found[-1].losses["adversarial"] > 0
    assert found[-1].losses["discriminator"] > 0
    for name in ("painter", "discriminator"):
        after = run.networks[name].state_dict()
        assert any(not torch.equal(value, before[name][key]) for key, value in after.items()), name
    assert [each.name for each in (tmp_path / "run").glob("*.safetensors")] == ["painter.safetensors"]
    assert checkpoints.is_painter(tmp_path / "run" / "painter.safetensors")


def test_a_resumed_run_is_the_uninterrupted_one(folders, tmp_path):
    config = of(steps=4)
    whole = go(config, folders, tmp_path / "whole")
    asked = iter([False] * 2)
    first = go(config, folders, tmp_path / "parts", should_stop=lambda: next(asked, True))
    rest = go(config, folders, tmp_path / "parts", resume=True)
    assert 0 < len(rest) < 4
    assert [each.losses for each in first + rest] == [each.losses for each in whole]


def test_the_adversarial_loss_is_in_the_total(folders, tmp_path):
    plain, judged = ({**ADVERSARIAL, "adversarial_weight": weight} for weight in (1e-9, 10.0))
    losses = [
        go(settings({"size": 96, "steps": 1, "log_every": 1}, **given), folders, tmp_path / str(n))[-1].losses
        for n, given in enumerate((plain, judged))
    ]
    added = losses[1]["total"] - losses[0]["total"]
    assert added == pytest.approx(10 * losses[1]["adversarial"], rel=1e-3)


def test_a_window_lies_in_its_picture_and_small_pictures_are_enlarged():
    picture = torch.arange(48.0).view(1, 1, 6, 8).expand(1, 3, 6, 8)
    found = window(picture, 4, np.random.default_rng(0))
    assert found.shape == (1, 3, 4, 4)
    assert torch.equal(found - found[..., :1, :1], (picture - picture[..., :1, :1])[..., :4, :4])
    assert window(picture, 20, np.random.default_rng(0)).shape == (1, 3, 20, 20)
