"""A notebook as JSON, and back from untrusted JSON."""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Any

from ..errors import NotebookError
from .model import Notebook
from .schema.derived import from_values, to_values
from .schema.fields import listed, wrong

FORMAT = "stylize-notebook"
VERSION = 1
LONGEST = 32_000_000  # characters
MOST_MISSING = 100_000


def to_json(notebook: Notebook, here: Container[str] | None = None) -> str:
    """One line of ASCII JSON that :func:`from_json` reads back.

    ``here`` are the pictures that come along: the others that are named are listed as missing.
    """
    missing = [] if here is None else sorted(each for each in notebook.assets if each not in here)
    head = {"format": FORMAT, "version": VERSION, "missing": missing}
    return json.dumps(head | to_values(notebook), allow_nan=False)


def from_json(text: str, kind: type[Notebook] = Notebook) -> Notebook:
    """A notebook from untrusted text. ``kind``: its class. Raises StylizeError, never anything else."""
    return read(text, kind)[0]


def read(text: str, kind: type[Notebook] = Notebook) -> tuple[Notebook, frozenset[str]]:
    """As :func:`from_json`, and the pictures that the text says are missing."""
    try:
        return _read(text, kind)
    except RecursionError as error:
        raise NotebookError("This is no notebook: it is not valid JSON.") from error


def _read(text: str, kind: type[Notebook]) -> tuple[Notebook, frozenset[str]]:
    if len(text) > LONGEST:
        raise NotebookError("This notebook is too long: {length} characters.", length=len(text))
    try:
        values = json.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise NotebookError("This is no notebook: it is not valid JSON.") from error
    values = _encodable(values)
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise NotebookError("This is no notebook that Stylize saved.")
    _check_version(values.pop("version", None))
    missing = listed(values.pop("missing", []), "missing", MOST_MISSING)
    names = [each for each in missing if isinstance(each, str)]
    if len(names) < len(missing):
        raise wrong("missing")
    return from_values(kind, values, "cells"), frozenset(names)


def _check_version(version: object) -> None:
    if type(version) is not int:
        raise wrong("version")
    if version > VERSION:
        raise NotebookError(
            "This notebook was saved by a newer Stylize (version {version} of the format, but this one "
            "reads {known}): update Stylize.",
            version=version,
            known=VERSION,
        )
    if version != VERSION:
        raise wrong("version")


def _encodable(values: object) -> Any:
    """The same without halves of surrogate pairs, which no browser takes."""
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode(errors="replace"))
    return values
