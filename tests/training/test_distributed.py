from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from stylize.training import TrainingError, distributed
from stylize.training import run as runs

from . import test_cyclegan, test_painter
from .conftest import config, make_domains, make_pictures
from .test_loop import go, rows, weights

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from pathlib import Path
import torch
import torch.distributed as dist
from stylize.training import distributed
from tests.training import test_cyclegan, test_loop, test_painter
from tests.training.conftest import config
from stylize.training.loop import train
torch.set_num_threads(1)

def learn(run, of, data, name):
    list(train(run, of, Path(data), Path(sys.argv[3]) / name))
    flat = torch.cat([p.detach().flatten() for n in run.networks.values() for p in n.parameters()])
    both = [torch.empty_like(flat) for _ in range(2)]
    dist.all_gather(both, flat)
    assert torch.equal(*both)

with distributed.process_group(torch.device("cpu")):
    of = config()
    learn(test_loop.task(of), of, sys.argv[1], "encoder")
    of = test_cyclegan.settings()
    learn(test_cyclegan.task(of), of, sys.argv[2], "cyclegan")
    of = test_painter.settings()
    learn(test_painter.task(of, Path(sys.argv[4])), of, sys.argv[4], "painter")
tasks = Path("/proc/self/task")
names = [(each / "comm").read_text() for each in tasks.iterdir()] if tasks.is_dir() else []
left = [name for name in names if "gloo" in name]
assert not left, f"threads outlive the group and abort the process at exit: {left}"
print("same")
"""


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """A folder of data, and the runs of two processes on it, one after the other."""
    folder = tmp_path_factory.mktemp("together")
    make_pictures(folder / "pictures")
    make_domains(folder / "domains")
    test_painter.make_styles(folder / "styles")
    learn_in_two_processes(folder / "pictures", folder / "domains", folder / "two", folder / "styles")
    return folder


def test_two_processes_learn_what_one_does(together, tmp_path):
    go(config(), together / "pictures", tmp_path)
    one, two = weights(tmp_path), weights(together / "two" / "encoder")
    for name, value in one.items():
        assert torch.allclose(two[name], value, rtol=1e-3, atol=1e-4), name


def test_generators_and_discriminators_learn_in_two_processes(together, tmp_path):
    test_cyclegan.go(test_cyclegan.settings(), together / "domains", tmp_path)
    one, two = losses(tmp_path), losses(together / "two" / "cyclegan")
    assert one.keys() == two.keys()
    for name, values in one.items():
        # Adam's first step follows a gradient's sign, be it ever so small: rounding grows.
        assert two[name][0] == pytest.approx(values[0], rel=1e-4), name
        assert two[name] == pytest.approx(values, rel=0.05), name


def test_a_painter_learns_in_two_processes(together, tmp_path):
    test_painter.go(test_painter.settings(), together / "styles", tmp_path)
    one, two = losses(tmp_path), losses(together / "two" / "painter")
    assert one.keys() == two.keys()
    for name, values in one.items():
        assert two[name][0] == pytest.approx(values[0], rel=1e-4), name
        assert two[name] == pytest.approx(values, rel=0.05, abs=1e-4), name
    kept = [torch.load(each / "checkpoint.pt", weights_only=True)["task"]
            for each in (tmp_path, together / "two" / "painter")]  # fmt: skip
    for name in ("residuals", "difficulty"):  # of the whole batch in both processes
        torch.testing.assert_close(kept[1][name], kept[0][name], rtol=0.02, atol=1e-3)


def learn_in_two_processes(*folders):
    """Runs the script with the folders of pictures, of domains, of the runs to be, and of styles."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *map(str, folders)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=_environment(rank, port),
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        for process in processes:
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
            assert "same" in out
    finally:
        for process in processes:
            process.kill()


def losses(run):
    """The columns of a run's log that have values."""
    found = rows(run)
    return {name: [float(row[name]) for row in found] for name in found[0] if found[0][name]}


def _environment(rank, port):
    import os

    return {
        **os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "PYTHONPATH": str(ROOT),
        "STYLIZE_DEVICE": "cpu", "STYLIZE_DTYPE": "float32",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
    }  # fmt: skip


def test_a_batch_is_divided_without_rest(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    assert distributed.local_samples(6) == range(2, 4)
    with pytest.raises(TrainingError, match="3 processes"):
        distributed.local_samples(8)


def test_alone_nothing_is_exchanged():
    assert (distributed.rank(), distributed.world_size()) == (0, 1)
    assert distributed.local_samples(5) == range(5)
    assert distributed.any_process(True, torch.device("cpu"))
    assert distributed.mean(torch.tensor(2.0)) == 2


class Cuda:
    """Records which GPU is touched, in the order of the calls, on a machine that has none."""

    def __init__(self, monkeypatch, count=2):
        self.calls, self.current = [], 0
        empty = torch.empty
        for name, value in {
            "is_available": lambda: True,
            "device_count": lambda: count,
            "set_device": self.set_device,
            "get_device_capability": lambda device=None: (8, 0),
        }.items():
            monkeypatch.setattr(torch.cuda, name, value)
        monkeypatch.setattr(torch, "empty", lambda *size, **more: self.empty(empty, *size, **more))
        monkeypatch.setattr(dist, "init_process_group", self.join)
        monkeypatch.setattr(dist, "destroy_process_group", lambda: self.calls.append(("leave", self.current)))

    def set_device(self, number):
        self.current = number
        self.calls.append(("set", number))

    def empty(self, plain, *size, device=None, **more):
        if device is None or torch.device(device).type != "cuda":
            return plain(*size, device=device, **more)
        index = torch.device(device).index
        self.calls.append(("touch", self.current if index is None else index))
        return plain(*size)

    def join(self, backend, device_id=None):
        self.calls.append((backend, device_id.index))


@pytest.fixture
def cuda(monkeypatch):
    monkeypatch.delenv("STYLIZE_DEVICE", raising=False)
    for name, value in {"WORLD_SIZE": 2, "RANK": 1, "LOCAL_RANK": 1}.items():
        monkeypatch.setenv(name, str(value))
    return Cuda(monkeypatch)


@pytest.mark.parametrize("wanted", ["", "cuda"])
def test_each_process_takes_its_own_gpu_before_anything_touches_one(cuda, monkeypatch, tmp_path, wanted):
    if wanted:
        monkeypatch.setenv("STYLIZE_DEVICE", wanted)

    def build(config, compute, data):
        cuda.calls.append(("build", compute.device.index))
        raise InterruptedError

    monkeypatch.setattr(runs, "build_task", build)
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    with pytest.raises(InterruptedError):
        list(runs.run(config(), tmp_path, tmp_path))
    assert cuda.calls[0] == ("set", 1)
    assert ("nccl", 1) in cuda.calls
    assert cuda.calls[-2:] == [("build", 1), ("leave", 1)]
    assert {number for _, number in cuda.calls} == {1}


def test_a_gpu_that_was_asked_for_is_taken(cuda, monkeypatch):
    monkeypatch.setenv("STYLIZE_DEVICE", "cuda:0")
    distributed.select_device()
    assert cuda.calls == [("set", 0)]


@pytest.mark.parametrize(("name", "value"), [("STYLIZE_DEVICE", "cpu"), ("WORLD_SIZE", "1")])
def test_where_there_is_no_choice_no_gpu_is_touched(cuda, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    distributed.select_device()
    assert cuda.calls == []


def test_more_processes_than_gpus_is_a_sentence(cuda, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(TrainingError, match="--nproc-per-node 2"):
        distributed.select_device()
    assert cuda.calls == []
