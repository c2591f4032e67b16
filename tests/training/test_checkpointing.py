"""What a run leaves is always the last state that was sound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from stylize.errors import DivergedError
from stylize.training import TrainingError, checkpointing, loop, outputs
from stylize.training.earlier import SETTINGS
from stylize.training.ema import ExponentialMovingAverage
from stylize.training.loop import train
from stylize.weights.files import read

from . import test_cyclegan
from .conftest import config
from .test_loop import go, task

ROOT = Path(__file__).resolve().parents[2]
NAN, INF = float("nan"), float("inf")


def files(out):
    """Every file that a run wrote but its log and samples."""
    return {path.name: path.read_bytes() for path in out.iterdir() if path.suffix in (".pt", ".safetensors")}


def spoil(run, value, where):
    """Puts a number into what a checkpoint keeps."""
    if where == "weights":
        next(iter(run.task.networks.values())).conv1_1.weight.data[0, 0, 0, 0] = value
    elif where == "average":
        next(iter(run.average.networks.values())).conv1_1.weight.data[0, 0, 0, 0] = value
    elif where == "optimizer":
        optimizer = next(iter(run.trainer.optimizers.values()))[0]
        state = next(iter(optimizer.state.values()))
        next(each for each in state.values() if each.is_floating_point()).fill_(value)
    else:
        run.sums["total"] = torch.tensor(value)


@pytest.fixture
def spoiled(monkeypatch):
    """Spoils a run at a step, after it has learnt."""

    def at(step, where, value=NAN):
        learn = loop._Run._learn

        def learnt(run):
            learn(run)
            if run.step == step:
                spoil(run, value, where)

        update = ExponentialMovingAverage.update
        monkeypatch.setattr(loop._Run, "_learn", learnt)
        if where == "average":  # which would take the good weights up again
            monkeypatch.setattr(
                ExponentialMovingAverage,
                "update",
                lambda self, networks, n: None if n == step else update(self, networks, n),
            )

    return at


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("where", ["weights", "average", "optimizer", "sums"])
def test_what_is_not_finite_replaces_nothing(pictures, tmp_path, spoiled, where, value):
    settings = config(loop={"log_every": 100})
    asked = iter([False] * 3)
    go(settings, pictures, tmp_path / "run", should_stop=lambda: next(asked, True))
    before = files(tmp_path / "run")
    assert set(before) == {"checkpoint.pt", "encoder.safetensors"}
    spoiled(5, where, value)
    asked = iter([False] * 2)
    with pytest.raises(DivergedError, match=r"at step 5: .*checkpoint\.pt stays as it was after step 3"):
        go(settings, pictures, tmp_path / "run", resume=True, should_stop=lambda: next(asked, True))
    assert files(tmp_path / "run") == before


def test_the_clock_of_checkpoints_looks_as_well(pictures, tmp_path, spoiled, monkeypatch):
    spoiled(2, "weights")
    monkeypatch.setattr(loop._Run, "_is_checkpoint_due", lambda run: True)
    settings = config(loop={"log_every": 100})
    with pytest.raises(DivergedError, match=r"at step 2: .*after step 1"):
        go(settings, pictures, tmp_path / "run")
    assert torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)["step"] == 1


def test_without_a_checkpoint_nothing_is_left(pictures, tmp_path, spoiled):
    spoiled(1, "weights")
    settings = config(loop={"log_every": 100})
    run = train(task(settings), settings, pictures, tmp_path / "run")
    next(run)
    with pytest.raises(DivergedError, match="nothing was saved: start anew"):
        run.close()
    assert files(tmp_path / "run") == {}


def test_a_checkpoint_that_is_not_finite_is_not_gone_on_from(pictures, tmp_path):
    settings = config(loop={"steps": 1})
    go(settings, pictures, tmp_path / "run")
    path = tmp_path / "run/checkpoint.pt"
    state = torch.load(path, weights_only=True)
    state["networks"]["encoder"]["conv1_1.bias"][0] = NAN
    torch.save(state, path)
    with pytest.raises(TrainingError, match=r"checkpoint\.pt holds numbers that are not finite"):
        go(config(loop={"steps": 2}), pictures, tmp_path / "run", resume=True)


def test_numbers_wherever_they_are():
    assert checkpointing.is_finite(
        {"a": [torch.ones(2), (1.0, {"b": torch.arange(3)})], "c": "text", "d": None}
    )
    for bad in (
        torch.tensor([1.0, NAN]),
        torch.tensor(INF, dtype=torch.bfloat16),
        NAN,
        {"x": [INF]},
        [(-INF,)],
    ):
        assert not checkpointing.is_finite({"a": torch.ones(2), "deep": [bad]})


def test_a_result_that_float16_cannot_hold_is_kept_in_float32(tmp_path):
    weights = {"small": torch.tensor([1.5]), "large": torch.tensor([1e6, 2.0])}
    (path,) = outputs.save_results(tmp_path, {"result": weights})
    found = read(path)  # refuses what is not finite
    assert all(torch.equal(found[name], value) for name, value in weights.items())


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("write failed")])
def test_a_full_disk_leaves_the_older_file(tmp_path, error):
    path = checkpointing.save_checkpoint(tmp_path, {"step": 1})
    before = path.read_bytes()

    def half(draft):
        draft.write_bytes(before[:50])
        raise error

    with pytest.raises(TrainingError, match=r"checkpoint\.pt cannot be written"):
        checkpointing.write_atomically(path, half)
    assert files(tmp_path) == {"checkpoint.pt": before}
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_ctrl_c_within_saving_leaves_the_older_file(tmp_path):
    path = checkpointing.save_checkpoint(tmp_path, {"step": 1})
    before = path.read_bytes()

    def half(draft):
        draft.write_bytes(before[:50])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checkpointing.write_atomically(path, half)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("checkpoint.pt", before)]


KILLED = """
import os, signal, sys
from pathlib import Path
from stylize.training import checkpointing
def half(draft):
    draft.write_bytes(b"PK half")
    os.kill(os.getpid(), signal.SIGKILL)
