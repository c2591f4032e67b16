"""Types of fields: how a value is checked when made, read from JSON, written to it and shown.

Types that hold records are in :mod:`.composite`; those that one class alone has stand beside that class.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from ...errors import Note, NotebookError
from ...system.json_values import Json

if TYPE_CHECKING:
    from .record import Record

T = TypeVar("T")
PictureOf: TypeAlias = Callable[[str], str]  # a cell's id to the sha256 of its picture, "" if it has none
Change: TypeAlias = "Callable[[Record], Record | None]"

LARGEST = 1e300
# Control characters, halves of surrogate pairs, and those that turn the direction of what follows.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class FieldType(Generic[T]):
    """How one type of value is checked, read, written and shown. JSON is untrusted.

    ``name`` is the field's name in JSON, for errors. What cannot be taken raises a StylizeError.
    """

    def check(self, value: Any, name: str) -> T:
        """The value to keep of what a constructor was given."""
        result: T = value
        return result

    def read(self, value: object, name: str, before: Mapping[str, object]) -> T:
        """The value that a value of JSON stands for. ``before`` has the record's fields read so far."""
        return self.check(value, name)

    def write(self, value: T) -> Json:
        """The value as ``json.dumps`` takes it."""
        return value  # type: ignore[return-value]

    def fingerprint(self, value: T, picture_of: PictureOf) -> Json:
        """What stands for the value in a cell's fingerprint."""
        return self.write(value)

    def assets(self, value: T) -> Iterable[str]:
        """The sha256 of the pictures that the value names itself, not by its records."""
        return ()

    def with_assets(self, value: T, names: Mapping[str, str]) -> T:
        """The value with pictures by other sha256, ``names`` by the present ones."""
        return value

    def parts(self, value: T) -> Iterable[Record]:
        """The records that the value holds."""
        return ()

    def mapped(self, value: T, change: Change) -> T:
        """The value with ``change`` applied to the records in it. Raises :class:`.record.Gone`."""
        return value

    def rows(self, value: T, label: str) -> Iterator[tuple[str, str]]:
        """Label and text of each line that the value has in a report."""
        if label:
            yield label, said(value)

    def arguments(self, value: T, name: str) -> Mapping[str, object]:
        """The keyword arguments of :func:`stylize.stylize` that the value stands for."""
        return {name: value}


class Text(FieldType[str]):
    """A text of at most ``longest`` characters, without control characters; ``one_line``: in one line."""

    def __init__(self, longest: int, *, one_line: bool = False) -> None:
        self.longest, self.one_line = longest, one_line

    def check(self, value: object, name: str) -> str:
        text = clean(value, self.longest, name)
        return text.replace("\n", " ").replace("\t", " ") if self.one_line else text


class Flag(FieldType[bool]):
    """True or False."""

    def check(self, value: object, name: str) -> bool:
        if type(value) is not bool:
            raise wrong(name)
        return value


class Choice(FieldType[str]):
    """One of several choices."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = tuple(choices)

    def check(self, value: object, name: str) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise wrong(name)
        return value


class Matching(FieldType[str]):
    """A text that a regular expression matches as a whole. ``name``: what errors call it."""

    def __init__(self, pattern: str, name: str = "") -> None:
        self.pattern, self.name = re.compile(pattern), name

    def check(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            raise wrong(self.name or name)
        return value


class CellId(Matching):
    """A cell's id: 1 to 16 of 0-9 and a-z."""

    def __init__(self) -> None:
        super().__init__("[0-9a-z]{1,16}", "id")


class Link(CellId):
    """The id of a cell whose picture is used. In a fingerprint that picture stands for it."""

    def fingerprint(self, value: str, picture_of: PictureOf) -> Json:
        return picture_of(value)


class Slug(Matching):
    """The name of an example or of a style of the library: a-z, 0-9 and hyphens."""

    def __init__(self) -> None:
        super().__init__("[a-z0-9][a-z0-9-]{0,63}")


class Asset(Matching):
    """The sha256 of a picture's file in the :class:`.Assets`: 64 lower-case hex digits.

    A zip file holds the pictures of all fields of this type.
    """

    def __init__(self) -> None:
        super().__init__("[0-9a-f]{64}", "sha256")

    def assets(self, value: str) -> Iterable[str]:
        return (value,)

    def with_assets(self, value: str, names: Mapping[str, str]) -> str:
        return names.get(value, value)


class Number(FieldType[float]):
    """A number from ``low`` to ``high``; ``sentence`` is the error for any other."""

    def __init__(self, low: float = 0.0, high: float = LARGEST, sentence: Note | None = None) -> None:
        self.low, self.high, self.sentence = low, high, sentence

    def check(self, value: object, name: str) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and self.low <= value <= self.high:
            return float(value)  # NaN does not come here
        raise wrong(name) if self.sentence is None else refused(self.sentence)


class Seconds(Number):
    """A length of time. One that was measured wrong counts as 0: a run does not fail for it."""

    def check(self, value: Any, name: str) -> float:
        return float(value) if math.isfinite(value) and value >= 0 else 0.0

    def read(self, value: object, name: str, before: Mapping[str, object]) -> float:
        return super().check(value, name)

    def rows(self, value: float, label: str) -> Iterator[tuple[str, str]]:
        if label and value:
            yield label, f"{value:.1f}"


class Count(FieldType[int]):
    """A whole number from 0 to a billion."""

    def check(self, value: object, name: str) -> int:
        if type(value) is not int or not 0 <= value <= 1_000_000_000:
            raise wrong(name)
        return value


class Lines(FieldType[tuple[str, ...]]):
    """Texts in order. A constructor keeps the last ``most`` of them, each up to ``longest`` characters."""

    def __init__(self, most: int, longest: int) -> None:
        self.most, self.longest = most, longest

    def check(self, value: Any, name: str) -> tuple[str, ...]:
        return tuple(clean(line[: self.longest], self.longest, name) for line in value[-self.most :])

    def read(self, value: object, name: str, before: Mapping[str, object]) -> tuple[str, ...]:
        lines = listed(value, name, self.most)
        if not all(isinstance(line, str) for line in lines):
            raise wrong(name)
        return self.check(tuple(lines), name)


def clean(value: object, longest: int, name: str) -> str:
    """A text without control characters other than ends of lines and tabs. Raises NotebookError."""
    if not isinstance(value, str):
        raise wrong(name)
    if len(value) > longest:
        raise NotebookError("This text is too long: at most {most} characters fit here.", most=longest)
    return UNWRITABLE.sub("", value)


def listed(value: object, name: str, most: int) -> list[object]:
    """A list of JSON with at most ``most`` items. Raises NotebookError."""
    if not isinstance(value, list):
        raise wrong(name)
    if len(value) > most:
        raise NotebookError("This notebook has more than {most} {what}.", most=most, what=name)
    return value


def wrong(what: str) -> NotebookError:
    """The error for a part of a notebook, by its name in JSON, whose value is none that is ever written."""
    return NotebookError("This notebook is damaged: its {what} cannot be read.", what=what)


def refused(sentence: Note) -> NotebookError:
    """The error that says a sentence."""
    return NotebookError(sentence.template, **sentence.values)


def said(value: object) -> str:
    """A value in a report."""
    if isinstance(value, bool):
        return "✓" if value else "–"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
