"""Records: frozen dataclasses whose fields are declared once.

A field is declared by :func:`declared` with its type and with what it takes part in. What follows from it is
in :mod:`.derived` (JSON, fingerprints, reports, arguments) and in :mod:`.traversal` (links, pictures, the
browser's copy).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .fields import FieldType, Text

MISSING = dataclasses.MISSING  # of a field without a default


class Part(enum.Enum):
    """Whether a field is part of a cell's fingerprint, by which its picture is known to be up to date."""

    NO = enum.auto()
    ALWAYS = enum.auto()  # of fields that the first notebooks had
    CHANGED = enum.auto()  # unless it has its default: notebooks from before the field stay up to date


@dataclass(frozen=True)
class Declared:
    """What is known of one field; see :func:`declared`."""

    name: str
    type: FieldType[Any]
    default: object
    json: str
    earlier: tuple[str, ...]
    required: bool
    missing: object
    flat: bool
    sparse: bool
    fingerprint: Part
    keepsake: bool
    changeable: bool
    label: str
    argument: bool
    applies: Callable[[Any], bool] | None

    @property
    def names(self) -> tuple[str, ...]:
        """Its names in JSON that are read, the present one first."""
        return (self.json, *self.earlier)

    @property
    def oldest(self) -> str:
        """Its first name in JSON, which stays its name in fingerprints."""
        return self.names[-1]

    def used(self, record: Record) -> bool:
        """Whether the record makes use of the field."""
        return self.applies is None or self.applies(record)

    def value(self, record: Record) -> object:
        """The record's value of the field."""
        return getattr(record, self.name)


def declared(
    type: FieldType[Any],
    default: object = MISSING,
    *,
    factory: Callable[[], object] | None = None,
    json: str = "",
    earlier: tuple[str, ...] = (),
    required: bool = False,
    missing: object = MISSING,
    flat: bool = False,
    sparse: bool = False,
    fingerprint: Part = Part.NO,
    keepsake: bool = True,
    changeable: bool = True,
    label: str = "",
    argument: bool = False,
    applies: Callable[[Any], bool] | None = None,
) -> Any:
    """A dataclass field of a :class:`Record`.

    Args:
        type: how its values are checked, read and written.
        default: its value where none is given, or ``factory`` to make one; without either it must be given.
        json: its name in JSON; default: the attribute's.
        earlier: its earlier names in JSON, the latest first, which are still read.
        required: whether JSON must have it, although constructors have a default.
        missing: its value where JSON lacks it; default: ``default``.
        flat: whether the values of the record that it holds stand in JSON beside those of this one.
        sparse: whether JSON leaves it out where it has its default.
        fingerprint: whether a change of it makes the cell's picture stale.
        keepsake: whether the browser keeps it; it keeps the default of the others.
        changeable: whether :meth:`.Notebook.change` sets it.
        label: what reports, scripts and Jupyter notebooks show it under; "": not shown by itself.
        argument: whether exports give it to :func:`stylize.stylize` by its name.
        applies: whether a record makes use of it; one that does not has no links and no fingerprint by it.
    """
    about = {
        "type": type,
        "json": json,
        "earlier": earlier,
        "required": required,
        "missing": missing,
        "flat": flat,
        "sparse": sparse,
        "fingerprint": fingerprint,
        "keepsake": keepsake,
        "changeable": changeable,
        "label": label,
        "argument": argument,
        "applies": applies,
    }
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata={"declared": about})
    return dataclasses.field(default=default, metadata={"declared": about})


class Record:
    """Base of the notebook's frozen dataclasses, whose fields are all :func:`declared`.

    A constructor checks every field by its type. Raises StylizeError.
    """

    @classmethod
    def about(cls, field: dataclasses.Field[Any]) -> Mapping[str, Any]:
        """The arguments with which :func:`declared` made a field; a class may find them elsewhere."""
        found: Mapping[str, Any] = field.metadata["declared"]
        return found

    def __post_init__(self) -> None:
        for each in declared_in(type(self)):
            object.__setattr__(self, each.name, each.type.check(each.value(self), each.json))


def declared_in(kind: type[Record]) -> tuple[Declared, ...]:
    """The fields of a class of records, in order."""
    if kind not in _DECLARED:
        fields = dataclasses.fields(kind)  # type: ignore[arg-type]
        _DECLARED[kind] = tuple(_declared(each, kind.about(each)) for each in fields)
    return _DECLARED[kind]


def _declared(field: dataclasses.Field[Any], given: Mapping[str, Any]) -> Declared:
    about = dict(given)
    about["json"] = about["json"] or field.name
    about["missing"] = field.default if about["missing"] is MISSING else about["missing"]
    must = about["missing"] is MISSING and field.default_factory is MISSING
    about["required"] = about["required"] or must
    return Declared(name=field.name, default=field.default, **about)


_DECLARED: dict[type[Record], tuple[Declared, ...]] = {}


def longest(kind: type[Record], name: str) -> int:
    """The most characters of a field of text."""
    field = next(each for each in declared_in(kind) if each.name == name)
    assert isinstance(field.type, Text)
    return field.type.longest
