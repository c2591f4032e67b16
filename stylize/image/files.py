"""Opens an image from a path or bytes, and checks its format and its size.

The format is told by the first bytes, never by the name, and both limits are checked before a pixel is
decoded.
"""

from __future__ import annotations

import io
import math
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from ..errors import PictureError, SettingsError
from . import guard, learned
from .faults import called, damaged
from .streams import is_readable, name_of, read_stream
from .tiff_layout import TiffFile

READ = "JPEG, PNG, WebP, TIFF, BMP and GIF"

_READERS: dict[str, Callable[..., ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffFile,
    "WebP": WebPImagePlugin.WebPImageFile,
}
JPEG = b"\xff\xd8\xff"
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    JPEG: "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
_FOREIGN = {
    b"%PDF": "PDF",
    b"8BPS": "PSD",
    b"\0\0\x01\0": "ICO",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
}


@dataclass(frozen=True)
class Limits:
    """The largest picture that is read: millions of pixels, and millions of bytes in the file.

    ``seconds``: of processor time, for decoding one. Files are then decoded in another process, which also
    bounds their memory. None: no limit, and decoding in this one, as for a user's own pictures.

    ``owner``: whose the file is, in any words; the processes serve one file of an owner at a time, and the
    owners in turn. "" is nobody in particular. ``stop``: of a run that had its turn already, which is not
    lost while the processes are busy: it waits for one until this is set, or for some minutes.
    """

    megapixels: float = 64
    megabytes: float = 50
    seconds: float | None = None
    owner: str = ""
    stop: threading.Event | None = field(default=None, compare=False, repr=False)

    def __getstate__(self) -> dict[str, object]:  # the process that decodes need not know who waits
        return {**self.__dict__, "owner": "", "stop": None}

    @classmethod
    def default(cls) -> Self:
        """The limits that STYLIZE_MAX_MEGAPIXELS and STYLIZE_MAX_MEGABYTES ask for. Raises SettingsError."""
        return cls(
            megapixels=_positive("STYLIZE_MAX_MEGAPIXELS", cls.megapixels),
            megabytes=_positive("STYLIZE_MAX_MEGABYTES", cls.megabytes),
        )

    def check_bytes(self, size: int, name: str) -> None:
        """Raises PictureError for a file of more than ``megabytes``."""
        if size > self.megabytes * 1e6:
            raise PictureError(
                "{file} is {size:.1f} MB large, but at most {limit:g} MB are read: save it smaller, "
                "or raise STYLIZE_MAX_MEGABYTES.",
                file=called(name),
                size=size / 1e6,
                limit=self.megabytes,
            )

    def check_pixels(self, size: tuple[int, int], name: str) -> None:
        """Raises PictureError for a width and height of more than ``megapixels``."""
        if size[0] * size[1] > self.megapixels * 1e6:
            raise PictureError(
                "{file} has {width} x {height} pixels ({size:.1f} megapixels), but at most {limit:g} "
                "megapixels are read: make it smaller, or raise STYLIZE_MAX_MEGAPIXELS.",
                file=called(name),
                width=size[0],
                height=size[1],
                size=size[0] * size[1] / 1e6,
                limit=self.megapixels,
            )


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise SettingsError(
            "{name} is {value!r}, but it must be a number above 0.", name=variable, value=text
        )
    return value


def read(source: object, limits: Limits) -> tuple[bytes, str]:
    """The bytes of a file (path, bytes or open file) and its base name. Raises PictureError."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        limits.check_bytes(memoryview(source).nbytes, "")
        return bytes(source), ""
    if is_readable(source):
        return read_stream(source, limits), name_of(source)
    if not isinstance(source, (str, os.PathLike)):
        raise PictureError(
            "A {kind} is not a picture: give a path, bytes, an open file, a PIL image or a NumPy array.",
            kind=type(source).__name__,
        )
    path = os.fsdecode(source)
    try:
        return _read_path(path, limits), os.path.basename(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the path
        raise PictureError("There is no file {file!r}: check the path.", file=path) from error
    except PermissionError as error:
        raise PictureError("{file} may not be read: check its permissions.", file=path) from error
    except OSError as error:
        raise PictureError(
            "{file} cannot be read ({reason}): choose another picture.", file=path, reason=error.strerror
        ) from error


def _read_path(path: str, limits: Limits) -> bytes:
    about = os.stat(path)
    if stat.S_ISDIR(about.st_mode):
        raise PictureError("{file} is a folder: choose a picture in it.", file=path)
    if not stat.S_ISREG(about.st_mode):
        raise PictureError("{file} is not a file: save the picture to one first.", file=path)
    limits.check_bytes(about.st_size, os.path.basename(path))
    with open(path, "rb") as file:
        return file.read()


def kind_of(data: bytes, name: str) -> str:
    """Which of the readable formats this is. Raises PictureError, naming what it is instead."""
    if not data:
        raise PictureError("{file} is empty: choose another picture.", file=called(name))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if found:
        return found
    if learned.is_learned(data):
        return learned.KIND
    foreign = _foreign(data)
    if foreign:
        raise PictureError(
            "{file} is {kind}, which is not supported: export it as PNG or JPEG. Formats read: {formats}.",
            file=called(name),
            kind=foreign,
            formats=READ,
        )
    raise PictureError(
        "{file} is not a picture: choose another. Formats read: {formats}.", file=called(name), formats=READ
    )


def _foreign(data: bytes) -> str:
    """The name of a format that people try and that is not read, or an empty text."""
    if data[4:8] == b"ftyp":
        return "AVIF" if data[8:12] in (b"avif", b"avis") else "HEIC"
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<svg" in data[:4096].lower():
        return "SVG"
    return next((kind for magic, kind in _FOREIGN.items() if data.startswith(magic)), "")


def open_image(data: bytes, name: str) -> ImageFile.ImageFile:
    """The image with its header read and no pixel decoded; of a learned style the picture in it. Raises
    PictureError.

    Pillow's format classes are called directly: Image.open would warn or refuse by a limit that is
    global to the process, and ours belongs to the call.
    """
    kind = kind_of(data, name)
    if kind == learned.KIND:
        return _open_learned(data, name)
    try:
        image = _READERS[kind](io.BytesIO(guard.guarded(kind, data, name)))
        if kind == "PNG":
            image.info["icc_profile"] = guard.png.profile(data)
        return image
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("{file} is far too large: make it smaller.", file=called(name)) from error
    except Exception as error:  # hostile bytes make a reader raise nearly anything
        raise damaged(name, kind) from error


def _open_learned(data: bytes, name: str) -> ImageFile.ImageFile:
    """The picture in the file of a learned style. Raises PictureError."""
    picture = learned.parsed(data, name)[1]
    image = open_image(picture, name) if picture.startswith(JPEG) else None
    if image is None or max(image.size) > learned.LONGEST_SIDE:
        raise learned.unsound(name)
    return image
