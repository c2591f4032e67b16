"""What a run leaves in its cell: the picture, its recipe, the log, the losses, and a sweep's pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import note
from ..recipe import Recipe
from ..system.json_values import Json
from .schema.composite import Listed, Maybe, Nested
from .schema.derived import from_values, to_values
from .schema.fields import LARGEST, Asset, Count, FieldType, Lines, Number, Seconds, Text, listed, wrong
from .schema.record import Record, declared
from .schema.traversal import assets_in

MOST_TILES = 64
MOST_LINES = 500
LONGEST_LINE = 1000  # characters
MOST_LOSSES = 16
MOST_POINTS = 1000  # of one curve
LONGEST_LOSS = 64  # characters of a loss's name
_STEP, _VALUE = Count(), Number(-LARGEST)  # of a loss

Points: TypeAlias = tuple[tuple[int, float], ...]  # (step, value) in order
Losses: TypeAlias = tuple[tuple[str, Points], ...]  # by name


class RecipeField(FieldType[Recipe]):
    """A recipe, in JSON as :meth:`.Recipe.to_json` writes it."""

    def check(self, value: object, name: str) -> Recipe:
        if not isinstance(value, Recipe):
            raise wrong(name)
        return value

    def read(self, value: object, name: str, before: Mapping[str, object]) -> Recipe:
        return Recipe.from_json(json.dumps(value))

    def write(self, value: Recipe) -> Json:
        result: Json = json.loads(value.to_json())
        return result


class _Points(FieldType[Points]):
    """The points of a curve, in JSON as pairs of a step and a finite number."""

    def read(self, value: object, name: str, before: Mapping[str, object]) -> Points:
        return tuple(_point(pair, name) for pair in listed(value, name, MOST_POINTS))


class _Shortened(Text):
    """A text in one line, of which the first ``longest`` characters are kept."""

    def check(self, value: object, name: str) -> str:
        return super().check(value[: self.longest] if isinstance(value, str) else value, name)


@dataclass(frozen=True)
class _Curve(Record):
    """A loss in JSON."""

    name: str = declared(_Shortened(LONGEST_LOSS, one_line=True))
    curve: Points = declared(_Points(), ())


class LossesField(FieldType[Losses]):
    """Losses by name. A constructor keeps the first 16 and thins their curves to 1000 finite points."""

    def check(self, value: Any, name: str) -> Losses:
        return tuple((_Curve(loss).name, _thin(curve)) for loss, curve in value[:MOST_LOSSES])

    def read(self, value: object, name: str, before: Mapping[str, object]) -> Losses:
        curves = [from_values(_Curve, each, name) for each in listed(value, name, MOST_LOSSES)]
        return tuple((each.name, each.curve) for each in curves)

    def write(self, value: Losses) -> Json:
        return [to_values(_Curve(name, curve)) for name, curve in value]


class FingerprintField(FieldType[str]):
    """The fingerprint that a cell had when it was run. One that JSON does not have fits no cell."""

    def read(self, value: object, name: str, before: Mapping[str, object]) -> str:
        if not isinstance(value, str):
            raise wrong(name)
        return value[:64] or "0"


@dataclass(frozen=True)
class Tile(Record):
    """One picture that a sweep made: its column and row on the sheet, from 0, and its file's sha256."""

    column: int = declared(Count(), missing=0)
    row: int = declared(Count(), missing=0)
    asset: str = declared(Asset())
    recipe: Recipe | None = declared(Maybe(RecipeField()), None)
    seconds: float = declared(Seconds(), 0.0)


_TOO_MANY = note("A sweep has at most {most} pictures.", most=MOST_TILES)


@dataclass(frozen=True)
class CellResult(Record):
    """What a run left.

    ``asset`` is the sha256 of the picture's file, of a sweep's contact sheet. ``inputs`` is the
    :meth:`.Notebook.fingerprint` of the cell when the run began. ``step`` is less than ``total`` where it
    was stopped.
    """

    asset: str = declared(Asset())
    inputs: str = declared(FingerprintField(), "", missing="0")
    recipe: Recipe | None = declared(Maybe(RecipeField()), None)
    seconds: float = declared(Seconds(), 0.0, label="Seconds")
    step: int = declared(Count(), 1, missing=0)
    total: int = declared(Count(), 1, missing=0)
    log: tuple[str, ...] = declared(Lines(MOST_LINES, LONGEST_LINE), (), keepsake=False)
    losses: Losses = declared(LossesField(), (), keepsake=False)
    tiles: tuple[Tile, ...] = declared(Listed(Nested(Tile), MOST_TILES, _TOO_MANY), ())

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.step >= self.total

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture in it."""
        return assets_in(self)


def _point(pair: object, name: str) -> tuple[int, float]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise wrong(name)
    return _STEP.check(pair[0], "step"), _VALUE.check(pair[1], "value")


def _thin(curve: Points) -> Points:
    """A curve with at most MOST_POINTS finite points, evenly chosen, the last one among them."""
    curve = tuple((step, value) for step, value in curve if math.isfinite(value))
    if len(curve) <= MOST_POINTS:
        return curve
    at = [round(n * (len(curve) - 1) / (MOST_POINTS - 1)) for n in range(MOST_POINTS)]
    return tuple(curve[n] for n in at)
