"""Which pictures are no longer what a run would make. That is worked out when asked, and stored nowhere."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from .schema import derived

if TYPE_CHECKING:
    from .model import Notebook


def fingerprint(notebook: Notebook, cell: str) -> str:
    """The sha256 of everything that decides what a run of the cell would make, as its fields declare it."""

    def picture_of(other: str) -> str:
        result = notebook[other].result
        return result.asset if result else ""

    always, since = derived.fingerprint(notebook[cell], picture_of)
    return hashlib.sha256(json.dumps({**always, **since}, sort_keys=True).encode()).hexdigest()


def stale(notebook: Notebook) -> frozenset[str]:
    """The cells with a picture that was made from other inputs than they have now, or from the picture of
    a cell that is stale or has none."""
    found: set[str] = set()
    for cell in notebook.dependency_order:
        result = notebook[cell].result
        if result is None:
            continue
        upstream = notebook.needs(cell)
        behind = any(each in found or notebook[each].result is None for each in upstream)
        if behind or result.inputs != fingerprint(notebook, cell):
            found.add(cell)
    return frozenset(found)
