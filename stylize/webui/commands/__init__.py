"""What a browser may ask for: a table of typed commands, one handler each."""

from __future__ import annotations

from collections.abc import Mapping

from . import cells, files, learning, pictures, runs, settings, styles, titles
from .entry import AnyEntry, Services
from .fields import parse

TABLE: Mapping[str, AnyEntry] = {
    name: entry
    for subject in (cells, titles, settings, styles, pictures, learning, runs, files)
    for name, entry in subject.ENTRIES.items()
}

__all__ = ["TABLE", "Services", "parse"]
