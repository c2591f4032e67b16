"""The command line: flags from the settings, pictures from what was typed, reports, commands.

Importing this brings no torch: ``--help`` and a wrong flag answer at once.

Exit status: 0 when all went well, 2 for what the user can mend, 130 after Ctrl-C (143 after SIGTERM),
141 when the reader of the output is gone.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from ..errors import StylizeError
from . import parser
from .report import report_for

USER_ERROR, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


def _as_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    """A file name's bytes that are not UTF-8 as they are, so that a program that reads our paths finds the
    files; what else a terminal cannot show as ``\\u1234``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    for handler in ("surrogateescape", "backslashreplace"):
        with suppress(UnicodeError):
            return codecs.lookup_error(handler)(error)
    raise error


AS_BYTES = "stylize-as-bytes"
codecs.register_error(AS_BYTES, _as_bytes)


def entry() -> None:
    """The installed command."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        else:
            stream.reconfigure(errors=AS_BYTES if name == "stdout" else "backslashreplace")
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
    except OSError as error:
        print(f"stylize: error: {_sentence(error)}", file=sys.stderr)
        _forget_stdout()
        return USER_ERROR


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = parser.build().parse_args(argv)
    except SystemExit as stop:  # --help, --version, or a wrong flag, already said
        return int(stop.code or 0)
    on_stdout = getattr(args, "output", None) == "-"
    report = report_for(getattr(args, "json", False), getattr(args, "quiet", False), on_stdout)
    try:
        return int(args.command(args, report))
    except StylizeError as error:
        report.error(str(error))
        return USER_ERROR
    except KeyboardInterrupt:
        report.note("interrupted.")
        return INTERRUPTED


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def _forget_stdout() -> None:
    """Empties stdout if that can be done, and else points it nowhere, lest Python complain when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


__all__ = ["entry", "main"]
