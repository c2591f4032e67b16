"""A page in a process of its own, started as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTED = re.compile(r"Stylize is at (\S+) ")
PATIENCE = 120.0  # seconds for a start
FOREIGN = ("proxy", "gradio_", "stylize_", "space_id")


@contextmanager
def started(*flags: str, **variables: str) -> Iterator[str]:
    """The address of ``stylize serve``, which ends with the block.

    Raises:
        AssertionError: with what it said, if it did not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "stylize", "serve", *flags], cwd=ROOT, env=surroundings(**variables),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    clock = threading.Timer(PATIENCE, process.kill)
    clock.start()
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := STARTED.search(line):
                clock.cancel()
                yield found[1]
                return
        raise AssertionError("".join(said))
    finally:
        clock.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def surroundings(**variables: str) -> dict[str, str]:
    """This process's variables without those that decide where and how a page starts, and these."""
    kept = {name: value for name, value in os.environ.items() if not _is_foreign(name.lower())}
    return {**kept, **variables}


def _is_foreign(name: str) -> bool:
    return name.endswith(FOREIGN[0]) or name.startswith(FOREIGN[1:])
