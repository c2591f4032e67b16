"""What the server says, in the visitor's language. The English sentence is the key of the translations."""

from __future__ import annotations

import functools
import os
import tomllib
from pathlib import Path

from ..errors import Note, StylizeError

LANGUAGES = ("en", "zh")
_FILES = {"zh": "zh_CN.toml"}


@functools.cache
def translations(language: str) -> dict[str, str]:
    """English to ``language``; empty for English."""
    if language not in _FILES:
        return {}
    path = Path(__file__).parent / "locale" / _FILES[language]
    tables = tomllib.loads(path.read_text("utf-8"))
    return {english: other for table in tables.values() for english, other in table.items()}


def language_of(header: str | None) -> str:
    """The language to answer in, from an Accept-Language header."""
    for part in sorted((header or "").split(","), key=_quality, reverse=True):
        tag = part.split(";")[0].strip().lower()
        for language in LANGUAGES:
            if tag == language or tag.startswith(language + "-"):
                return language
    return "en"


def _quality(part: str) -> float:
    try:
        return float(part.split(";q=")[1])
    except (IndexError, ValueError):
        return 1.0


def say(what: Note | StylizeError | str, language: str = "en", *, paths: bool = True) -> str:
    """A sentence in ``language``, or in English if nobody has translated it.

    Without ``paths`` folders of this computer are left out of it.
    """
    note = what.note if isinstance(what, StylizeError) else what
    known = translations(language)
    if isinstance(note, str):
        return known.get(note, note)
    values = {key: _value(value, language, paths) for key, value in note.values.items()}
    try:
        return known.get(note.template, note.template).format(**values)
    except (KeyError, IndexError, ValueError):  # a translation that names other values
        return note.template.format(**values)


def _value(value: object, language: str, paths: bool) -> object:
    if isinstance(value, (Note, StylizeError)):
        return say(value, language, paths=paths)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        return value
    if not paths and os.path.isabs(value):
        return os.path.basename(value)
    return translations(language).get(value, value)
