"""What a server's processes and folders take, read while it works. Linux, by /proc."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Reading:
    """``at`` in seconds from the start; memory of the whole tree of processes and files in MB."""

    at: float
    memory: float
    disk: float
    files: int
    threads: int


@dataclass
class Gauges:
    """Reads every so many seconds, in a thread of its own."""

    pid: int
    folder: Path
    every: float = 2.0
    readings: list[Reading] = field(default_factory=list)

    def watch(self, over: threading.Event, start: float) -> None:
        while not over.wait(self.every):
            self.readings.append(self.read(time.monotonic() - start))

    def read(self, at: float) -> Reading:
        memory = files = threads = 0
        for pid in tree(self.pid):
            with suppress(OSError, IndexError, ValueError):
                status = Path(f"/proc/{pid}/status").read_text()
                memory += _number(status, "VmRSS:")
                threads += _number(status, "Threads:")
                files += len(os.listdir(f"/proc/{pid}/fd"))
        return Reading(at, memory / 1e3, size(self.folder) / 1e6, files, threads)


def _number(status: str, name: str) -> int:
    return int(status.split(name)[1].split()[0])


def tree(pid: int) -> list[int]:
    """A process and all that it started and they did."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError, IndexError, ValueError):
            parent = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def size(folder: Path) -> int:
    """Bytes of all files in a folder; of a file with several names once."""
    found = {}
    for path in _files(folder):
        with suppress(OSError):
            about = path.stat()
            found[about.st_dev, about.st_ino] = about.st_size
    return sum(found.values())


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def thirds(
    readings: list[Reading], of: Callable[[Reading], float], minutes: float
) -> tuple[float, float, float]:
    """The median of each third of the time, the first of which is the warm-up."""
    edge = minutes * 60 / 3
    parts: list[list[float]] = [[], [], []]
    for each in readings:
        parts[min(2, int(each.at / edge))].append(of(each))
    first, second, third = (sorted(part)[len(part) // 2] if part else 0.0 for part in parts)
    return first, second, third
