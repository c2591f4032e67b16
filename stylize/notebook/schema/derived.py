"""What follows from the declarations: JSON, fingerprints, the lines of reports, arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from ...errors import NotebookError, shown
from ...system.json_values import Json
from .fields import PictureOf, wrong
from .record import MISSING, Part, Record, declared_in

R = TypeVar("R", bound=Record)


def to_values(record: Record) -> dict[str, Json]:
    """The record as values for ``json.dumps``."""
    found: dict[str, Json] = {}
    for each in declared_in(type(record)):
        if each.sparse and each.value(record) == each.default:
            continue
        value = each.type.write(each.value(record))
        if each.flat and isinstance(value, dict):
            found |= value
        else:
            found[each.json] = value
    return found


def from_values(kind: type[R], values: object, what: str) -> R:
    """The record that untrusted values of JSON stand for; ``what`` names them in errors.

    Raises StylizeError, also for names that are not known.
    """
    if not isinstance(values, dict):
        raise wrong(what)
    fields = declared_in(kind)
    own = {name for each in fields if not each.flat for name in each.names}
    rest = {name: value for name, value in values.items() if name not in own}
    if rest and not any(each.flat for each in fields):
        raise NotebookError(
            "This notebook has something called {name}, which is not known.", name=shown(min(rest))
        )
    given: dict[str, object] = {}
    for each in fields:
        if each.flat:
            given[each.name] = each.type.read(rest, what, given)
            continue
        name = next((name for name in each.names if name in values), None)
        if name is not None:
            given[each.name] = each.type.read(values[name], each.json, given)
        elif each.required:
            raise wrong(each.json)
        elif each.missing is not MISSING:
            given[each.name] = each.missing
    return kind(**given)


def fingerprint(record: Record, picture_of: PictureOf) -> tuple[dict[str, Json], dict[str, Json]]:
    """The values that decide what a run would make: those of the first notebooks, and those added since."""
    always: dict[str, Json] = {}
    since: dict[str, Json] = {}
    for each in declared_in(type(record)):
        value = each.value(record) if each.used(record) else each.default
        if each.fingerprint is Part.ALWAYS:
            always[each.oldest] = each.type.fingerprint(value, picture_of)
        elif each.fingerprint is Part.CHANGED and value != each.default:
            since[each.oldest] = each.type.fingerprint(value, picture_of)
    return always, since


def rows(record: Record) -> Iterator[tuple[str, str]]:
    """Label and text of every line that the record has in a report."""
    for each in declared_in(type(record)):
        yield from each.type.rows(each.value(record), each.label)


def remarks(record: Record) -> Iterator[tuple[str, str]]:
    """Label and text of what no argument says: a script has it as a comment, unless it has its default."""
    for each in declared_in(type(record)):
        if each.label and not each.argument and each.value(record) != each.default:
            yield from each.type.rows(each.value(record), each.label)


def arguments(record: Record) -> dict[str, object]:
    """What the record gives to :func:`stylize.stylize` by name."""
    found: dict[str, object] = {}
    for each in declared_in(type(record)):
        if each.argument:
            found |= each.type.arguments(each.value(record), each.name)
    return found
