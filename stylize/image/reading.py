"""From anything that is a picture to a :class:`Picture`."""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np
from PIL import Image

from ..errors import Note, PictureError
from . import learned
from .bleeding import Cutout, bleed, cutout
from .faults import called
from .files import Limits, open_image, read
from .learned import LearnedStyle
from .pixels import Decoded, check_shape, decode, from_array
from .resolution import Dpi
from .workers import call_limited

if TYPE_CHECKING:
    from torch import Tensor

PictureSource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | np.ndarray

_FLIPS = {2: (3,), 3: (2, 3), 4: (2,), 6: (3,), 7: (2, 3), 8: (2,)}  # after the swap of 5 to 8


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was read.

    ``tensor`` is (1, 3, H, W) float32 sRGB in [0, 1] on the CPU, transparent parts laid on white.
    ``alpha`` is (1, 1, H, W) float32, 1 where opaque, or None if nothing is transparent. ``name`` is
    the file's base name, or empty. ``sha256`` is of the file's bytes; of shape and pixels if there
    was no file. ``notes`` are what the user should read about the file, such as that only its first frame
    was read. ``dpi`` is pixels per inch, across and down, or None if the file does not say. ``filled`` is
    whether transparent parts have been filled already, as in :attr:`as_style`, rather than laid on white.
    ``learned`` is what a network was taught of the picture, where it comes from the file of a learned style.
    """

    tensor: Tensor
    alpha: Tensor | None
    name: str
    sha256: str
    notes: tuple[Note, ...] = ()
    dpi: Dpi | None = None
    filled: bool = False
    learned: LearnedStyle | None = None

    @functools.cached_property
    def opaque(self) -> Tensor:
        """The ``tensor`` with the colors at the edges in place of white, where the alpha is to be kept."""
        return self.tensor if self.alpha is None or self.filled else bleed(self.tensor, self.alpha)

    @functools.cached_property
    def as_style(self) -> Tensor | Cutout:
        """What modes take for a style: what is transparent does not count. Raises PictureError if all is."""
        if self.alpha is None:
            return self.tensor
        if self.filled:
            return Cutout(self.tensor, self.alpha, self.name)
        if not self.alpha.any():
            raise PictureError(
                "{file} is transparent all over, so there is no style in it: choose another picture.",
                file=called(self.name),
            )
        return cutout(self.tensor, self.alpha, self.name)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.tensor.shape[3], self.tensor.shape[2]


def load(source: PictureSource, limits: Limits | None = None, *, name: str = "") -> Picture:
    """The picture in a file (path, bytes, or a file open in binary mode), a PIL image or an array.

    Files: JPEG, PNG, WebP, TIFF, BMP, GIF, of several frames or pages the first; and learned styles. An
    open file is read from where it stands, within the limit of bytes, and stays open. Arrays: (H, W),
    (H, W, 1), (H, W, 3) or (H, W, 4), either uint8, uint16 or floats in [0, 1]. EXIF orientation and
    color profiles are applied. ``name`` is what a file is called that has no name, such as bytes. Raises
    PictureError, for an oversized picture before it is decoded.
    """
    limits = limits or Limits.default()
    if isinstance(source, np.ndarray):
        check_shape(source)
        limits.check_pixels((source.shape[1], source.shape[0]), "")
        return _picture(Decoded(*from_array(source)))
    if isinstance(source, Image.Image):
        limits.check_pixels(source.size, "")
        return _picture(decode(source, ""))
    data, own = read(source, limits)
    name = own or name
    found = call_limited(limits, _decode_file, data, name, limits)
    return _picture(found, name, hashlib.sha256(data).hexdigest())


def of_tensor(tensor: Tensor, alpha: Tensor | None = None, name: str = "") -> Picture:
    """A picture of pixels in memory: (1, 3, H, W) float32 sRGB in [0, 1], transparent parts laid on white,
    and (1, 1, H, W) alpha."""
    return Picture(tensor, alpha, name, _pixel_hash(tensor, alpha))


def size_of(source: str | os.PathLike[str] | bytes, limits: Limits | None = None) -> tuple[int, int]:
    """Width and height of a picture file, of which no pixel is decoded. Raises PictureError."""
    limits = limits or Limits.default()
    data, name = read(source, limits)
    width, height = call_limited(limits, _size_of_file, data, name, limits)
    return width, height


def _size_of_file(data: bytes, name: str, limits: Limits) -> tuple[int, int]:
    image = open_image(data, name)
    limits.check_pixels(image.size, name)
    return image.size


def _decode_file(data: bytes, name: str, limits: Limits) -> Decoded:
    image = open_image(data, name)
    limits.check_pixels(image.size, name)
    found = decode(image, name)
    if not learned.is_learned(data):
        return found
    return found._replace(learned=learned.parsed(data, name)[0], dpi=None)


def _picture(found: Decoded, name: str = "", sha256: str = "") -> Picture:
    tensor = _upright(_tensor(found.color), found.orientation).expand(-1, 3, -1, -1).contiguous()
    clear = None if found.alpha is None else _upright(_tensor(found.alpha), found.orientation).contiguous()
    if clear is not None and clear.min() == 1:
        clear = None
    if clear is not None:
        tensor.sub_(1).mul_(clear).add_(1)  # on white
    return Picture(
        tensor,
        clear,
        name,
        sha256 or _pixel_hash(tensor, clear),
        found.notes,
        found.dpi,
        learned=found.learned,
    )


def _tensor(values: np.ndarray) -> Tensor:
    """(1, C, H, W) float32 in [0, 1] from (H, W) or (H, W, C) uint8, uint16 or float32."""
    import torch

    white = {"u1": 255, "u2": 65535}.get(values.dtype.str[1:])
    if values.dtype == np.uint16:
        values = values.astype(np.float32)
    planes = torch.from_numpy(values.reshape(*values.shape[:2], -1))
    planes = planes.permute(2, 0, 1)[None].contiguous()
    return planes.to(torch.float32).div_(white) if white else planes


def _upright(tensor: Tensor, orientation: int) -> Tensor:
    """The EXIF orientation undone."""
    turned = tensor.mT if orientation in (5, 6, 7, 8) else tensor
    return turned.flip(_FLIPS[orientation]) if orientation in _FLIPS else turned


def _pixel_hash(tensor: Tensor, alpha: Tensor | None) -> str:
    digest = hashlib.sha256(repr((tuple(tensor.shape), alpha is not None)).encode())
    for part in (tensor, alpha):
        if part is not None:
            digest.update(part.detach().contiguous().numpy().data)
    return digest.hexdigest()
