"""How OpenMP's threads wait: what is set before torch is loaded, and the watch that sends them to sleep."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stylize.system import threads
from stylize.system.threads import CROWDED, IDLE, OURS, PATIENCE, Crowd, Watch, prepare, waited

ROOT = Path(__file__).parents[2]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="GNU OpenMP and /proc are Linux's")


# In place of torch the OpenMP that comes with it is loaded, in the very moment in which torch is asked for.
INSTEAD = """
import ctypes, importlib.util, os, pathlib, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            sys.meta_path.remove(self)
            folder = pathlib.Path(importlib.util.find_spec("torch").origin).parent / "lib"
            ctypes.CDLL(str(next(folder.glob("libgomp*"))))
            os._exit(0)
sys.meta_path.insert(0, Finder())
"""


def _openmp_says(code: str, **environment: str) -> dict[str, str]:
    """What OpenMP took up when ``code`` had loaded torch, by its own account."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "OMP_DISPLAY_ENV": "VERBOSE", **environment},
        capture_output=True, text=True, cwd=ROOT, timeout=300,
    )  # fmt: skip
    rows = (line.strip().removeprefix("[host] ").partition(" = ") for line in printed.stderr.splitlines())
    return {name: value.strip("'") for name, sign, value in rows if sign}


WAYS_IN = {
    "import": "import stylize; import torch",
    "a name of the package": "import stylize; stylize.job; import torch",
    "the core": "from stylize.modes.adain import mode",
    "training": "from stylize.training import loop",
    "the command line": "from stylize.cli import main; main(['adain', 'none.jpg', '--style', 'none.jpg'])",
    "the page": "from stylize.webui import launch; launch.bring_networks()",
    "app.py": "import runpy; runpy.run_path('app.py', run_name='app'); import torch",
    "a worker": (
        "import stylize, subprocess, sys; "
        "sys.exit(subprocess.run([sys.executable, '-c', 'import torch']).returncode)"
    ),
}


@on_linux
@pytest.mark.parametrize("way", WAYS_IN)
def test_openmp_is_told_before_torch_is_loaded(way):
    whole = way in ("the core", "a worker")  # there torch itself is loaded
    printed = _openmp_says(WAYS_IN[way] if whole else INSTEAD + WAYS_IN[way])
    assert printed["OMP_WAIT_POLICY"] == OURS["OMP_WAIT_POLICY"]
    assert printed["GOMP_SPINCOUNT"] == OURS["GOMP_SPINCOUNT"]


@on_linux
def test_the_users_own_policy_is_what_openmp_gets():
    code = INSTEAD + "import stylize, torch"
    assert _openmp_says(code, OMP_WAIT_POLICY="ACTIVE")["OMP_WAIT_POLICY"] == "ACTIVE"
    assert _openmp_says(code, GOMP_SPINCOUNT="7")["GOMP_SPINCOUNT"] == "7"


def test_what_somebody_set_stays():
    for name in OURS:
        environment = {name: "theirs"}
        prepare(environment)
        assert environment == {name: "theirs"}
    environment = {}
    prepare(environment)
    assert environment == OURS


class Machine:
    """A clock, the process' work and its waiting, moved by hand; and crowds that are counted."""

    def __init__(self) -> None:
        self.seconds = self.work = self.wait = 0.0
        self.crowds = 0

    def enter(self) -> Machine:
        self.crowds += 1
        return self

    def leave(self) -> None:
        self.crowds -= 1

    def pass_time(self, watch: Watch, *, waiting: float, working: float = 1.0, checks: int = 1) -> None:
        for _ in range(checks):
            self.seconds += 0.2
            self.work += 0.2 * working
            self.wait += 0.2 * waiting
            watch.check()


@pytest.fixture
def machine():
    return Machine()


def test_openmp_sleeps_while_others_need_the_cpus(machine):
    watch = Watch(lambda: machine.seconds, lambda: machine.work, lambda: machine.wait, machine.enter)
    machine.pass_time(watch, waiting=0.0, checks=10)
    assert not watch.crowded
    machine.pass_time(watch, waiting=2 * CROWDED)
    assert watch.crowded
    machine.pass_time(watch, waiting=0.5, checks=50)
    assert machine.crowds == 1  # one is enough
    machine.pass_time(watch, waiting=0.0, checks=PATIENCE - 1)
    assert watch.crowded  # a pause of the other program is not its end
    machine.pass_time(watch, waiting=0.5)
    machine.pass_time(watch, waiting=0.0, checks=PATIENCE)
    assert not watch.crowded
    assert machine.crowds == 0


def test_a_little_waiting_changes_nothing(machine):
    watch = Watch(lambda: machine.seconds, lambda: machine.work, lambda: machine.wait, machine.enter)
    machine.pass_time(watch, waiting=CROWDED / 2, checks=50)
    assert not watch.crowded


def test_a_watch_ends_with_the_work_and_lets_go(machine, monkeypatch):
    watch = Watch(lambda: machine.seconds, lambda: machine.work, lambda: machine.wait, machine.enter)
    machine.pass_time(watch, waiting=1.0)
    assert machine.crowds == 1

    def sleep(_: float) -> None:
        machine.seconds, machine.wait = machine.seconds + 0.2, machine.wait + 0.1

    monkeypatch.setattr(threads.time, "sleep", sleep)
    watch.run()
    assert watch.over
    assert machine.seconds <= 0.2 * (IDLE + 2)
    assert machine.crowds == 0


@on_linux
def test_a_crowd_is_more_threads_than_cpus_and_leaves_none():
    code = """
import os, time
import stylize, torch
from stylize.system.threads import Crowd
torch.set_num_threads(2)
torch.ones(1 << 17).exp_()
before = len(os.listdir("/proc/self/task"))
crowd = Crowd()
while len(os.listdir("/proc/self/task")) < before + 2:
    time.sleep(0.01)
crowd.leave()
while len(os.listdir("/proc/self/task")) > before:
    time.sleep(0.01)
print("both")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert run.stdout == "both\n", run.stderr


@on_linux
def test_waiting_is_counted_over_all_threads(tmp_path):
    own = threading.get_native_id()
    for task, text in ((own, "9 1500000000 3"), (own + 1, "9 500000000 3"), (own + 2, "")):
        (tmp_path / str(task)).mkdir()
        (tmp_path / str(task) / "schedstat").write_text(text)
    assert waited(tmp_path) == 2.0
    assert waited(tmp_path / "none") is None
    assert waited() is not None


def test_only_one_watch_looks_after_a_process(monkeypatch):
    started = []
    monkeypatch.setattr(threads, "_watch", None)
    monkeypatch.setattr(Watch, "start", lambda self: started.append(self))
    monkeypatch.setattr(Watch, "is_alive", lambda self: self in started)
    monkeypatch.setattr(threads, "waited", lambda: 0.0)
    for name, value in OURS.items():
        monkeypatch.setenv(name, value)
    threads.watch()
    threads.watch()
    assert len(started) == 1
    started[0].over = True  # its thread is about to end
    threads.watch()
    assert len(started) == 2
    started.clear()
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")  # whoever wants that gets it
    threads.watch()
    assert not started


def test_a_crowd_can_leave():
    crowd = Crowd()
    crowd.leave()
    assert not crowd._thread.is_alive()
