"""Freed memory goes back to the system, and threads share a few heaps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stylize.system import heap

ROOT = Path(__file__).parents[2]
on_glibc = pytest.mark.skipif(heap._function("malloc_trim") is None, reason="glibc's")

# Blocks of 100 kB in many threads: below the size that is mapped apart. Every second one is freed.
HOLDS = """
import ctypes, sys, threading
from stylize.system import heap
if sys.argv[1] == "few":
    assert heap.few_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
gate = threading.Barrier(24)
kept = []
def work():
    gate.wait()
    kept.append(libc.malloc(100_000))
threads = [threading.Thread(target=work) for _ in range(24)]
[each.start() for each in threads]
[each.join() for each in threads]
print(len({address >> 26 for address in kept}))  # glibc's further heaps begin at multiples of 64 MB
"""


@on_glibc
def test_threads_share_a_few_heaps():
    def heaps(how: str) -> int:
        run = subprocess.run(
            [sys.executable, "-c", HOLDS, how], cwd=ROOT, check=True, capture_output=True, text=True
        )
        return int(run.stdout)

    assert heaps("few") <= heap.HEAPS + 1 < heaps("many")  # the first may lie across a multiple


@on_glibc
def test_freed_pages_go_back():
    code = """
from pathlib import Path
from stylize.system import heap
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
heap.few_heaps()
held = [bytearray(100_000) for _ in range(2000)]
last = held[-1]
full = resident()
del held  # but for the last, which lies at the end of the heap
heap.trim()
print(full - resident())
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert int(run.stdout) > 150_000_000


def test_the_users_own_number_of_heaps_stays():
    assert not heap.few_heaps({"MALLOC_ARENA_MAX": "4"})
    assert not heap.few_heaps({"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"})
