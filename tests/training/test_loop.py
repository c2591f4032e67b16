from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from stylize.errors import DivergedError
from stylize.training import TrainingError, outputs
from stylize.training.ema import ExponentialMovingAverage
from stylize.training.encoder import EncoderTask
from stylize.training.loop import train
from stylize.training.run import choose_compute
from stylize.weights import checkpoints, files

from .conftest import TINY, config, tiny_vgg


def task(of):
    torch.manual_seed(of.loop.seed)
    return EncoderTask(of.task, choose_compute(), teacher=tiny_vgg(), channels=TINY)


def go(of, pictures, out, **given):
    return list(train(task(of), of, pictures, out, **given))


def rows(out):
    with open(out / "log.csv", newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def weights(out):
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    return {f"{name}.{key}": value for name, net in state["networks"].items() for key, value in net.items()}


@pytest.mark.parametrize("log_every", [1, 4])
def test_a_resumed_run_is_the_uninterrupted_one(pictures, tmp_path, log_every):
    settings = config(loop={"log_every": log_every, "sample_every": 3})
    whole = go(settings, pictures, tmp_path / "whole")
    asked = iter([False] * 3)
    first = go(settings, pictures, tmp_path / "parts", should_stop=lambda: next(asked, True))
    rest = go(settings, pictures, tmp_path / "parts", resume=True)
    assert [each.step for each in first + rest] == [each.step for each in whole] == [1, 2, 3, 4, 5, 6]
    assert [each.losses for each in first + rest] == [each.losses for each in whole]
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.equal(one[name], other[name]) for name in one)
    for name in ("encoder.safetensors", "samples/0000003.png"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


def test_lines_of_the_log_after_the_checkpoint_are_dropped(pictures, tmp_path):
    settings = config()
    asked = iter([False] * 2)
    go(settings, pictures, tmp_path / "run", should_stop=lambda: next(asked, True))
    with open(tmp_path / "run" / "log.csv", "a") as file:
        file.write("3,0,0,99\n")
    go(settings, pictures, tmp_path / "run", resume=True)
    assert [row["step"] for row in rows(tmp_path / "run")] == list("123456")
    assert rows(tmp_path / "run")[2]["total"] != "99"


def test_closing_the_run_saves_it(pictures, tmp_path):
    settings = config()
    run = train(task(settings), settings, pictures, tmp_path / "run")
    next(run), next(run)
    run.close()
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] == 2
    found = checkpoints.load_encoder(tmp_path / "run" / "encoder.safetensors")
    assert found.channels == TINY
    assert (found.padding, found.last, found.is_normalizing) == ("reflect", "5_1", False)


def test_an_error_in_a_step_leaves_the_last_checkpoint(pictures, tmp_path):
    settings = config(loop={"checkpoint_minutes": 0.01})
    broken = task(settings)
    asked = iter([False] * 2)
    go(settings, pictures, tmp_path / "run", should_stop=lambda: next(asked, True))
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    broken.losses = lambda *given: 1 / 0
    with pytest.raises(ZeroDivisionError):
        list(train(broken, settings, pictures, tmp_path / "run", resume=True))
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before


def test_minutes_and_the_clock_of_checkpoints(pictures, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now.__setitem__(0, now[0] + 1.0) or now[0])
    found = go(
        config(loop={"steps": 1000, "checkpoint_minutes": 0.2}), pictures, tmp_path / "run", minutes=0.5
    )
    assert 3 < len(found) < 15
    assert any(each.checkpoint for each in found[:-1])
    assert not all(each.checkpoint for each in found)


def test_losses_that_are_not_finite_stop_the_run(pictures, tmp_path):
    settings = config()
    broken, nan = task(settings), nn.Parameter(torch.tensor(float("nan")))
    broken.losses = lambda *given: {"total": nan * 1}
    with pytest.raises(DivergedError, match="step 1"):
        list(train(broken, settings, pictures, tmp_path / "run"))
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_folder_with_a_run_is_not_overwritten(pictures, tmp_path):
    settings = config(loop={"steps": 1})
    go(settings, pictures, tmp_path / "run")
    with pytest.raises(TrainingError, match="--resume"):
        go(settings, pictures, tmp_path / "run")


def test_a_checkpoint_of_other_settings_is_refused(pictures, tmp_path):
    go(config(loop={"steps": 1}), pictures, tmp_path / "run")
    with pytest.raises(TrainingError, match="another batch"):
        go(config(loop={"steps": 2, "batch": 2}), pictures, tmp_path / "run", resume=True)
    assert len(go(config(loop={"steps": 2}), pictures, tmp_path / "run", resume=True)) == 1


def test_a_damaged_checkpoint_is_named(pictures, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(TrainingError, match=r"checkpoint\.pt"):
        go(config(), pictures, tmp_path / "run", resume=True)


def test_resuming_nothing_starts_anew_and_says_so(pictures, tmp_path):
    found = go(config(loop={"steps": 1}), pictures, tmp_path / "run", resume=True)
    assert "starting anew" in str(found[0].notes[0])


def test_broken_pictures_are_told_of(pictures, tmp_path):
    (pictures / "picture_1.png").write_bytes(b"")
    found = go(config(loop={"batch": 16, "steps": 2}), pictures, tmp_path / "run")
    assert any("picture_1.png" in str(note) for each in found for note in each.notes)


def test_samples_are_a_picture(pictures, tmp_path):
    found = go(config(loop={"steps": 1}), pictures, tmp_path / "run")
    with Image.open(found[-1].samples) as opened:
        assert opened.size == (8 * 32, 6 * 32)
        assert np.asarray(opened).std() > 10


def test_the_average_follows_the_weights():
    network = nn.Conv2d(1, 1, 1)
    nn.init.zeros_(network.weight)
    average = ExponentialMovingAverage({"a": network}, 0.9)
    nn.init.ones_(network.weight)
    average.update({"a": network}, 1000)
    assert average.networks["a"].weight.item() == pytest.approx(0.1)
    average.update({"a": network}, 1000)
    assert average.networks["a"].weight.item() == pytest.approx(0.19)
    average = ExponentialMovingAverage({"a": network}, 0.999)
    nn.init.zeros_(network.weight)
    average.update({"a": network}, 1)
    assert average.networks["a"].weight.item() == pytest.approx(2 / 11)
    none = ExponentialMovingAverage({"a": network}, 0.0)
    nn.init.ones_(network.weight)
    none.update({"a": network}, 1)
    assert none.networks["a"].weight.item() == 1


def test_whoever_may_read_the_folder_may_read_the_result(tmp_path):
    """The safetensors package itself writes files that only their owner may read."""
    (plain := tmp_path / "plain").touch()
    path, *_ = outputs.save_results(tmp_path, {"result": {"weight": torch.rand(3)}})
    assert path.stat().st_mode == plain.stat().st_mode
    assert files.read(path)["weight"].shape == (3,)
