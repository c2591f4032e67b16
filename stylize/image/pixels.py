"""From an opened image or an array to sRGB pixels.

Whatever the mode, the outcome is color (H, W), (H, W, 1) or (H, W, 3) and alpha (H, W) or None, each
uint8, uint16, or float32 in [0, 1].
"""

from __future__ import annotations

import io
from typing import IO, NamedTuple

import numpy as np
from PIL import Image, ImageCms

from ..errors import Note, PictureError
from . import frames, profiles, samples
from .faults import damaged
from .learned import LearnedStyle
from .levels import unit
from .orientation import orientation
from .profiles import ColorSpace
from .resolution import Dpi, dpi_of, turned
from .samples import Raw
from .spaces import Space, profile_space, to_srgb

Pixels = tuple[np.ndarray, np.ndarray | None]

_PROFILE_OF = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK", "LAB": b"Lab "}


class Decoded(NamedTuple):
    """What was in a file or an array: plain data, which may cross from one process to another.

    ``orientation`` is EXIF's (1 to 8), still to be undone; ``dpi`` is of the upright picture.
    ``learned`` is what the file of a learned style has beside.
    """

    color: np.ndarray
    alpha: np.ndarray | None
    orientation: int = 1
    notes: tuple[Note, ...] = ()
    dpi: Dpi | None = None
    learned: LearnedStyle | None = None


def decode(image: Image.Image, name: str) -> Decoded:
    """Pixels and what is to be known of them. Raises PictureError."""
    if min(image.size) < 1:
        raise damaged(name, image.format or image.mode)
    try:
        data = behind(image)
        said = frames.frame_notes(image, data, name)
        raw = samples.read(image, data, name)  # first, because Pillow loads a PNG to find its EXIF
        dpi = turned(dpi_of(image), orientation(image))
        space, more = profiles.color_space(image, data, name)
        raw = raw or _loaded(image, space, data, name)
        color = _in_srgb(raw.color, space)
    except PictureError:
        raise
    except Exception as error:  # hostile bytes make a decoder raise nearly anything
        raise damaged(name, image.format or image.mode) from error
    turn = orientation(image)  # after load: Pillow turns a TIFF itself
    return Decoded(color, raw.alpha, turn, (*said, *more, *raw.notes), dpi)


def behind(image: Image.Image) -> bytes:
    """The file that an image is still to be read from, or nothing if it lies in memory."""
    file: IO[bytes] | None = getattr(image, "fp", None)
    if file is None or image.tell():  # of a later frame, somebody has chosen it
        return b""
    if isinstance(file, io.BytesIO):
        return file.getvalue()
    at = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(at)
    return data


def from_array(array: np.ndarray) -> Pixels:
    """Color and alpha of an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4). Raises PictureError."""
    values = _unit(array.reshape(*array.shape[:2], -1))
    return (values[..., :3], values[..., 3]) if values.shape[2] == 4 else (values, None)


def check_shape(array: np.ndarray) -> None:
    """Raises PictureError for an array that is not shaped as a picture."""
    shape = array.shape
    if len(shape) not in (2, 3) or 0 in shape or shape[2:] not in ((), (1,), (3,), (4,)):
        raise PictureError(
            "An array of shape {shape} is not a picture: it must be (height, width), or that with 1, 3 or 4 "
            "channels last.",
            shape=shape,
        )


def _unit(values: np.ndarray) -> np.ndarray:
    """A copy as uint8, or as float32 in [0, 1]."""
    if values.dtype == np.uint8:
        return values.copy()
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:  # of either byte order
        return values.astype(np.float32) / 65535
    if values.dtype.kind != "f":
        raise PictureError(
            "An array of {kind} is not a picture: it must be uint8, uint16, or floats in [0, 1].",
            kind=values.dtype.name,
        )
    low, high = float(values.min()), float(values.max())
    if not (low >= -1e-5 and high <= 1 + 1e-5):  # also true for NaN
        raise PictureError(
            "An array of floats must lie in [0, 1], but this one goes from {low:g} to {high:g}: "
            "scale or clip it.",
            low=low,
            high=high,
        )
    return values.clip(0, 1).astype(np.float32)


