"""The networks that a mode can be given by name, and whether they are here. Listing them needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

from .. import weights
from ..settings import options
from ..weights import catalog
from .registry import AnyMode


@dataclass(frozen=True)
class Network:
    """A network of the catalog and whether it is on this machine.

    ``state`` is "folder", "bundled" or "cached" if it is here; "download", or "bring" if only the user
    can get the file. ``size`` is in bytes, 0 if unknown.
    """

    name: str
    title: str
    summary: str
    state: str
    size: int

    @property
    def here(self) -> bool:
        """Whether it needs no download."""
        return self.state in ("folder", "bundled", "cached")


def networks(spec: AnyMode) -> tuple[Network, ...]:
    """Every network that the mode's ``network_field`` names, in the catalog's order."""
    named = (each.choices or () for each in options(spec.settings) if each.name == spec.network_field)
    rows = (catalog.row(name) for choices in named for name in choices)
    return tuple(
        Network(row.name, row.title, row.summary, weights.state(row), weights.size(row))
        for row in rows
        if row is not None
    )


def usual(spec: AnyMode) -> str:
    """The network that a new cell begins with: the setting's default, or one that is here if that is not."""
    default = next(each.default for each in options(spec.settings) if each.name == spec.network_field)
    here = [each.name for each in networks(spec) if each.here]
    return str(default if default in here or not here else here[0])
