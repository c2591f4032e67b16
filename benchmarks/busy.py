"""What waiting for each other costs torch's threads, on a quiet machine and beside another program.

    python benchmarks/speed.py --busy --repeats 3

How threads wait is read once, when torch is loaded, so that each time comes from a process of its own; the
ways to wait take turns. ``torch's own`` is what GNU OpenMP does where nobody says anything, ``asleep`` is
``OMP_WAIT_POLICY=PASSIVE``, and ``Stylize`` is what ``stylize/system/threads.py`` makes of both. The other
program is a Python process that counts. ``explained`` is what it costs a program whose threads never wait for
each other: as many counting processes as there are CPUs, without and with one more.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

OWN, ASLEEP, STYLIZE = "torch's own", "asleep", "Stylize"
POLICIES: dict[str, dict[str, str]] = {
    OWN: {"GOMP_SPINCOUNT": "300000"},  # OpenMP's default, which has no name
    ASLEEP: {"OMP_WAIT_POLICY": "PASSIVE"},
    STYLIZE: {},
}
VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")
WARM = 1.0  # seconds of work before anything counts
LEAST = 0.6  # seconds that one figure is measured over
Times = dict[str, float]


def works() -> dict[str, Callable[[], object]]:
    """Calls with many short parallel regions."""
    import torch

    from stylize import api
    from stylize.image import of_tensor
    from stylize.modes.adain import mode as adain
    from stylize.modes.adain.spec import AdaINSettings
    from stylize.modes.gatys import mode as gatys
    from stylize.modes.gatys.spec import GatysSettings
    from stylize.statistics import matrix_roots

    random = torch.Generator().manual_seed(0)
    content, style = (torch.rand(1, 3, 512, 512, generator=random) for _ in range(2))
    small = content[..., :256, :256].contiguous()
    matrix = torch.rand(64, 64, generator=random)
    matrix = matrix @ matrix.T + 0.1 * torch.eye(64)
    inputs = api.inputs(of_tensor(content), of_tensor(style))

    def optimise(photo: torch.Tensor) -> object:
        settings = GatysSettings(steps=4, pyramid=False, content_side=0)
        return list(gatys.run(api.inputs(of_tensor(photo), of_tensor(style)), settings))

    return {
        "Gatys, 4 steps, 256 px": lambda: optimise(small),
        "Gatys, 4 steps, 512 px": lambda: optimise(content),
        "AdaIN, 512 px, style and all": lambda: list(adain.run(inputs, AdaINSettings(content_side=0))),
        "roots of a 64 x 64 matrix": lambda: matrix_roots(matrix),
    }


def measure() -> Times:
    """Seconds of each work in this process, the median of some calls."""
    found = {}
    for name, work in works().items():
        _repeat(work, WARM)
        found[name] = statistics.median(_repeat(work, LEAST))
    return found


def _repeat(work: Callable[[], object], seconds: float) -> list[float]:
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def table(repeats: int) -> Iterator[str]:
    """The rows, in Markdown."""
    quiet = _in_turns(repeats)
    with _another_program():
        busy = _in_turns(repeats)
    explained = _explained()
    yield f"The other program explains {explained:.2f} times the time.\n"
    yield (
        f"| what | {OWN}: quiet, busy | {ASLEEP}: quiet, busy | {STYLIZE}: quiet, busy "
        f"| quiet, {STYLIZE} to {OWN} | busy, {STYLIZE} to what is explained |\n|---|---|---|---|---|---|"
    )
    for name in quiet[OWN]:
        times = " | ".join(f"{_text(quiet[each][name])}, {_text(busy[each][name])}" for each in POLICIES)
        still = quiet[STYLIZE][name] / quiet[OWN][name]
        loaded = busy[STYLIZE][name] / (quiet[OWN][name] * explained)
        yield f"| {name} | {times} | {still:.2f} | {loaded:.2f} |"


def _in_turns(repeats: int) -> dict[str, Times]:
    """Of each policy the medians over ``repeats`` processes."""
    found: dict[str, list[Times]] = {name: [] for name in POLICIES}
    for _ in range(repeats):
        for name, variables in POLICIES.items():
            rest = {key: value for key, value in os.environ.items() if key not in VARIABLES}
            run = subprocess.run(
                [sys.executable, __file__], env={**rest, **variables}, check=True, capture_output=True
            )
            found[name].append(json.loads(run.stdout))
    return {
        name: {work: statistics.median(each[work] for each in runs) for work in runs[0]}
        for name, runs in found.items()
    }


def _explained(seconds: float = 3.0) -> float:
    """How much longer independent processes take beside another program."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    alone = _counted(cpus, seconds)
    with _another_program():
        return alone / _counted(cpus, seconds)


def _counted(processes: int, seconds: float) -> float:
    """How far they count together."""
    context: Any = multiprocessing.get_context("spawn")
    counts = [context.Value("d", 0.0) for _ in range(processes)]
    counters = [context.Process(target=_count, args=(each, seconds)) for each in counts]
    for each in counters:
        each.start()
    for each in counters:
        each.join()
    return sum(float(each.value) for each in counts)


def _count(total: Synchronized[float], seconds: float) -> None:
    end, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        count += 1
    total.value = count


@contextmanager
def _another_program() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        try:
            yield
        finally:
            other.kill()


def _text(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms"


if __name__ == "__main__":
    print(json.dumps(measure()))
