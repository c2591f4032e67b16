"""Decoding apart, in programs of their own, in which a whole life can be looked at."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stylize.image import worker

from .made import encoded, rgb

ROOT = Path(__file__).resolve().parents[2]
PNG = encoded(rgb(), "PNG")


def script(text):
    head = "import os, sys, threading\nfrom stylize.image import Limits, load, workers\n"
    head += f"data = {PNG!r}\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + text],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def is_gone(pid):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and ") Z " in state.read_text():  # ended; nobody has asked for its status yet
            return True
        time.sleep(0.02)
    return False


def test_pictures_of_ones_own_start_no_process():
    out = script("load(data)\nprint(len(workers._pool._all))").communicate()[0]
    assert out.split() == ["0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes of POSIX")
@pytest.mark.parametrize("end", ["exit", "kill"])
def test_processes_end_with_their_parent(end):
    parent = script("""
load(data, Limits(seconds=60))
print(*[each._process.pid for each in workers._pool._all], flush=True)
input()
""")
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 1
    if end == "kill":
        parent.kill()
    parent.communicate("\n")
    assert is_gone(pids[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_fork_has_processes_of_its_own():
    out = script("""
limits = Limits(seconds=60)
load(data, limits)
before = {each._process.pid for each in workers._pool._all}
held = threading.Event()
threading.Thread(target=lambda: (workers._pool._lock.acquire(), held.set()), daemon=True).start()
held.wait()  # a thread of the parent's that holds the lock
child = os.fork()
if not child:
    load(data, limits)
    mine = {each._process.pid for each in workers._pool._all}
    workers._pool.close()
    os._exit(0 if len(mine) == 1 and not mine & before else 1)
state = os.waitpid(child, 0)[1]
workers._pool._lock.release()
load(data, limits)
print(state, before == {each._process.pid for each in workers._pool._all})
""").communicate()[0]
    assert out.split() == ["0", "True"]


def test_processes_end_whatever_the_program_is_doing():
    out = script("""
limits = Limits(seconds=60)
threading.Thread(target=lambda: [load(data, limits) for _ in range(10**9)], daemon=True).start()
load(data, limits)
print(*[each._process.pid for each in workers._pool._all])
""").communicate()[0]
    assert all(is_gone(int(pid)) for pid in out.split())
    assert worker.READY
