"""The translations that CycleGAN knows, and whether they are here. Listing them needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from ... import weights
from ...weights import catalog


@dataclass(frozen=True)
class Translation:
    """A translation of the catalogue and whether it is on this machine.

    ``state`` is "folder", "bundled" or "cached" if it is here; "download", or "bring" if only the user
    can get the file. ``size`` is in bytes, 0 if unknown.
    """

    name: str
    title: str
    summary: str
    state: str
    size: int


def describe() -> tuple[Translation, ...]:
    """Every translation in the catalogue, in its order."""
    return tuple(
        Translation(row.name, row.title, row.summary, weights.state(row), weights.size(row))
        for row in catalog.rows()
        if row.role == "generator"
    )
