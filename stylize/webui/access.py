"""Who is let in: names and passwords, from a variable or a file, where no list of processes shows them."""

from __future__ import annotations

import os

from ..errors import SettingsError

VARIABLE = "STYLIZE_AUTH"


def pairs(text: str, where: str) -> list[tuple[str, str]]:
    """Names and passwords, ``name:password`` on each line; a password may hold colons.

    Raises:
        SettingsError: for a line without one or the other, or if there is none. The text is not repeated.
    """
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, password = line.partition(":")
        if not name or not password:
            raise SettingsError("{where} must say name:password, one on each line.", where=where)
        found.append((name, password))
    if not found:
        raise SettingsError("{where} must say name:password, one on each line.", where=where)
    return found


def from_environment() -> list[tuple[str, str]] | None:
    """Those of STYLIZE_AUTH; None if it is not set. Raises SettingsError."""
    text = os.environ.get(VARIABLE)
    return pairs(text, VARIABLE) if text else None
