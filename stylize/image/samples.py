"""Files whose samples are read here because Pillow drops some of their bits or misreads them.

These are all TIFFs that are packed without loss, and PNGs with 16 bits and several channels.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFile, PngImagePlugin, TiffImagePlugin

from ..errors import Note, PictureError
from . import tiff_layout as tiff
from .faults import called
from .levels import unit

_MIN_IS_WHITE, _GRAY, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB, _ICC_LAB = 0, 1, 2, 3, 5, 6, 8, 9
_COLORS = {_MIN_IS_WHITE: 1, _GRAY: 1, _RGB: 3, _PALETTE: 1, _CMYK: 4, _YCBCR: 3, _LAB: 3, _ICC_LAB: 3}
_SUBFILE, _SUB_DIRECTORIES, _DNG_VERSION = 254, 330, 50706
_COLOR_MAP, _INK_SET, _COEFFICIENTS, _SUBSAMPLING, _BLACK_WHITE = 320, 332, 529, 530, 532
_JFIF = {
    _COEFFICIENTS: (0.299, 0.587, 0.114),
    _SUBSAMPLING: (1, 1),
    _BLACK_WHITE: (0, 255, 128, 255, 128, 255),
}
# What libtiff unpacks and Pillow then reads: CCITT (1 bit), old and new JPEG, WebP, JPEG 2000 (8 bits).
_PILLOWS = {2: 1, 3: 1, 4: 1, 6: 8, 7: 8, 50001: 8, 33003: 8, 33004: 8, 33005: 8, 34712: 8}


class Raw(NamedTuple):
    """Color in the file's own space, (H, W) or (H, W, 3) uint8, uint16 or float32 in [0, 1], or a PIL image
    of CMYK or LAB; alpha (H, W) likewise."""

    color: np.ndarray | Image.Image
    alpha: np.ndarray | None = None
    notes: tuple[Note, ...] = ()


def read(image: Image.Image, data: bytes, name: str) -> Raw | None:
    """An image that was not loaded yet, with its file in ``data``; None if Pillow is to read it.

    Raises PictureError for a sort of TIFF that is not read, and nearly anything for hostile bytes.
    """
    if not data or not (getattr(image, "tile", ()) or not getattr(image, "known", True)):
        return None
    if image.format == "TIFF" and isinstance(image, TiffImagePlugin.TiffImageFile):
        try:
            return _tiff(image, data, name)
        except tiff.Unread as error:
            raise PictureError(
                "{file} is a TIFF of a sort that is not read ({what}): save it as PNG, or as a TIFF of RGB "
                "or gray with 8 or 16 bits.",
                file=called(name),
                what=str(error),
            ) from error
    return _deep_png(data, image.info.get("transparency")) if image.format == "PNG" else None


def _tiff(image: TiffImagePlugin.TiffImageFile, data: bytes, name: str) -> Raw | None:
    layout, tags = tiff.layout_of(image), image.tag_v2
    if tags.get(_SUBFILE, 0) & 1 and {_SUB_DIRECTORIES, _DNG_VERSION} & set(tags):
        raise PictureError(
            "{file} is a camera's raw file, whose preview alone could be read: develop it and export it as "
            "PNG or JPEG.",
            file=called(name),
        )
    photometric, packing = tags.get(tiff.PHOTOMETRIC, 0), tags.get(tiff.COMPRESSION, 1)
    if not tiff.is_lossless(image):
        if _PILLOWS.get(packing) != layout.bits or layout.kind != 1 or not getattr(image, "known", True):
            raise tiff.Unread(f"Compression {packing}, BitsPerSample {layout.bits}")
        return None
    colors = _COLORS.get(photometric, 99)
    plain = photometric != _YCBCR or _is_jfif(tags)
    if colors > layout.samples or not plain or (photometric == _CMYK and tags.get(_INK_SET, 1) != 1):
        raise tiff.Unread(f"PhotometricInterpretation {photometric}, SamplesPerPixel {layout.samples}")
    values = tiff.samples(layout, image, data)
    alpha, associated = _alpha_of(layout, tags, photometric, colors)
    clear, said = None, tuple[Note, ...]()
    if photometric == _PALETTE:
        if layout.kind != 1 or layout.bits > 16:
            raise tiff.Unread(f"PhotometricInterpretation 3, BitsPerSample {layout.bits}")
        color = _mapped(values[..., 0], np.array(tags[_COLOR_MAP]), layout.bits)
    else:
        color, said = unit(values[..., :colors], layout.bits, name)
    if alpha is not None:
        clear, _ = unit(values[..., alpha], layout.bits, name)
    del values
    if associated and clear is not None:
        color = _unpremultiplied(color, clear)
    if photometric == _MIN_IS_WHITE:
        color = {"u1": 255, "u2": 65535}.get(color.dtype.str[1:], 1) - color
    if photometric in (_CMYK, _YCBCR, _LAB, _ICC_LAB):
        return Raw(_converted(color, photometric), clear, said)
    return Raw(color[..., 0] if colors == 1 and photometric != _PALETTE else color, clear, said)


def _is_jfif(tags: Mapping[int, Any]) -> bool:
    """Whether YCbCr is as in JFIF, each pixel with colors of its own."""
    given = {tag: tags.get(tag, usual if tag != _SUBSAMPLING else (2, 2)) for tag, usual in _JFIF.items()}
    return all(np.allclose(np.array(given[tag], float), usual, atol=1e-3) for tag, usual in _JFIF.items())


def _alpha_of(
    layout: tiff.Layout, tags: Mapping[int, Any], photometric: int, colors: int
) -> tuple[int | None, bool]:
    """Which sample is alpha, and whether the colors are multiplied by it."""
    extra = tags.get(tiff.EXTRA, ())
    extra = extra if isinstance(extra, tuple) else (extra,)
    left = layout.samples - colors
    if left and not extra and photometric in (_MIN_IS_WHITE, _GRAY, _RGB) and left == 1:
        return colors, False  # a sample that is not explained
    for n, kind in enumerate(extra[:left]):
        if kind in (1, 2, 999):  # 999: Corel Draw 10
            return colors + n, kind == 1
    return None, False


def _mapped(indices: np.ndarray, colors: np.ndarray, bits: int) -> np.ndarray:
    table = colors.reshape(3, -1).T
    if table.max() > 255:  # as it should be: of 16 bits
        table = table >> 8
    result: np.ndarray = table.astype(np.uint8)[: 1 << bits][indices]
    return result


def _unpremultiplied(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colors that were multiplied by alpha, float32, black where nothing is opaque."""
    whole = {"u1": 255, "u2": 65535}.get(color.dtype.str[1:], 1)
    share = (alpha.astype(np.float32) / {"u1": 255, "u2": 65535}.get(alpha.dtype.str[1:], 1))[..., None]
    divided = np.divide(color, share * whole, out=np.zeros(color.shape, np.float32), where=share > 0)
    result: np.ndarray = divided.clip(0, 1)
    return result


