"""Open files, pipes and buffers as sources and targets of pictures."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING, TypeGuard

from ..errors import PictureError

if TYPE_CHECKING:
    from .files import Limits

CHUNK = 1 << 20  # bytes


def is_readable(source: object) -> TypeGuard[IO[bytes]]:
    """Whether ``source`` has a ``read``, as open files have."""
    return callable(getattr(source, "read", None))


def is_writable(target: object) -> TypeGuard[IO[bytes]]:
    """Whether ``target`` has a ``write``, as open files have."""
    return callable(getattr(target, "write", None))


def name_of(stream: object) -> str:
    """The base name of an open file; empty for a buffer or a pipe."""
    name = getattr(stream, "name", None)
    if not isinstance(name, (str, bytes)) or not name:
        return ""
    base = os.path.basename(os.fsdecode(name))
    return "" if base.startswith("<") else base  # "<stdin>"


def read_stream(stream: IO[bytes], limits: Limits) -> bytes:
    """What a binary stream holds from where it stands to its end; it is left open.

    No more than the limit and one chunk is held. Raises PictureError, also if there is nothing.
    """
    name = name_of(stream) or "This stream"
    if data := read_all(stream, limits, name):
        return data
    raise PictureError("{file} gives no bytes: is it at its end? seek(0) goes back to the start.", file=name)


def read_all(stream: IO[bytes], limits: Limits, name: str) -> bytes:
    """As :func:`read_stream`, of a stream that messages call ``name`` and that may be empty."""
    data = bytearray()
    try:
        while chunk := stream.read(CHUNK):
            if isinstance(chunk, str):
                raise _not_binary(name, "rb")
            data += chunk
            if len(data) > limits.megabytes * 1e6:
                raise PictureError(
                    "{file} gives more than the {limit:g} MB that are read: save the picture smaller, or "
                    "raise STYLIZE_MAX_MEGABYTES.",
                    file=name,
                    limit=limits.megabytes,
                )
    except UnicodeDecodeError as error:  # a picture's bytes taken for text
        raise _not_binary(name, "rb") from error
    except (OSError, ValueError) as error:  # ValueError: it is closed
        reason = getattr(error, "strerror", None) or error
        raise PictureError(
            "{file} cannot be read ({reason}): choose another picture.", file=name, reason=str(reason)
        ) from error
    return bytes(data)


def write_stream(stream: IO[bytes], data: bytes) -> None:
    """Writes all of ``data`` and leaves the stream open. Raises PictureError, BrokenPipeError."""
    name = name_of(stream) or "This stream"
    if isinstance(stream, io.TextIOBase):
        raise _not_binary(name, "wb")
    left = memoryview(data)
    try:
        while left:
            written = stream.write(left)
            if written == 0:
                raise OSError("it takes no more bytes")
            left = left[written:] if isinstance(written, int) else left[:0]
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureError(
            "{file} cannot be written ({reason}): choose another folder, or make room.",
            file=name,
            reason=str(reason),
        ) from error


def _not_binary(name: str, how: str) -> PictureError:
    return PictureError(
        '{file} is open as text, but a picture is bytes: open it with mode "{how}".', file=name, how=how
    )
