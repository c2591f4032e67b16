"""The scripts of benchmarks/ and examples/ work from a clone, with nothing installed and from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [
    path for folder in ("benchmarks", "examples") for path in sorted((ROOT / folder).glob("*.py"))
    if "ArgumentParser(" in path.read_text("utf-8")
]  # fmt: skip


def test_there_are_scripts() -> None:
    assert {"speed.py", "page.py", "make_styles.py"} <= {path.name for path in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_finds_the_package_of_its_clone(path: Path, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, str(path), "--help"], capture_output=True, text=True, cwd=tmp_path,
        env=environment, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage: ")


def test_the_page_is_found_later_as_well(tmp_path: Path) -> None:
    """page.py answers ``--help`` before it needs the package."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    look = "import runpy, sys; runpy.run_path(sys.argv[1]); import stylize; print(stylize.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", look, str(ROOT / "benchmarks/page.py")], capture_output=True, text=True,
        cwd=tmp_path, env=environment, timeout=300,
    )  # fmt: skip
    assert Path(ran.stdout.strip()) == ROOT / "stylize/__init__.py", ran.stderr
