"""The parts of the page as HTML: a file each, with a function ``draw`` of a :class:`View`."""

from .view import View

__all__ = ["View"]
