"""What a picture is made from: a photo and weighted styles.

One shape for every mode and every shell. :meth:`StyleInput.with_source` alone carries what belongs to a style
while its source is read, resized or recolored: a further field is added there.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Generic, TypeVar

from .errors import SettingsError

if TYPE_CHECKING:
    from .image import Picture
    from .library import NamedStyle

MOST_STYLES = 64
MOST_WEIGHT = 1_000_000

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class StyleInput(Generic[S]):
    """A style, and its weight in relation to the other styles', 0 to ``MOST_WEIGHT``.

    ``source`` is a :class:`~stylize.image.Picture` or a :class:`NamedStyle` where a job holds it; within a
    mode it is what the mode made of that.
    """

    source: S
    weight: float = 1.0

    @property
    def identity(self: StyleInput[Picture | NamedStyle]) -> Hashable:
        """The same for styles that look the same, whatever their weights."""
        return self.source.sha256

    def with_source(self, source: T) -> StyleInput[T]:
        """The same style from another source: all that was said of it still holds."""
        return StyleInput(source, self.weight)

    def with_weight(self, weight: float) -> StyleInput[S]:
        """The same style with another weight."""
        return StyleInput(self.source, weight)


@dataclass(frozen=True)
class Inputs:
    """The photo, or None for a mode that needs none, and the styles; none for a mode that takes none.

    Raises:
        SettingsError: for weights that are not numbers from 0 to ``MOST_WEIGHT``, or all zero; and for more
            than ``MOST_STYLES`` styles.
    """

    content: Picture | None
    styles: tuple[StyleInput[Picture | NamedStyle], ...] = ()

    def __post_init__(self) -> None:
        check_weights([style.weight for style in self.styles])


def check_weights(weights: list[float]) -> None:
    """Raises SettingsError for weights that make no mix."""
    if len(weights) > MOST_STYLES:
        raise SettingsError("There are more than {most} styles: choose fewer.", most=MOST_STYLES)
    numbers = all(isinstance(weight, Real) and 0 <= weight <= MOST_WEIGHT for weight in weights)
    if not numbers or (weights and sum(weights) <= 0):
        raise no_mix()


def no_mix() -> SettingsError:
    """What to raise for weights that make no mix."""
    return SettingsError(
        "Style weights must be numbers from 0 to {most}, and at least one must be above zero.",
        most=MOST_WEIGHT,
    )
