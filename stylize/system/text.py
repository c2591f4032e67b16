"""Text that people write, in whatever way their editor saves it, and amounts as they read them."""

from __future__ import annotations

from typing import TypeVar

from ..errors import SettingsError, StylizeError

Kind = TypeVar("Kind", bound=StylizeError)
SNIFFED = 256  # bytes
_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def decoded(data: bytes, name: str, kind: type[StylizeError] = SettingsError) -> str:
    """The text in the bytes of a file that people may have written: UTF-8, with or without a byte order mark.

    Args:
        data: all the bytes of the file.
        name: what a message calls it.
        kind: the error that is raised.

    Raises:
        StylizeError: of that kind, for UTF-16 and UTF-32, as some editors for Windows save, and for what is
            no text at all.
    """
    other = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if other or b"\0" in data[:SNIFFED]:
        raise kind("{file} is saved as {encoding}: save it as UTF-8.", file=name, encoding=other or "UTF-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kind(
            "{file} is not text in UTF-8 (line {line}): save it as UTF-8, or choose another file.",
            file=name,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error


def megabytes(count: float) -> str:
    """A number of bytes for people, such as "80 MB" or "1.8 MB"."""
    return f"{count / 1e6:.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"
