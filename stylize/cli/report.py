"""Reports of the command line while it works: text on stderr, or lines of JSON for programs.

A saved picture's path is all that people's stdout gets, so that it can be piped on.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from ..progress import Progress
    from ..weights import Transfer

Clock = Callable[[], float]

REDRAW_INTERVAL = 0.1  # seconds between two states of the bar on a terminal
PLAIN_INTERVAL = 10.0  # seconds between two plain lines where stderr is no terminal
JSON_INTERVAL = 0.2  # seconds between two progress events
WINDOW = 50  # states of the bar from which the time left is estimated
CELLS = 24
LEFT_OUT = {  # by reason: for one, for several
    "subfolders": ("subfolder (--recursive takes it)", "subfolders (--recursive takes them)"),
    "not_pictures": ("file that is no picture", "files that are no pictures"),
    "hidden": ("hidden", "hidden"),
    "unreadable": ("that cannot be read", "that cannot be read"),
    "output": ("folder of results", "folders of results"),
}


@dataclass(frozen=True)
class Saved:
    """A written picture: after ``step`` of ``total`` steps, in ``seconds``, with (width, height)."""

    file: str
    path: Path
    seconds: float
    size: tuple[int, int]
    step: int
    total: int
    recipe: str

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.step >= self.total


class Report(Protocol):
    """Where a command tells what happens. ``file`` is the input it speaks of, if there is one."""

    def progress(self, file: str, progress: Progress) -> None: ...

    def transfer(self, transfer: Transfer) -> None: ...

    def note(self, message: str, file: str = "") -> None: ...

    def error(self, message: str, file: str = "") -> None: ...

    def saved(self, saved: Saved) -> None: ...

    def left_out(self, counts: Mapping[str, int]) -> None:
        """What of the folders was no input, counted by reason: ``Search.left_out``."""

    def summary(self, made: int, failed: int, left: int, skipped: int = 0) -> None: ...

    def answer(self, text: str, event: str, **values: object) -> None:
        """What was asked for: ``text`` for people, ``event`` with its values for programs."""


def report_for(as_json: bool, quiet: bool, picture_on_stdout: bool = False) -> Report:
    """The report that the flags ask for; nothing goes to stdout if a picture does."""
    if as_json:
        return JsonLines(sys.stderr if picture_on_stdout else sys.stdout)
    return Console(None if picture_on_stdout else sys.stdout, sys.stderr, quiet=quiet)


class JsonLines:
    """One JSON object a line, each with an ``event``; ASCII, so that any pipe takes it."""

    def __init__(self, out: TextIO, clock: Clock = time.monotonic) -> None:
        self.out, self.clock = out, clock
        self._next = 0.0

    def _say(self, event: str, **values: object) -> None:
        print(json.dumps({"event": event, **values}), file=self.out, flush=True)

    def _is_due(self, done: int, total: int) -> bool:
        now = self.clock()
        if now < self._next and done < total:
            return False
        self._next = now + JSON_INTERVAL
        return True

    def progress(self, file: str, progress: Progress) -> None:
        if self._is_due(progress.step, progress.total):
            losses = {k: v if math.isfinite(v) else None for k, v in progress.losses.items()}
            self._say("progress", file=file, step=progress.step, total=progress.total, losses=losses)

    def transfer(self, transfer: Transfer) -> None:
        if self._is_due(transfer.done, transfer.total):
            self._say(
                "transfer", name=transfer.name, file=transfer.file, done=transfer.done, total=transfer.total
            )

    def note(self, message: str, file: str = "") -> None:
        self._say("note", message=message, file=file)

    def error(self, message: str, file: str = "") -> None:
        self._say("error", message=message, file=file)

    def saved(self, saved: Saved) -> None:
        self._say(
            "saved",
            path=str(saved.path),
            file=saved.file,
            seconds=round(saved.seconds, 3),
            size=list(saved.size),
            complete=saved.complete,
            recipe=json.loads(saved.recipe),
        )

    def left_out(self, counts: Mapping[str, int]) -> None:
        if sum(counts.values()):
            self._say("left_out", **{reason: counts.get(reason, 0) for reason in LEFT_OUT})

    def summary(self, made: int, failed: int, left: int, skipped: int = 0) -> None:
        self._say("summary", made=made, failed=failed, left=left, skipped=skipped)

    def answer(self, text: str, event: str, **values: object) -> None:
        self._say(event, **values)


class Console:
    """A bar and sentences on stderr, paths on stdout."""

    def __init__(
        self, out: TextIO | None, err: TextIO, *, quiet: bool = False, clock: Clock = time.monotonic
    ) -> None:
        self.out, self.err, self.quiet = out, err, quiet
        self.bar = ProgressBar(err, clock)

    def _say(self, kind: str, message: str, file: str) -> None:
        self.bar.clear()
        about = f"{file}: " if file and file not in message else ""
        print(f"stylize: {kind}{about}{_one_line(message)}", file=self.err, flush=True)

    def progress(self, file: str, progress: Progress) -> None:
        if not self.quiet:
            total = progress.losses.get("total")
            loss = "" if total is None else f"loss {total:.4g}"
            self.bar.draw(file, progress.step, progress.total, f"{progress.step}/{progress.total}", loss)

    def transfer(self, transfer: Transfer) -> None:
        if not self.quiet:
            done = f"{transfer.done / 1e6:.1f} MB"
            of = f" of {transfer.total / 1e6:.1f} MB" if transfer.total else ""
            self.bar.draw(transfer.file, transfer.done, transfer.total, done + of)

    def note(self, message: str, file: str = "") -> None:
        self._say("", message, file)

    def error(self, message: str, file: str = "") -> None:
        self._say("error: ", message, file)

    def saved(self, saved: Saved) -> None:
        self.answer(str(saved.path), "")

    def left_out(self, counts: Mapping[str, int]) -> None:
        parts = [_counted(counts[each], *labels) for each, labels in LEFT_OUT.items() if counts.get(each)]
        if parts and not self.quiet:
            self.note(f"left out: {', '.join(parts)}.")

    def summary(self, made: int, failed: int, left: int, skipped: int = 0) -> None:
        others = {"failed": failed, "skipped": skipped, "left out": left}
        parts = [f"{made} made", *(f"{count} {word}" for word, count in others.items() if count)]
        if failed or left or not self.quiet:
            self.note(f"{', '.join(parts)}.")

    def answer(self, text: str, event: str, **values: object) -> None:
        self.bar.clear()
        if self.out is not None:
            print(text, file=self.out, flush=True)


class ProgressBar:
    """One line that is redrawn on a terminal; elsewhere a plain line every ten seconds."""

    def __init__(self, err: TextIO, clock: Clock = time.monotonic) -> None:
        self.err, self.clock = err, clock
        self.on_terminal = err.isatty()
        self._label = ""
        self._next = 0.0
        self._drawn = False
        self._past: deque[tuple[float, int]] = deque(maxlen=WINDOW)

    def draw(self, label: str, done: int, total: int, *details: str) -> None:
        """Show ``done`` of ``total`` (0: unknown), if it is time to."""
        now = self.clock()
        if label != self._label or (self._past and done < self._past[-1][1]):
            self._label, self._next = label, now if self.on_terminal else now + PLAIN_INTERVAL
            self._past.clear()
        if not self._past:
            self._past.append((now, done))
        if now < self._next and not (self.on_terminal and done == total):
            return
        self._next = now + (REDRAW_INTERVAL if self.on_terminal else PLAIN_INTERVAL)
        line = self._line(done, total, now, *details)
        self._past.append((now, done))
        if self.on_terminal:
            width = shutil.get_terminal_size().columns - 1
            self.err.write("\r\x1b[K" + line[:width])
            self._drawn = True
        else:
            self.err.write(line + "\n")
        self.err.flush()

    def clear(self) -> None:
        """Take the bar off the terminal before something else is written."""
        if self._drawn:
            self.err.write("\r\x1b[K")
            self.err.flush()
        self._drawn = False

    def _line(self, done: int, total: int, now: float, *details: str) -> str:
        parts = [_one_line(self._label), *details]
        if total:
            share = min(1.0, done / total)
            if self.on_terminal:
                full = int(share * CELLS)
                parts.insert(1, "[" + "#" * full + "-" * (CELLS - full) + "]")
            parts.insert(1, f"{share:4.0%}")
            since, before = self._past[0]
            if before < done < total:
                parts.append("ETA " + _duration((now - since) / (done - before) * (total - done)))
        return "  ".join(part for part in parts if part)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _one_line(text: str) -> str:
    """Without the control characters that a file name may bring to a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
