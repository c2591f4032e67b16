"""What the flags of several commands share."""

from __future__ import annotations

import argparse
import importlib
import math
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def later(module: str, function: str) -> Callable[..., int]:
    """A command that is imported when it runs, with torch and all."""

    def command(*args: object) -> int:
        return int(getattr(importlib.import_module(f"{__package__}.{module}"), function)(*args))

    return command


def add_talk(parser: argparse._ActionsContainer) -> None:
    """How much a command tells, and for whom."""
    talk = parser.add_mutually_exclusive_group()
    talk.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    talk.add_argument("--json", action="store_true", help="for programs: a JSON object a line on stdout")


def above_zero(text: str) -> float:
    """A number above 0. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
