"""A picture from stdin, and one to stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace

from ..errors import PictureError, SettingsError
from ..image import Limits, Picture, load
from ..image.streams import read_all
from .inputs import STDIN


def check_once(given: Iterable[str | None]) -> bool:
    """Whether ``-`` is among what was given. Raises SettingsError if it is more than once."""
    count = sum(each == STDIN for each in given)
    if count > 1:
        raise SettingsError("stdin holds one picture: give - for the photo or for one style, and not twice.")
    return count == 1


def read(limits: Limits) -> bytes:
    """The bytes on stdin. Raises PictureError, at once if nothing is piped into it."""
    if sys.stdin is None:
        raise PictureError("stdin is closed: pipe a picture into it, or name a file instead of -.")
    if sys.stdin.isatty():
        raise PictureError(
            "stdin is a terminal: pipe a picture into it, as in `stylize adain - ... < photo.jpg`, or name a "
            "file instead of -."
        )
    if data := read_all(sys.stdin.buffer, limits, "stdin"):
        return data
    raise PictureError("stdin gives no bytes: pipe a picture into it, or name a file instead of -.")


def picture(data: bytes, limits: Limits) -> Picture:
    """The picture that came from stdin. Recipes name no file for it. Raises PictureError."""
    return replace(load(data, limits, name="stdin"), name="")


def check_stdout() -> None:
    """Raises PictureError if a picture cannot go to stdout, before any work is done."""
    if sys.stdout is None:
        raise PictureError("stdout is closed: name a file with -o.")
    if sys.stdout.isatty():
        raise PictureError(
            "stdout is a terminal: send the picture on, as in `-o - > out.png`, or name a file."
        )


def write(data: bytes) -> None:
    """All of ``data`` to stdout. Raises OSError; BrokenPipeError where the reader is gone."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
