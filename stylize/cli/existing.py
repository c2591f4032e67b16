"""What lies where a result is to go."""

from __future__ import annotations

import enum
import math
from pathlib import Path

from ..errors import PictureError, StylizeError
from ..image import Limits, is_file_of, read_recipe
from ..image.files import kind_of, open_image
from ..image.guard import ends_early
from ..image.pixels import decode
from ..recipe import Recipe

ANY_SIZE = Limits(megapixels=math.inf, megabytes=math.inf)


class Found(enum.Enum):
    """Nothing, a whole picture, a whole result of another photo, a result that is not whole, or something
    that is no result at all."""

    NOTHING, WHOLE, ANOTHERS, PART, OTHER = range(5)


def look(path: Path, source: Path | None = None) -> Found:
    """What there is at ``path``, where the result of the photo ``source`` is to go.

    Not whole are an empty file, a picture that is cut short, and what a run left that was stopped before
    its end. A picture that is whole and cannot be read, damaged or of a rare sort, is no result. What a
    recipe says is compared with the photo's contents and with nothing else.
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
    if is_part:
        return Found.PART
    return Found.ANOTHERS if recipe and source and not _is_of(recipe, source) else Found.WHOLE


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


def _is_of(recipe: Recipe, source: Path) -> bool:
    """Whether the recipe's photo is that file, as far as can be told."""
    try:
        return not recipe.content.sha256 or is_file_of(source.read_bytes(), recipe.content.sha256)
    except OSError:
        return True
