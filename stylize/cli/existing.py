"""What lies where a result is to go."""

from __future__ import annotations

import enum
import math
from pathlib import Path

from ..errors import PictureError, StylizeError
from ..image import Limits, read_recipe
from ..image.files import kind_of, open_image
from ..image.guard import ends_early
from ..image.pixels import decode
from ..recipe import Recipe

ANY_SIZE = Limits(megapixels=math.inf, megabytes=math.inf)


class Found(enum.Enum):
    """Nothing, a whole picture, a result that is not whole, or something that is no result at all."""

    NOTHING, WHOLE, PART, OTHER = range(4)


def look(path: Path) -> Found:
    """What there is at ``path``.

    Not whole are an empty file, a picture that is cut short, and what a run left that was stopped before
    its end. A picture that is whole and cannot be read, damaged or of a rare sort, is no result. Nothing else
    is compared.
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
        kind = kind_of(data, "")
    except PictureError:
        return Found.OTHER
    if not _can_be_read(data):
        return Found.PART if ends_early(kind, data) else Found.OTHER
    recipe = _recipe(data)
    is_part = recipe is not None and (recipe.stopped or ends_early(kind, data))
    return Found.PART if is_part else Found.WHOLE


def _can_be_read(data: bytes) -> bool:
    try:
        decode(open_image(data, ""), "")
    except PictureError:
        return False
    return True


def _recipe(data: bytes) -> Recipe | None:
    """What made the picture; None if it is not one of ours, or of a later version."""
    try:
        text = read_recipe(data, ANY_SIZE)
        return None if text is None else Recipe.from_json(text)
    except StylizeError:
        return None
