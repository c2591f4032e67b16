"""The command line. Importing this brings no torch: ``--help`` and a wrong flag answer at once.

Exit status: 0 when all went well, 2 for what the user can mend, 130 after Ctrl-C (143 after SIGTERM),
141 when nobody reads the output any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ..errors import StylizeError
from . import parser
from .report import Report, report_for

USER_ERROR, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


def entry() -> None:
    """The installed command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a file name that the terminal cannot show
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status. A traceback means a fault of the program."""
    try:
        status = _run(argv)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _forget_stdout()
        return PIPE_CLOSED


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = parser.build().parse_args(argv)
    except SystemExit as stop:  # --help, --version, or a wrong flag, already said
        return int(stop.code or 0)
    report = report_for(getattr(args, "json", False), getattr(args, "quiet", False))
    try:
        return int(args.command(args, report))
    except StylizeError as error:
        report.error(str(error))
        return USER_ERROR
    except KeyboardInterrupt:
        report.note("interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        report.error(_sentence(error))
        return USER_ERROR


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def _forget_stdout() -> None:
    """Points stdout nowhere, so that Python does not complain about it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no file, as under a test
        pass
    finally:
        os.close(nowhere)


__all__ = ["Report", "entry", "main"]
