"""What lies where a result is to go."""

from __future__ import annotations

import enum
import math
from pathlib import Path

from ..errors import PictureError, StylizeError
from ..image import Limits, read_recipe
from ..image.files import kind_of, open_image
from ..recipe import Recipe

ANY_SIZE = Limits(megapixels=math.inf, megabytes=math.inf)


class Found(enum.Enum):
    """Nothing, a whole picture, a result that is not whole, or something that is no result at all."""

    NOTHING, WHOLE, PART, OTHER = range(4)


def look(path: Path) -> Found:
    """What there is at ``path``.

    Not whole are an empty file, a picture that is cut short or damaged, and what a run left that was
    stopped before its end. Nothing else is compared.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Found.NOTHING
    except OSError:
        return Found.OTHER
    if not data:
        return Found.PART
    try:
        kind_of(data, "")
    except PictureError:
        return Found.OTHER
    return Found.WHOLE if _is_sound(data) and not _is_stopped(data) else Found.PART


def _is_sound(data: bytes) -> bool:
    try:
        open_image(data, "").load()
    except Exception:  # broken bytes make a reader raise nearly anything
        return False
    return True


def _is_stopped(data: bytes) -> bool:
    try:
        text = read_recipe(data, ANY_SIZE)
        return text is not None and Recipe.from_json(text).stopped
    except StylizeError:  # somebody else's, or a later version's
        return False