def _converted(color: np.ndarray, photometric: int) -> Image.Image | np.ndarray:
    """CMYK or LAB of 8 bits, and YCbCr as RGB."""
    if color.dtype == np.uint16:
        color = (color >> 8).astype(np.uint8)
    if color.dtype != np.uint8:
        raise tiff.Unread(f"PhotometricInterpretation {photometric}, SampleFormat 3")
    size = color.shape[1::-1]
    if photometric in (_CMYK, _YCBCR):
        mode = "CMYK" if photometric == _CMYK else "YCbCr"
        image = Image.frombytes(mode, size, np.ascontiguousarray(color).tobytes())
        return image if photometric == _CMYK else np.array(image.convert("RGB"))
    if photometric == _ICC_LAB:  # whose zero of a and b is 128
        color = color ^ np.array([0, 128, 128], np.uint8)
    return Image.frombytes("LAB", size, np.ascontiguousarray(color).tobytes())


def _deep_png(data: bytes, key: object) -> Raw | None:
    """A PNG with 16 bits, whose upper and lower halves Pillow reads one after the other."""
    bits, color_type = data[24], data[25]
    if bits != 16 or color_type not in (2, 4, 6):
        return None
    if color_type == 4:  # two channels of two bytes lie as four of one
        halves = np.asarray(_as(data, "RGBA", "RGBA"))
        values = halves.reshape(*halves.shape[:2], 2, 2) @ np.array([256, 1], np.uint16)
        return Raw(values[..., 0], values[..., 1])
    mode = "RGB" if color_type == 2 else "RGBA"
    values = np.asarray(_as(data, mode, f"{mode};16B")).astype(np.uint16) << 8
    values |= np.asarray(_as(data, mode, f"{mode};16L"))
    if mode == "RGBA":
        return Raw(values[..., :3], values[..., 3])
    if isinstance(key, tuple):
        return Raw(values, np.where((values == np.array(key)).all(2), 0, 255).astype(np.uint8))
    return Raw(values)


def _as(data: bytes, mode: str, rawmode: str) -> Image.Image:
    """A PNG's pixels taken for others of as many bits."""
    image = PngImagePlugin.PngImageFile(io.BytesIO(data))
    image._mode = mode
    image.tile = [ImageFile._Tile("zip", each[1], each[2], rawmode) for each in image.tile]
    image.info.pop("transparency", None)
    image.load()
    return image
