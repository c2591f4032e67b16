"""Where a cell's pictures come from: references to a picture, and a style with its properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass
from typing import Any, ClassVar

from ..errors import SettingsError
from ..inputs import StyleProperties, StyleProperty, style_properties
from .schema.composite import Maybe, Tagged, Variant
from .schema.fields import Asset, FieldType, Link, Slug, Text, refused
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
FILE_REF: Tagged[PictureRef] = Tagged(Upload, Output, Example)  # what has a file


class PropertyField(FieldType[Any]):
    """A number or a choice among the properties of a style."""

    def __init__(self, of: StyleProperty) -> None:
        self.of = of

    def check(self, value: Any, name: str) -> Any:
        try:
            return self.of.check(value)
        except SettingsError as error:
            raise refused(error.note) from error


@dataclass(frozen=True)
class _Sourced(Record):
    """The first field of a :class:`StyleRef`, before its properties."""

    source: PictureRef = declared(PICTURE_REF, flat=True, fingerprint=Part.ALWAYS)


@dataclass(frozen=True)
class StyleRef(StyleProperties[PictureRef], _Sourced):
    """A style of a cell: where its picture comes from, and its properties."""

    @classmethod
    def about(cls, field: Field[Any]) -> Mapping[str, Any]:
        """Those of properties follow from :func:`.style_properties`."""
        known = {each.name: each for each in style_properties()}
        return super().about(_declared(known[field.name]) if field.name in known else field)


def _declared(each: StyleProperty) -> Field[Any]:
    kind = Maybe(FILE_REF) if each.option is None else PropertyField(each)
    part = Part.ALWAYS if each.is_weight else Part.CHANGED
    found: Field[Any] = declared(kind, each.default, fingerprint=part, sparse=not each.is_weight)
    return found
