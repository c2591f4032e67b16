"""Fields of a command: their types and bounds, and how they are read from what a browser sends.

A command is a frozen dataclass whose fields are annotated with one of the classes below::

    @dataclass(frozen=True)
    class Move:
        cell: CellId
        way: Annotated[str, OneOf(("up", "down"))]

Attributes of HTML elements are text, so that numbers may also arrive as the text of a number.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol, TypedDict, TypeVar, get_args, get_origin, get_type_hints

from ...errors import SettingsError
from ..sent import Data, number, one_of, text, whole

LONGEST_NAME = 255  # characters

Command = TypeVar("Command")


class FieldSchema(TypedDict, total=False):
    """A field as JSON schema; empty: any value."""

    type: str | list[str]
    maxLength: int
    enum: list[str]
    minimum: float
    maximum: float
    items: dict[str, str]
    maxItems: int


class Field(Protocol):
    """What a field may be."""

    def read(self, data: Data, name: str) -> object:
        """The value called ``name`` in ``data``. Raises Malformed."""

    def schema(self) -> FieldSchema:
        """The field as JSON schema."""


@dataclass(frozen=True)
class String:
    """A string of at most ``longest`` characters."""

    longest: int = 1_000_000

    def read(self, data: Data, name: str) -> str:
        return text(data, name, longest=self.longest)

    def schema(self) -> FieldSchema:
        return {"type": "string", "maxLength": self.longest}


@dataclass(frozen=True)
class OneOf:
    """One of a few strings."""

    choices: tuple[str, ...]

    def read(self, data: Data, name: str) -> str:
        return one_of(data, name, self.choices)

    def schema(self) -> FieldSchema:
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True)
class Float:
    """A finite number from ``low`` to ``high``, or the text of one."""

    low: float = -1e300
    high: float = 1e300

    def read(self, data: Data, name: str) -> float:
        return number(data, name, self.low, self.high, written=True)

    def schema(self) -> FieldSchema:
        return {"type": ["number", "string"], "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Integer:
    """A whole number from ``low`` to ``high``, or the text of one."""

    low: int = -(10**9)
    high: int = 10**9

    def read(self, data: Data, name: str) -> int:
        return whole(data, name, self.low, self.high, written=True)

    def schema(self) -> FieldSchema:
        return {"type": ["integer", "string"], "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Unchecked:
    """Any JSON value: whoever uses it checks it, as a setting does that knows its own bounds."""

    def read(self, data: Data, name: str) -> object:
        return data.get(name)

    def schema(self) -> FieldSchema:
        return {}


@dataclass(frozen=True)
class UploadPath:
    """The path of an upload on the server. Anything but a string is read as "", the path of no file."""

    def read(self, data: Data, name: str) -> str:
        value = data.get(name)
        return value if isinstance(value, str) else ""

    def schema(self) -> FieldSchema:
        return {"type": "string"}


@dataclass(frozen=True)
class UploadPaths:
    """As :class:`UploadPath`, of several: a list of at most ``most``."""

    most: int

    def read(self, data: Data, name: str) -> tuple[str, ...]:
        value = data.get(name)
        if not isinstance(value, list):
            return ("",)
        if len(value) > self.most:
            raise SettingsError("At most {most} files are taken at once.", most=self.most)
        return tuple(each if isinstance(each, str) else "" for each in value)

    def schema(self) -> FieldSchema:
        return {"type": "array", "items": {"type": "string"}, "maxItems": self.most}


CellId = Annotated[str, String(LONGEST_NAME)]
Name = Annotated[str, String(LONGEST_NAME)]  # of something that is known here
Typed = Annotated[str, String()]  # by a visitor; what it becomes part of has limits of its own
Uploaded = Annotated[str, UploadPath()]
What = Annotated[str, OneOf(("content", "style"))]  # as what a picture goes into a cell
Index = Annotated[int, Integer()]


@dataclass(frozen=True)
class Form:
    """The fields of a command by name, and the names of those that have no default."""

    fields: Mapping[str, Field]
    required: frozenset[str]

    @classmethod
    def of(cls, command: type) -> Form:
        """Raises TypeError for a field that is not annotated with its bounds."""
        hints, found = get_type_hints(command, include_extras=True), {}
        every = dataclasses.fields(command)
        for each in every:
            if get_origin(hints[each.name]) is not Annotated:
                raise TypeError(f"{command.__name__}.{each.name} has no bounds")
            found[each.name] = get_args(hints[each.name])[1]
        return cls(found, frozenset(each.name for each in every if each.default is dataclasses.MISSING))


_forms: dict[type, Form] = {}


def form(command: type) -> Form:
    """What is known of a command's fields."""
    if command not in _forms:
        _forms[command] = Form.of(command)
    return _forms[command]


def parse(command: type[Command], data: Data) -> Command:
    """A command from what a browser sent, every field checked. Other names in ``data`` are left aside.

    Raises Malformed.
    """
    known = form(command)
    given = {
        name: each.read(data, name)
        for name, each in known.fields.items()
        if name in data or name in known.required
    }
    return command(**given)