checkpointing.write_atomically(Path(sys.argv[1]) / "checkpoint.pt", half)
"""


def test_a_kill_within_saving_leaves_the_older_file(pictures, tmp_path):
    settings = config(loop={"steps": 1})
    go(settings, pictures, tmp_path / "run")
    before = files(tmp_path / "run")
    ran = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "run")], cwd=ROOT)
    assert ran.returncode == -signal.SIGKILL
    assert files(tmp_path / "run") == before
    assert os.path.exists(tmp_path / "run/checkpoint.pt.part")
    assert go(config(loop={"steps": 2}), pictures, tmp_path / "run", resume=True)[-1].step == 2
    assert not os.path.exists(tmp_path / "run/checkpoint.pt.part")


@pytest.mark.parametrize("cut", [0, 1, 10, 300, 0.5, 0.99, "flip", "list", "names"])
def test_a_broken_checkpoint_is_a_sentence(pictures, tmp_path, cut):
    settings = config(loop={"steps": 1})
    go(settings, pictures, tmp_path / "run")
    path = tmp_path / "run/checkpoint.pt"
    data = path.read_bytes()
    if cut == "list":
        torch.save([1, 2], path)
    elif cut == "names":
        state = torch.load(path, weights_only=True)
        torch.save({**state, "networks": [1], "optimizers": None}, path)
    elif cut == "flip":
        path.write_bytes(data[:200] + bytes(each ^ 255 for each in data[200:2000]) + data[2000:])
    else:
        path.write_bytes(data[: int(cut * len(data)) if isinstance(cut, float) else cut])
    with pytest.raises(TrainingError, match="checkpoint"):
        go(config(loop={"steps": 2}), pictures, tmp_path / "run", resume=True)


def test_gradients_that_blow_up_are_found_in_a_real_run(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(loop._Run, "_is_checkpoint_due", lambda run: True)
    settings = config(loop={"steps": 200, "log_every": 1000})
    run = task(settings)
    blow = nn.Parameter(torch.tensor(1.0))
    run.networks["encoder"].register_parameter("blow", blow)
    plain, grown = run.losses, [1.0]

    def losses(*given):
        found = plain(*given)
        grown[0] *= 1e3
        return {**found, "total": found["total"] + (blow * grown[0]) ** 2 * grown[0]}

    run.losses = losses
    with pytest.raises(DivergedError, match="stays as it was"):
        list(train(run, settings, pictures, tmp_path / "run"))
    state = torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)
    assert checkpointing.is_finite(state)


def earlier(state):
    """A checkpoint as it was written before its settings, networks and entries were renamed."""
    config = {**state["config"]}
    for table in ("loop", "task"):
        back = {present: name for name, present in SETTINGS[table].items()}
        config[table] = {back.get(name, name): value for name, value in config[table].items()}
    back = {present: name for name, present in SETTINGS["data"].items()}
    config["data"] = [{back.get(name, name): value for name, value in row.items()} for row in config["data"]]
    state = {("optimisers" if name == "optimizers" else name): each for name, each in state.items()}
    for part in ("networks", "average"):
        state[part] = {name.replace("statistics_", "typical_"): each for name, each in state[part].items()}
    return {**state, "config": config}


def test_a_run_of_an_earlier_version_is_resumed(domains, tmp_path):
    of = test_cyclegan.settings({"steps": 4}, pretrain_steps=1, statistics_weight=0.5)
    whole = test_cyclegan.go(of, domains, tmp_path / "whole")
    asked = iter([False] * 2)
    test_cyclegan.go(of, domains, tmp_path / "parts", should_stop=lambda: next(asked, True))
    path = tmp_path / "parts/checkpoint.pt"
    old = earlier(torch.load(path, weights_only=True))
    assert {"typical_a", "typical_b"} <= set(old["networks"])
    assert "optimiser" in old["config"]["loop"]
    torch.save(old, path)
    rest = test_cyclegan.go(of, domains, tmp_path / "parts", resume=True)
    assert [each.losses for each in rest] == [each.losses for each in whole[2:]]
