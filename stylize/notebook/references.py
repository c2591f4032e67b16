"""Where a cell's pictures come from: references to a picture, and a style with its weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import note
from ..inputs import MOST_WEIGHT
from .schema.composite import Tagged, Variant
from .schema.fields import Asset, Link, Number, Slug, Text
from .schema.record import Part, Record, declared, declared_in


class _Reference(Variant):
    """A picture by the value of its first field."""

    @property
    def key(self) -> str:
        """What tells it from others of its kind: a sha256, a cell's id or a name."""
        return str(declared_in(type(self))[0].value(self))


@dataclass(frozen=True)
class Upload(_Reference):
    """A picture of the user's: the sha256 of its file in the :class:`.Assets`, and the file's name."""

    KIND: ClassVar[str] = "upload"
    SAME_AS: ClassVar[str] = "picture"

    asset: str = declared(Asset(), fingerprint=Part.ALWAYS)
    name: str = declared(Text(255, one_line=True), "", required=True)


@dataclass(frozen=True)
class Output(_Reference):
    """The picture that another cell makes: a live link. It is the same as an upload of that picture."""

    KIND: ClassVar[str] = "output"
    SAME_AS: ClassVar[str] = "picture"

    cell: str = declared(Link(), fingerprint=Part.ALWAYS)


@dataclass(frozen=True)
class Example(_Reference):
    """A picture that comes with Stylize, by its file's name without suffix, such as ``raccoon``."""

    KIND: ClassVar[str] = "example"

    name: str = declared(Slug(), fingerprint=Part.ALWAYS)


@dataclass(frozen=True)
class Named(_Reference):
    """A style of the style library, such as ``vincent-van-gogh``. Never a content."""

    KIND: ClassVar[str] = "named"

    name: str = declared(Slug(), fingerprint=Part.ALWAYS)


PictureRef = Upload | Output | Example | Named
PICTURE_REF: Tagged[PictureRef] = Tagged(Upload, Output, Example, Named)
_WEIGHT = note("A style's weight must be a number from 0 to {most}.", most=MOST_WEIGHT)


@dataclass(frozen=True)
class StyleRef(Record):
    """A style of a cell: where its picture comes from, and its weight in the mix, from 0."""

    source: PictureRef = declared(PICTURE_REF, flat=True, fingerprint=Part.ALWAYS)
    weight: float = declared(Number(0, MOST_WEIGHT, _WEIGHT), 1.0, fingerprint=Part.ALWAYS)
