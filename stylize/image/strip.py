"""A picture file without its metadata: places, times, cameras, comments, earlier versions.

Nothing is decoded: what is left are the file's own bytes, so the pixels are the same, and the same file gives
the same bytes. Kept are the orientation, the density, all that decides colors, every frame or page, and
the recipe of a picture that Stylize made.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import PictureError
from . import deep_png, learned, strip_formats, tiff
from .bleeding import straight
from .files import Limits, kind_of
from .orientation import orientation_of
from .reading import Picture, load
from .writing import encode_png

if TYPE_CHECKING:
    from torch import Tensor

_ROUNDING = 1e-5  # of a value in [0, 1]; a step of 16 bits is 1.5e-5
_TURNABLE: dict[str, Callable[..., bytes]] = {
    "JPEG": strip_formats.jpeg,
    "PNG": strip_formats.png,
    "WebP": strip_formats.webp,
}
_OTHERS = {"GIF": strip_formats.gif, "BMP": strip_formats.bmp, "TIFF": tiff.stripped}


def stripped(data: bytes) -> bytes | None:
    """The file without its metadata; None for one of a rare sort, which cannot be taken apart here.

    Raises PictureError for what is no picture.
    """
    kind = kind_of(data, "")
    if kind == learned.KIND:
        return _bare_learned(data)
    try:
        return _turned(kind, data) if kind in _TURNABLE else _OTHERS[kind](data)
    except (struct.error, IndexError, ValueError):
        return None


def _bare_learned(data: bytes) -> bytes | None:
    """A learned style whose picture has no metadata."""
    bare = stripped(learned.parsed(data, "")[1])
    return None if bare is None else learned.with_picture(data, bare)


def _turned(kind: str, data: bytes) -> bytes | None:
    """A file whose orientation may be stated in what is left out: it goes to EXIF then."""
    way, orientation = _TURNABLE[kind], orientation_of(kind, data)
    bare = way(data)
    if orientation_of(kind, bare) == orientation:
        return bare
    bare = way(data, orientation)
    return bare if orientation_of(kind, bare) == orientation else None


def without_metadata(data: bytes, limits: Limits | None = None) -> bytes:
    """The file without its metadata; one of a rare sort as a PNG file of its pixels. Raises PictureError."""
    bare = stripped(data)
    if bare is not None and (bare == data or kind_of(data, "") != "TIFF"):
        return bare
    picture = load(data, limits)
    if bare is not None and _same(picture, bare, limits):  # some TIFFs do not say where all their pixels are
        return bare
    return _as_png(picture)


def _same(picture: Picture, bare: bytes, limits: Limits | None) -> bool:
    try:
        other = load(bare, limits)
    except PictureError:
        return False
    alike = (_equal(picture.tensor, other.tensor), _equal(picture.alpha, other.alpha))
    return all(alike) and picture.dpi == other.dpi


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool((one == other).all())


def _as_png(picture: Picture) -> bytes:
    """A PNG file of the pixels and the alpha, of 16 bits where 8 are not enough."""
    import torch

    color, alpha = picture.tensor, picture.alpha
    if alpha is not None:
        color = straight(color, alpha)
    if _is_deep(color, alpha):
        pixels = color if alpha is None else torch.cat([color, alpha], 1)
        return deep_png.encode(pixels, dpi=picture.dpi)
    return encode_png(color, alpha=alpha, dpi=picture.dpi)


def _is_deep(color: Tensor, alpha: Tensor | None) -> bool:
    """Whether 8 bits a channel would change what is seen."""
    if alpha is None:
        return _loss(color) > _ROUNDING
    return _loss(color, alpha) > _ROUNDING or _loss(alpha) > _ROUNDING


def _loss(values: Tensor, weight: Tensor | float = 1.0) -> float:
    """By how much at most 8 bits would change values that count by that weight."""
    return float(values.mul(255).round().div(255).sub(values).mul(weight).abs().amax())


def is_file_of(data: bytes, sha256: str, limits: Limits | None = None) -> bool:
    """Whether a file, as it is or without its metadata, is the one of that sha256."""
    if hashlib.sha256(data).hexdigest() == sha256:
        return True
    try:
        return hashlib.sha256(without_metadata(data, limits)).hexdigest() == sha256
    except PictureError:
        return False
