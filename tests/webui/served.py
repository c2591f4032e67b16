"""A page in a process of its own, started as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTED = re.compile(r"Stylize is at (\S+) ")
PATIENCE = 120.0  # seconds for a start
FOREIGN = ("proxy", "gradio_", "stylize_", "space_id")


@dataclass
class Server:
    """A page's process, and the lines that it has written."""

    url: str
    pid: int
    said: list[str]


@contextmanager
def started(*flags: str, **variables: str) -> Iterator[str]:
    """The address of ``stylize serve``, which ends with the block.

    Raises:
        AssertionError: with what it said, if it did not start.
    """
    with running([sys.executable, "-u", "-m", "stylize", "serve", *flags], **variables) as server:
        yield server.url


@contextmanager
def running(command: list[str], **variables: str) -> Iterator[Server]:
    """A program that serves a page and says so as ``stylize serve`` does; it ends with the block.

    Raises:
        AssertionError: with what it said, if it did not start.
    """
    process = subprocess.Popen(
        command, cwd=ROOT, env=surroundings(**variables),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    clock = threading.Timer(PATIENCE, process.kill)
    clock.start()
    said: list[str] = []
    try:
        url = _address(process, said)
        clock.cancel()
        reader = threading.Thread(target=_listen, args=(process, said), daemon=True)
        reader.start()  # or the page would wait at a full pipe
        yield Server(url, process.pid, said)
    finally:
        clock.cancel()
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[str], said: list[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if found := STARTED.search(line):
            return found[1]
    raise AssertionError("".join(said))


def _listen(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stdout is not None
    with process.stdout:
        said.extend(process.stdout)


def surroundings(**variables: str) -> dict[str, str]:
    """This process's variables without those that decide where and how a page starts, and these."""
    kept = {name: value for name, value in os.environ.items() if not _is_foreign(name.lower())}
    return {**kept, **variables}


def _is_foreign(name: str) -> bool:
    return name.endswith(FOREIGN[0]) or name.startswith(FOREIGN[1:])
