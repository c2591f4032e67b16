"""From an opened image or an array to sRGB pixels.

Whatever the mode, the outcome is colour (H, W), (H, W, 1) or (H, W, 3) and alpha (H, W) or None, each
uint8 or float32 in [0, 1].
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageCms

from ..errors import Note, PictureError
from . import frames
from .files import called, damaged
from .resolution import Dpi, dpi_of, turned

Pixels = tuple[np.ndarray, np.ndarray | None]

_PROFILE_OF = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK", "LAB": b"Lab "}


class Decoded(NamedTuple):
    """What was in a file or an array: plain data, which may cross from one process to another.

    ``orientation`` is EXIF's (1 to 8), still to be undone; ``dpi`` is of the upright picture.
    """

    colour: np.ndarray
    alpha: np.ndarray | None
    orientation: int = 1
    notes: tuple[Note, ...] = ()
    dpi: Dpi | None = None


def decode(image: Image.Image, name: str) -> Decoded:
    """Pixels and what is to be known of them. Raises PictureError."""
    if min(image.size) < 1:
        raise damaged(name, image.format or image.mode)
    try:
        said = frames.told(image, behind(image), name)
        dpi = turned(dpi_of(image), _orientation(image))
        image.load()
        deep = image.mode in ("I", "F") or image.mode.startswith("I;16")
        colour, alpha = _deep_grey(image, name) if deep else _eight_bit(image)
    except PictureError:
        raise
    except Exception as error:  # hostile bytes make a decoder raise nearly anything
        raise damaged(name, image.format or image.mode) from error
    return Decoded(colour, alpha, _orientation(image), said, dpi)  # after load: Pillow turns a TIFF itself


def behind(image: Image.Image) -> bytes:
    """The file that an image is still to be read from, or nothing if it lies in memory."""
    file: Any = getattr(image, "fp", None)
    if file is None or image.tell():  # of a later frame, somebody has chosen it
        return b""
    if hasattr(file, "getvalue"):
        return bytes(file.getvalue())
    at = file.tell()
    file.seek(0)
    data: bytes = file.read()
    file.seek(at)
    return data


def from_array(array: np.ndarray) -> Pixels:
    """Colour and alpha of an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4). Raises PictureError."""
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
            low=low, high=high,
        )  # fmt: skip
    return values.clip(0, 1).astype(np.float32)


def _eight_bit(image: Image.Image) -> Pixels:
    profile, alpha = _profile(image), None
    grey = image.mode in ("1", "L", "LA", "La") and profile[16:20] != b"RGB "
    if image.has_transparency_data:
        image = _eight_bit_key(image).convert("LA" if grey else "RGBA")
        alpha = np.array(image.getchannel("A"))
    if grey:
        return _grey_to_srgb(np.array(image.convert("L")), profile), alpha
    if image.mode not in ("CMYK", "LAB"):
        image = image.convert("RGB")
    return np.array(_to_srgb(image, profile).convert("RGB")), alpha


def _eight_bit_key(image: Image.Image) -> Image.Image:
    """With a transparent colour of 8 bits: Pillow leaves that of a 16-bit PNG at 16."""
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple) and max(key) > 255:
        image = image.copy()
        image.info["transparency"] = tuple(part >> 8 for part in key)
    return image


def _deep_grey(image: Image.Image, name: str) -> Pixels:
    """Grey of 16 or 32 bits. Only 16-bit modes say what white is; for the others the values tell."""
    values, key = np.asarray(image), image.info.get("transparency")
    alpha = (values != key).astype(np.float32) if isinstance(key, int) else None
    values = values.astype(np.float32)
    highest = float(values.max())
    if not np.isfinite(values).all():
        raise PictureError(
            "{file} holds values that are not numbers: clean them, or save it with 8 or 16 bits.",
            file=called(name),
        )
    tags = getattr(image, "tag_v2", {})  # a TIFF's
    whites = {"I": (255, 65535, 2**31), "F": (1, 255, 65535, highest)}.get(image.mode, (65535,))
    if tags.get(ExifTags.Base.BitsPerSample) == (12,):
        whites = (4095,)
    values /= next(white for white in whites if highest <= white)
    values = values.clip(0, 1)
    if tags.get(ExifTags.Base.PhotometricInterpretation) == 0:  # white is zero, which Pillow passes over
        values = 1 - values
    return _grey_to_srgb(values, _profile(image)), alpha


def _profile(image: Image.Image) -> bytes:
    if image.mode == "LAB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    found = image.info.get("icc_profile")
    return found if isinstance(found, bytes) else b""


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """``image`` as its profile means it, or unchanged if the profile is broken or for another mode."""
    if profile[16:20] != _PROFILE_OF[image.mode]:
        return image
    try:
        changed = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except Exception:  # a broken profile costs the right colours, not the picture
        return image
    return changed or image


def _grey_to_srgb(grey: np.ndarray, profile: bytes) -> np.ndarray:
    """Grey values through the curve of a grey profile, so that 16 bits keep their steps."""
    if profile[16:20] != b"GRAY":
        return grey
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    curve = np.asarray(_to_srgb(ramp, profile).convert("L"))[0]
    if grey.dtype == np.uint8:
        return curve[grey]
    return np.interp(grey, np.linspace(0, 1, 256), curve / 255).astype(np.float32)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken EXIF costs the turn, not the picture
        return 1
