"""The scripts of benchmarks/ and examples/ work from a clone, with nothing installed and from any folder."""

from __future__ import annotations

import json
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


# As `python PATH --help` each, but that what is not of the clone is imported once for all of them.
EACH = """
import contextlib, io, json, os, runpy, sys
root, *paths = sys.argv[1:]
kept, found = list(sys.path[1:]), {}
for path in paths:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(root + os.sep) and "site-packages" not in file:  # .venv may lie in the clone
            del sys.modules[name]
    sys.path[:], sys.argv = [os.path.dirname(path), *kept], [path, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            runpy.run_path(path, run_name="__main__")
            status = None
        except SystemExit as end:
            status = end.code
        except Exception as error:
            status = repr(error)
    found[path] = status, said.getvalue()
print(json.dumps(found))
"""


def without_the_clone() -> dict[str, str]:
    """The environment of somebody who has installed nothing."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, str]]:
    """How each script ended and what it said."""
    ran = subprocess.run(
        [sys.executable, "-c", EACH, str(ROOT), *map(str, SCRIPTS)], capture_output=True, text=True,
        cwd=tmp_path_factory.mktemp("elsewhere"), env=without_the_clone(), timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found: dict[str, tuple[object, str]] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_finds_the_package_of_its_clone(path: Path, told: dict[str, tuple[object, str]]) -> None:
    status, text = told[str(path)]
    assert status == 0
    assert text.startswith("usage: ")


def test_the_page_is_found_later_as_well(tmp_path: Path) -> None:
    """page.py answers ``--help`` before it needs the package."""
    look = "import runpy, sys; runpy.run_path(sys.argv[1]); import stylize; print(stylize.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", look, str(ROOT / "benchmarks/page.py")], capture_output=True, text=True,
        cwd=tmp_path, env=without_the_clone(), timeout=300,
    )  # fmt: skip
    assert Path(ran.stdout.strip()) == ROOT / "stylize/__init__.py", ran.stderr
