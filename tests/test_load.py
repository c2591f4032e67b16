"""The benchmark of a page under load, made short: nothing is lost, crossed or broken, and it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import coded

ROOT = Path(__file__).parents[1]


def test_a_picture_tells_its_number_and_no_other():
    rng = np.random.default_rng(0)
    numbers = [int(each) for each in rng.integers(1 << coded.BITS, size=20)]
    for number in numbers:
        found = coded.number_of(coded.picture(number, 300, 200, rng))
        assert found == number
        others = (coded.distance(found, each) for each in numbers if each != number)
        assert min(others) > coded.TOLERATED


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_page_under_load_loses_and_crosses_nothing(tmp_path):
    flags = "--minutes 0.4 --visitors 3 --big 500 --megabytes 60 --each 12 --patience 300".split()  # noqa: SIM905
    command = [sys.executable, str(ROOT / "benchmarks" / "load.py"), *flags]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "load.json")], capture_output=True, text=True, check=False
    )
    assert (tmp_path / "load.json").is_file(), done.stderr
    found = json.loads((tmp_path / "load.json").read_text("utf-8"))
    assert (found["lost"], found["crossed"], found["faults"], found["said"]) == ([], [], [], [])
    assert done.returncode == 0
    assert found["counts"]["runs"] > 0
    assert found["counts"]["pictures looked at"] > 0
    assert found["readings"]
    assert found["latency"]
