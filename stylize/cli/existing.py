"""Classifies the file that is at the target of a result."""

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


class Existing(enum.Enum):
    """Nothing, a whole picture, a whole result of another photo, a result that is not whole, or something
    that is no result at all."""

    NOTHING, WHOLE, ANOTHERS, PART, OTHER = range(5)


def classify(path: Path, source: Path | None = None) -> Existing:
    """What there is at ``path``, the target of the result of the photo ``source``.

    Not whole are an empty file, a picture that is cut short, and what a run left that was stopped before
    its end. A picture that is whole and cannot be read, damaged or of a rare sort, is no result. What a
    recipe says is compared with the photo's contents and with nothing else.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Existing.NOTHING
    except OSError:
        return Existing.OTHER
    if not data:
        return Existing.PART
    try:
        kind = kind_of(data, "")
    except PictureError:
        return Existing.OTHER
    if not _can_be_read(data):
        return Existing.PART if ends_early(kind, data) else Existing.OTHER
    recipe = _recipe(data)
    is_part = recipe is not None and (recipe.stopped or ends_early(kind, data))
    if is_part:
        return Existing.PART
    return Existing.ANOTHERS if recipe and source and not _is_of(recipe, source) else Existing.WHOLE


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
    """Whether the recipe's photo is that file, as far as the recipe and the file show."""
    try:
        return not recipe.content.sha256 or is_file_of(source.read_bytes(), recipe.content.sha256)
    except OSError:
        return True
