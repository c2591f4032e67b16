"""What a page says of itself before it may send commands: who it is, and that it has missed something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .fields import Unchecked

Lenient = Annotated[object, Unchecked()]  # what is of no use is left aside


@dataclass(frozen=True)
class Open:
    """Opens the notebook of a tab, or begins one.

    ``book`` is what the browser kept as JSON, for a server that has been started anew; ``query`` what the
    page's address asks for, a ``preset`` or a ``recipe``.
    """

    language: Lenient = "en"
    book: Lenient = ""
    query: Lenient = None


@dataclass(frozen=True)
class Refresh:
    """Everything once more: a message to the page was lost."""


COMMANDS: dict[str, type] = {"open": Open, "refresh": Refresh}
