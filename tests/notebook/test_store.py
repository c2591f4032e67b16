"""A notebook's JSON from anybody."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylize.errors import NotebookError, StylizeError
from stylize.modes import settings_of
from stylize.notebook import Assets, CellResult, Example, Named, Notebook, Output, StyleRef, Tile, Upload
from stylize.notebook.store import from_json, to_json
from stylize.recipe import FileRef, Recipe, StyleFileRef

from .made import chain

SHA = "a" * 64


def full() -> Notebook:
    """A notebook with one of everything."""
    made = Recipe(
        "adain", settings_of("adain")(), FileRef("photo.jpg", SHA), (StyleFileRef("", SHA, 2.0),),
        (FileRef("adain-half", SHA),),
    )  # fmt: skip
    book, first, sweep = chain(Assets())
    book = book.change(first, styles=(StyleRef(Named("old-master"), 0.5), StyleRef(Example("raccoon"))))
    book = book.finish(first, CellResult(SHA, recipe=made, step=3, total=9, log=("ä\n",), seconds=0.25,
                                     losses=(("style", ((1, 2.5), (2, -1.0))),)))  # fmt: skip
    book = book.finish(sweep, CellResult(SHA, tiles=(Tile(0, 0, SHA, made, 1.0), Tile(1, 0, SHA))))
    return book.add(mode="gatys", content=Upload(SHA), styles=(StyleRef(Output(first)),), folded=True)


def test_everything_comes_back():
    book = full()
    assert from_json(to_json(book)) == book
    assert to_json(book).isascii()


def test_a_newer_version_is_refused_with_a_sentence():
    values = json.loads(to_json(full()))
    with pytest.raises(NotebookError, match="newer Stylize"):
        from_json(json.dumps({**values, "version": 2}))
    for version in (0, -1, True, "1", 1.0, None):
        with pytest.raises(NotebookError):
            from_json(json.dumps({**values, "version": version}))


def places(values, path=()):
    """Every place in a nest of JSON values."""
    yield path
    items = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    for key, each in items:
        yield from places(each, (*path, key))


FULL = json.loads(to_json(full()))
PLACES = [path for path in places(FULL) if path]
JUNK = st.sampled_from(
    [None, True, -1, 10**400, 0.5, float("nan"), float("inf"), "", "x" * 300_000, "../../etc/passwd",
     "\ud800", "{0.__class__}", [], [[]], {}, {"from": "upload"}, [0] * 5000, "<script>", SHA]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES), JUNK, st.booleans())
def test_junk_anywhere_is_refused_or_gives_a_sound_notebook(path, junk, extra):
    values = copy.deepcopy(FULL)
    at = values
    for key in path[:-1]:
        at = at[key]
    if extra and isinstance(at, dict):
        at["more"] = junk
    else:
        at[path[-1]] = junk
    try:
        book = from_json(json.dumps(values))
    except StylizeError:
        return
    assert from_json(to_json(book)) == book


DEEP = '{"format": "stylize-notebook", "version": 1, "cells": ' + "[" * 990


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "1", "null", "{}", "[" * 100_000, DEEP, "1" * 5000, " " * 32_000_001],
    ids=lambda text: text[:8].strip(),
)
def test_deep_and_long_texts_are_refused(text):
    with pytest.raises(NotebookError):
        from_json(text)


def test_deeply_nested_values_are_refused():
    nest: list = []
    for _ in range(400):
        nest = [nest]
    for key in ("recipe", "log"):
        values = copy.deepcopy(FULL)
        values["cells"][0]["result"][key] = nest
        with pytest.raises(StylizeError):
            from_json(json.dumps(values))


def test_a_notebook_opens_no_path_of_its_choice():
    values = copy.deepcopy(FULL)
    values["cells"][0]["settings"]["network"] = "/home/somebody/net.safetensors"
    with pytest.raises(NotebookError, match="names a folder"):
        from_json(json.dumps(values))