def _loaded(image: Image.Image, space: ColorSpace, data: bytes, name: str) -> Raw:
    """The image as Pillow reads it."""
    image.load()
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _deep_gray(image, name)
    alpha = None
    by_rgb = isinstance(space, bytes) and space[16:20] == b"RGB "
    gray = image.mode in ("1", "L", "LA", "La") and not by_rgb
    if image.has_transparency_data:
        image = _with_key(image, data).convert("LA" if gray else "RGBA")
        alpha = np.array(image.getchannel("A"))
    if gray:
        return Raw(np.array(image.convert("L")), alpha)
    if image.mode in ("CMYK", "LAB"):
        return Raw(image, alpha)
    return Raw(np.array(image.convert("RGB")), alpha)


def _with_key(image: Image.Image, data: bytes) -> Image.Image:
    """With the transparent gray in 8 bits: Pillow leaves it at a PNG's 2 or 4 bits."""
    key = image.info.get("transparency")
    if (
        image.format != "PNG"
        or image.mode != "L"
        or not isinstance(key, int)
        or data[24:25] not in (b"\2", b"\4")
    ):
        return image
    changed = image.copy()
    changed.info["transparency"] = key * 255 // (2 ** data[24] - 1)
    return changed


def _deep_gray(image: Image.Image, name: str) -> Raw:
    values, key = np.asarray(image), image.info.get("transparency")
    alpha = (values != key).astype(np.float32) if isinstance(key, int) else None
    values = values.astype(values.dtype.newbyteorder("="))
    gray, said = unit(values, 16 if image.mode.startswith("I;16") else 32, name)
    return Raw(gray, alpha, said)


def _in_srgb(color: np.ndarray | Image.Image, space: ColorSpace) -> np.ndarray:
    """Color as its space means it; as it is if the profile is broken or for another kind of picture."""
    if isinstance(color, Image.Image):
        profile = space if isinstance(space, bytes) else b""
        return np.array((_by_profile(color, profile) or color).convert("RGB"))
    if isinstance(space, Space):
        return to_srgb(color, space)
    kind, gray = space[16:20], color.ndim == 2
    if gray and kind == b"RGB ":
        color, gray = np.stack([color] * 3, 2), False
    if kind != (b"GRAY" if gray else b"RGB "):
        return color
    if color.dtype != np.uint8 and (exact := profile_space(space)) is not None:
        return to_srgb(color, exact)
    return _gray_by_profile(color, space) if gray else _rgb_by_profile(color, space)


def _rgb_by_profile(color: np.ndarray, profile: bytes) -> np.ndarray:
    """Through 8 bits, which is all that Pillow takes to a profile."""
    changed = _by_profile(Image.fromarray(_in_eight_bits(color)), profile)
    return color if changed is None else np.array(changed)


def _gray_by_profile(gray: np.ndarray, profile: bytes) -> np.ndarray:
    """Through the curve of a gray profile, so that 16 bits keep their steps."""
    changed = _by_profile(Image.frombytes("L", (256, 1), bytes(range(256))), profile)
    if changed is None:
        return gray
    curve = np.asarray(changed.convert("L"))[0]
    if gray.dtype == np.uint8:
        chosen: np.ndarray = curve[gray]
        return chosen
    positions = np.linspace(0, 65535 if gray.dtype == np.uint16 else 1, 256)
    result: np.ndarray = np.interp(gray, positions, curve / 255).astype(np.float32)
    return result


def _in_eight_bits(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    return (values * np.float32(255 / 65535 if values.dtype == np.uint16 else 255) + 0.5).astype(np.uint8)


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """In sRGB by a profile, or None if that is broken or for another mode."""
    if profile[16:20] != _PROFILE_OF[image.mode]:
        return None
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except Exception:  # a broken profile costs the right colors, not the picture
        return None
