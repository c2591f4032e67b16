"""A style and a picture's inputs, as jobs hold them and modes take them.

One shape for every mode and every shell. :meth:`StyleInput.with_source` carries a style's properties while
its source is read, resized or recolored.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import SettingsError
from .properties import MOST_WEIGHT, StyleProperties, carried, style_properties

if TYPE_CHECKING:
    from ..image import Picture
    from ..library import NamedStyle

MOST_STYLES = 64

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class _Sourced(Generic[S]):
    """The first field of a :class:`StyleInput`, before its properties."""

    source: S


@dataclass(frozen=True)
class StyleInput(StyleProperties["Picture"], _Sourced[S]):
    """A style: its source and its properties.

    ``source`` is a :class:`~stylize.image.Picture` or a :class:`NamedStyle` where a job holds it; within a
    mode it is what the mode made of that. Pictures among the properties stay as they were read.
    """

    @property
    def identity(self: StyleInput[Picture | NamedStyle]) -> Hashable:
        """Equal for styles of the same picture and properties, whatever their weights."""
        properties = carried(self.with_weight(1.0), lambda picture: picture.sha256)
        return (self.source.sha256, *properties.values())

    def with_source(self, source: T) -> StyleInput[T]:
        """The same style from another source: all that was said of it still holds."""
        return StyleInput(source, **carried(self, lambda picture: picture))

    def with_weight(self, weight: float) -> StyleInput[S]:
        """The same style with another weight."""
        return replace(self, weight=weight)


@dataclass(frozen=True)
class Inputs:
    """The photo, or None for a mode that needs none, and the styles; none for a mode that takes none.

    Raises:
        SettingsError: as :func:`check_styles`.
    """

    content: Picture | None
    styles: tuple[StyleInput[Picture | NamedStyle], ...] = ()

    def __post_init__(self) -> None:
        check_styles(self.styles)


def check_styles(styles: Sequence[StyleProperties[Any]]) -> None:
    """Looks at the styles of one picture.

    Raises:
        SettingsError: for more than ``MOST_STYLES`` styles; for weights that are not numbers from 0 to
            ``MOST_WEIGHT``, or all zero; and for numbers and choices that are out of bounds.
    """
    if len(styles) > MOST_STYLES:
        raise SettingsError("There are more than {most} styles: choose fewer.", most=MOST_STYLES)
    _check_weights([style.weight for style in styles])
    for each in style_properties():
        if each.option is not None and not each.is_weight:
            for style in styles:
                each.check(getattr(style, each.name))


def _check_weights(weights: list[float]) -> None:
    numbers = all(isinstance(weight, Real) and 0 <= weight <= MOST_WEIGHT for weight in weights)
    if not numbers or (weights and sum(weights) <= 0):
        raise SettingsError(
            "Style weights must be numbers from 0 to {most}, and at least one must be above zero.",
            most=MOST_WEIGHT,
        )
