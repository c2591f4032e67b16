"""Files of learned styles: what a painter network was taught of one picture, and that picture itself.

``NAME.style.safetensors`` is a safetensors file with the tensors ``code`` (float32), ``residual`` (float16,
may be missing) and ``picture`` (uint8, the bytes of a JPEG file), and with texts: the format, a
name, and the sha256 of the painter's file. It is read as its picture, with what was learned beside.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import PictureError
from .faults import called

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".style.safetensors"
KIND = "learned style"
FORMAT = "1"
MOST_BYTES = 2_000_000
MOST_HEADER = 10_000  # bytes
LEAST_SIDE = 32  # pixels of a picture to learn from: two features at relu5_1
LONGEST_SIDE = 512  # pixels of the picture
LONGEST_NAME = 100  # characters
MOST_NUMBERS = {"code": 4096, "residual": 65_536}
LARGEST = 1000.0  # of the numbers; those that networks learn are below 10
QUALITY = 75

_DTYPES = {"code": "F32", "residual": "F16", "picture": "U8"}
_BYTES = {"F32": 4, "F16": 2, "U8": 1}
_SHA256 = re.compile("[0-9a-f]{64}")
_HEAD = 8  # bytes, the length of the header


@dataclass(frozen=True, eq=False)
class LearnedStyle:
    """What a painter network learned of a picture.

    Args:
        name: the user's, in any language.
        painter: the sha256 of the painter's file, the only one that it serves.
        code: (code,) float32.
        residual: (2 N,) float16, added to the gains and biases that follow from the code; None for nothing.
    """

    name: str
    painter: str
    code: np.ndarray
    residual: np.ndarray | None = None


def check_size(size: tuple[int, int], name: str) -> None:
    """Raises PictureError for a width and height of a picture too small to learn a style from."""
    if min(size) < LEAST_SIDE:
        raise PictureError(
            "{file} is too small or too narrow to learn a style from: choose a picture of at least {side} "
            "pixels a side.",
            file=called(name),
            side=LEAST_SIDE,
        )


def is_learned(data: bytes) -> bool:
    """Whether a file begins as a safetensors file does: the length of its header, then the header."""
    return len(data) > _HEAD and data[4:8] == b"\0\0\0\0" and data[8:9] == b"{"


def encode(style: LearnedStyle, picture: Tensor) -> bytes:
    """A file.

    Args:
        style: what was learned; its name is cleaned as by :func:`clean_name`.
        picture: (1, 3, H, W) RGB in [0, 1], of any size.
    """
    from .sizes import fit
    from .writing import to_pil

    buffer = io.BytesIO()
    to_pil(fit(picture, LONGEST_SIDE)).save(buffer, "JPEG", quality=QUALITY)
    return _written(style, buffer.getvalue())


def with_picture(data: bytes, picture: bytes) -> bytes:
    """A file with other bytes of its picture, such as those without metadata. Raises PictureError."""
    return _written(parsed(data, "")[0], picture)


def renamed(data: bytes, name: str) -> bytes:
    """A file with another name in it. Raises PictureError."""
    style, picture = parsed(data, "")
    return _written(LearnedStyle(name, style.painter, style.code, style.residual), picture)


def clean_name(name: str) -> str:
    """A name in one line, without what cannot be seen, and not too long."""
    return "".join(each for each in " ".join(name.split()) if each.isprintable())[:LONGEST_NAME].strip()


def _written(style: LearnedStyle, picture: bytes) -> bytes:
    """Always the same bytes for the same content."""
    parts = {"code": style.code.astype("<f4").tobytes()}
    if style.residual is not None:
        parts["residual"] = style.residual.astype("<f2").tobytes()
    parts["picture"] = picture
    texts = {"format": FORMAT, "name": clean_name(style.name), "painter": style.painter}
    header: dict[str, object] = {"__metadata__": texts}
    end = 0
    for key, part in parts.items():
        start, end = end, end + len(part)
        dtype = _DTYPES[key]
        shape = [len(part) // _BYTES[dtype]]
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(_HEAD, "little"), text, *parts.values()])


def parsed(data: bytes, name: str) -> tuple[LearnedStyle, bytes]:
    """What was learned, and the bytes of the picture's file, which are not decoded.

    Args:
        data: of the whole file.
        name: what messages call it.

    Raises:
        PictureError: for anything that :func:`encode` does not write.
    """
    if len(data) > MOST_BYTES:
        raise PictureError(
            "{file} is {size:.1f} MB large, and a learned style has at most {most:g} MB: choose a picture, "
            "or a file that `stylize learn` wrote.",
            file=called(name),
            size=len(data) / 1e6,
            most=MOST_BYTES / 1e6,
        )
    try:
        texts, parts = _taken_apart(data)
        version = texts["format"]
        if version == FORMAT:
            return _style(texts, parts), parts["picture"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise unsound(name) from error
    raise PictureError(
        "{file} is a learned style of a newer version of Stylize: update Stylize, or learn the style again.",
        file=called(name),
    )


def unsound(name: str) -> PictureError:
    """The error for a file that is not as :func:`encode` writes it."""
    return PictureError(
        "{file} is no learned style, or a damaged one: choose a picture, or a file that `stylize learn` "
        "wrote.",
        file=called(name),
    )


def _taken_apart(data: bytes) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """Texts, and the bytes of each tensor. Raises ValueError and others."""
    length = int.from_bytes(data[:_HEAD], "little")
    _need(length <= MOST_HEADER and _HEAD + length <= len(data))
    header = json.loads(data[_HEAD : _HEAD + length].decode("utf-8"))
    texts = header.pop("__metadata__")
    _need(
        set(texts) == {"format", "name", "painter"} and all(isinstance(each, str) for each in texts.values())
    )
    if texts["format"].isdecimal() and texts["format"] != FORMAT:
        return texts, {}
    body = data[_HEAD + length :]
    _need({"code", "picture"} <= set(header) <= set(_DTYPES))
    parts, at = {}, 0
    for key in (each for each in _DTYPES if each in header):
        about = header[key]
        _need(set(about) == {"dtype", "shape", "data_offsets"} and about["dtype"] == _DTYPES[key])
        (count,), (start, end) = about["shape"], about["data_offsets"]
        _need(all(type(each) is int for each in (count, start, end)) and count > 0)
        _need(start == at and end - start == count * _BYTES[_DTYPES[key]] and end <= len(body))
        parts[key], at = body[start:end], end
    _need(at == len(body))
    return texts, parts


def _style(texts: Mapping[str, str], parts: Mapping[str, bytes]) -> LearnedStyle:
    _need(_SHA256.fullmatch(texts["painter"]) is not None and texts["name"] == clean_name(texts["name"]))
    residual = _numbers("residual", parts["residual"], "<f2") if "residual" in parts else None
    return LearnedStyle(texts["name"], texts["painter"], _numbers("code", parts["code"], "<f4"), residual)


def _numbers(key: str, part: bytes, dtype: str) -> np.ndarray:
    found = np.frombuffer(part, dtype).astype(dtype[1:])
    _need(len(found) <= MOST_NUMBERS[key] and bool((np.abs(found) <= LARGEST).all()))  # which NaN is not
    return found


def _need(sound: bool) -> None:
    if not sound:
        raise ValueError("not as it is written")
