"""Types of fields that hold records: one, one of several kinds, one or none, or a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from ...errors import Note
from ...system.json_values import Json
from .derived import fingerprint, from_values, rows, to_values
from .fields import Change, FieldType, PictureOf, listed, refused, wrong
from .record import Record
from .traversal import Gone, transform

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class Nested(FieldType[R]):
    """A record of one class. Its fingerprint is the list of its fields' ones."""

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind

    def check(self, value: object, name: str) -> R:
        if not isinstance(value, self.kind):
            raise wrong(name)
        return value

    def read(self, value: object, name: str, before: Mapping[str, object]) -> R:
        return from_values(self.kind, value, name)

    def write(self, value: R) -> Json:
        return to_values(value)

    def fingerprint(self, value: R, picture_of: PictureOf) -> Json:
        always, since = fingerprint(value, picture_of)
        return [*always.values(), since] if since else list(always.values())

    def parts(self, value: R) -> Iterable[Record]:
        return (value,)

    def mapped(self, value: R, change: Change) -> R:
        changed = transform(value, change)
        if changed is None:
            raise Gone
        return changed

    def rows(self, value: R, label: str) -> Iterator[tuple[str, str]]:
        return rows(value)


class Variant(Record):
    """A record of one of several classes that a field may hold: see :class:`Tagged`.

    ``KIND`` tells them apart in JSON. In a fingerprint it is ``SAME_AS``: two classes with the same one are
    the same where their fields have the same fingerprints.
    """

    KIND: ClassVar[str]
    SAME_AS: ClassVar[str] = ""


V = TypeVar("V", bound=Variant)


class Tagged(Nested[V]):
    """A record of one of several classes, whose ``KIND`` JSON has as ``from``."""

    TAG = "from"

    def __init__(self, *kinds: type[V]) -> None:
        self.kinds = {kind.KIND: kind for kind in kinds}

    def check(self, value: Any, name: str) -> V:
        if type(value) not in self.kinds.values():
            raise wrong(name)
        result: V = value
        return result

    def read(self, value: object, name: str, before: Mapping[str, object]) -> V:
        if not isinstance(value, dict) or not isinstance(value.get(self.TAG), str):
            raise wrong(name)
        kind = self.kinds.get(value[self.TAG])
        if kind is None:
            raise wrong(self.TAG)
        return from_values(kind, {key: each for key, each in value.items() if key != self.TAG}, name)

    def write(self, value: V) -> Json:
        return {self.TAG: value.KIND, **to_values(value)}

    def fingerprint(self, value: V, picture_of: PictureOf) -> Json:
        own = super().fingerprint(value, picture_of)
        assert isinstance(own, list)
        return [value.SAME_AS or value.KIND, *own]


class Maybe(FieldType["T | None"], Generic[T]):
    """A value of another type, or None."""

    def __init__(self, of: FieldType[T]) -> None:
        self.of = of

    def check(self, value: object, name: str) -> T | None:
        return None if value is None else self.of.check(value, name)

    def read(self, value: object, name: str, before: Mapping[str, object]) -> T | None:
        return None if value is None else self.of.read(value, name, before)

    def write(self, value: T | None) -> Json:
        return None if value is None else self.of.write(value)

    def fingerprint(self, value: T | None, picture_of: PictureOf) -> Json:
        return None if value is None else self.of.fingerprint(value, picture_of)

    def assets(self, value: T | None) -> Iterable[str]:
        return () if value is None else self.of.assets(value)

    def with_assets(self, value: T | None, names: Mapping[str, str]) -> T | None:
        return None if value is None else self.of.with_assets(value, names)

    def parts(self, value: T | None) -> Iterable[Record]:
        return () if value is None else self.of.parts(value)

    def mapped(self, value: T | None, change: Change) -> T | None:
        try:
            return None if value is None else self.of.mapped(value, change)
        except Gone:
            return None

    def rows(self, value: T | None, label: str) -> Iterator[tuple[str, str]]:
        return iter(()) if value is None else self.of.rows(value, label)


class Listed(FieldType[tuple[T, ...]]):
    """Up to ``most`` values of another type as a tuple. ``too_many``: the error for more in a constructor."""

    def __init__(self, of: FieldType[T], most: int, too_many: Note | None = None) -> None:
        self.of, self.most, self.too_many = of, most, too_many

    def check(self, value: object, name: str) -> tuple[T, ...]:
        if not isinstance(value, tuple):
            raise wrong(name)
        if len(value) > self.most:
            raise wrong(name) if self.too_many is None else refused(self.too_many)
        return tuple(self.of.check(each, name) for each in value)

    def read(self, value: object, name: str, before: Mapping[str, object]) -> tuple[T, ...]:
        return tuple(self.of.read(each, name, before) for each in listed(value, name, self.most))

    def write(self, value: tuple[T, ...]) -> Json:
        return [self.of.write(each) for each in value]

    def fingerprint(self, value: tuple[T, ...], picture_of: PictureOf) -> Json:
        return [self.of.fingerprint(each, picture_of) for each in value]

    def assets(self, value: tuple[T, ...]) -> Iterable[str]:
        return (asset for each in value for asset in self.of.assets(each))

    def with_assets(self, value: tuple[T, ...], names: Mapping[str, str]) -> tuple[T, ...]:
        return tuple(self.of.with_assets(each, names) for each in value)

    def parts(self, value: tuple[T, ...]) -> Iterable[Record]:
        return (part for each in value for part in self.of.parts(each))

    def mapped(self, value: tuple[T, ...], change: Change) -> tuple[T, ...]:
        found = []
        for each in value:
            try:
                found.append(self.of.mapped(each, change))
            except Gone:
                continue
        same = len(found) == len(value) and all(new is old for new, old in zip(found, value, strict=True))
        return value if same else tuple(found)

    def rows(self, value: tuple[T, ...], label: str) -> Iterator[tuple[str, str]]:
        for each in value:
            yield from self.of.rows(each, label)
