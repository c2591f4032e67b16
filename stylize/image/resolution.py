"""Pixels per inch: read from a file, and written to one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from PIL import ExifTags, Image

Dpi = tuple[float, float]

_INCH = {2: 1.0, 3: 2.54}  # ResolutionUnit: inch, centimetre
_JFIF = {1: 1.0, 2: 2.54}
_LEAST, _MOST = 1.01, 65535.0  # 1 is what programs write that do not know; 65535 is JPEG's highest


def dpi_of(image: Image.Image) -> Dpi | None:
    """Across and down as the file or the picture says, two decimals, or None if it does not.

    Of pixels as they are stored, before EXIF's orientation.
    """
    try:
        return _sound(_stated(image))
    except Exception:  # broken metadata costs the resolution, not the picture
        return None


def turned(dpi: Dpi | None, orientation: int) -> Dpi | None:
    """The same after EXIF's orientation has been undone."""
    return dpi[::-1] if dpi and orientation in (5, 6, 7, 8) else dpi


def exif_tags(dpi: Dpi) -> dict[int, float]:
    """The tags by which EXIF tells the resolution."""
    return {
        ExifTags.Base.XResolution: dpi[0],
        ExifTags.Base.YResolution: dpi[1],
        ExifTags.Base.ResolutionUnit: 2,
    }


def _stated(image: Image.Image) -> Iterable[float] | None:
    if image.format == "TIFF":
        return _tagged(getattr(image, "tag_v2", {}))
    if (unit := image.info.get("jfif_unit")) in _JFIF:
        across, down = image.info["jfif_density"]
        return across * _JFIF[unit], down * _JFIF[unit]
    if image.format in ("JPEG", "MPO", "WEBP"):  # Pillow's own answer may be 72 out of nothing
        return _tagged(image.getexif())
    return image.info.get("dpi")


def _tagged(tags: Mapping[int, Any]) -> Dpi | None:
    scale = _INCH.get(tags.get(ExifTags.Base.ResolutionUnit, 2))
    across = tags.get(ExifTags.Base.XResolution)
    down = tags.get(ExifTags.Base.YResolution)
    if scale is None or across is None or down is None:
        return None
    return float(across) * scale, float(down) * scale


def _sound(dpi: Iterable[float] | None) -> Dpi | None:
    if dpi is None:
        return None
    across, down = (round(float(value), 2) for value in dpi)
    sound = all(math.isfinite(value) and _LEAST <= value <= _MOST for value in (across, down))
    return (across, down) if sound else None
