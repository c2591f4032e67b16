"""Records within records: looking at all of them, and changing some."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TypeVar

from .fields import Change
from .record import Record, declared_in

R = TypeVar("R", bound=Record)


class Gone(Exception):
    """A record that a field needs was left out by :func:`transform`."""


def walk(record: Record, *, used: bool = False) -> Iterator[Record]:
    """The record and every record in it, in order; ``used``: only by fields that apply."""
    yield record
    for each in declared_in(type(record)):
        if not used or each.used(record):
            for part in each.type.parts(each.value(record)):
                yield from walk(part, used=used)


def transform(record: R, change: Change) -> R | None:
    """The record with ``change`` applied to every record in it and then to itself.

    Where ``change`` returns None, that record is left out: of a list; of an optional field; or else with the
    record that has the field.
    """
    try:
        values = {
            each.name: each.type.mapped(each.value(record), change) for each in declared_in(type(record))
        }
    except Gone:
        return None
    other = {name: value for name, value in values.items() if value is not getattr(record, name)}
    return change(replaced(record, **other))  # type: ignore[return-value]


def changed(record: R, change: Change) -> R:
    """As :func:`transform` where the record itself is never left out."""
    found = transform(record, change)
    assert found is not None
    return found


def replaced(record: R, **values: object) -> R:
    """As :func:`dataclasses.replace`; the same record if there are no values."""
    return dataclasses.replace(record, **values) if values else record  # type: ignore[type-var]


def assets_in(record: Record) -> frozenset[str]:
    """The sha256 of every picture that the record names."""
    return frozenset(
        asset
        for part in walk(record)
        for each in declared_in(type(part))
        for asset in each.type.assets(each.value(part))
    )


def with_assets(record: R, names: Mapping[str, str]) -> R:
    """The record with pictures by other sha256, ``names`` by those that they have in it."""

    def change(part: Record) -> Record:
        fields = declared_in(type(part))
        moved = {each.name: each.type.with_assets(each.value(part), names) for each in fields}
        return replaced(
            part, **{name: value for name, value in moved.items() if value != getattr(part, name)}
        )

    return changed(record, change) if names else record


def keepsake(record: R) -> R:
    """The record as the browser keeps it."""

    def change(part: Record) -> Record:
        return replaced(
            part, **{each.name: each.default for each in declared_in(type(part)) if not each.keepsake}
        )

    return changed(record, change)
