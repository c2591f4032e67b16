"""Commands from payloads: types, bounds, defaults, and everything that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest

from stylize.webui.commands.fields import (
    CellId,
    Float,
    Index,
    Integer,
    OneOf,
    String,
    Unchecked,
    Uploaded,
    form,
    parse,
)
from stylize.webui.sent import Malformed


@dataclass(frozen=True)
class Sample:
    cell: CellId
    way: Annotated[str, OneOf(("up", "down"))]
    share: Annotated[float, Float(0, 1)] = 0.5
    n: Annotated[int, Integer(0, 9)] = 3
    short: Annotated[str, String(4)] = ""
    value: Annotated[object, Unchecked()] = None
    index: Index = 0


SOUND = {"cell": "a", "way": "up"}


def test_what_is_left_out_has_its_default():
    assert parse(Sample, SOUND) == Sample("a", "up", 0.5, 3, "", None, 0)
    assert form(Sample).required == {"cell", "way"}


def test_numbers_may_be_written():
    assert parse(Sample, {**SOUND, "share": "0.25", "n": "7", "index": "-2"}) == Sample(
        "a", "up", 0.25, 7, index=-2
    )
    assert isinstance(parse(Sample, {**SOUND, "n": 7.0}).n, int)


@pytest.mark.parametrize("value", [None, True, 2.5, "x", ["x"], {"a": 1}])
def test_what_a_setting_checks_itself_is_handed_on(value):
    assert parse(Sample, {**SOUND, "value": value}).value == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", None), ("cell", 7), ("cell", ["a"]), ("cell", "x" * 256), ("way", "left"), ("way", None),
        ("share", 1.5), ("share", "nan"), ("share", True), ("share", None), ("share", ""), ("n", 10),
        ("n", -1), ("n", 2.5), ("n", "two"), ("n", 1e999), ("short", "12345"), ("short", None),
        ("index", 10**10),
    ],
)  # fmt: skip
def test_what_no_page_sends_is_refused(name, value):
    with pytest.raises(Malformed):
        parse(Sample, {**SOUND, name: value})


@pytest.mark.parametrize("name", sorted(SOUND))
def test_what_must_be_there_is_missed(name):
    with pytest.raises(Malformed):
        parse(Sample, {key: value for key, value in SOUND.items() if key != name})


def test_other_names_are_left_aside():
    assert parse(Sample, {**SOUND, "do": "sample", "key": "secret"}) == parse(Sample, SOUND)


@pytest.mark.parametrize("value", [None, 7, ["/tmp/x"], {"path": "x"}])
def test_an_upload_that_is_no_text_lies_nowhere(value):
    @dataclass(frozen=True)
    class Bring:
        path: Uploaded

    assert parse(Bring, {"path": value}).path == ""


def test_every_field_has_bounds():
    @dataclass(frozen=True)
    class Loose:
        name: str

    with pytest.raises(TypeError, match="name"):
        form(Loose)
