"""The errors for files that cannot be read, shared by the modules of this package."""

from __future__ import annotations

from ..errors import PictureError


def damaged(name: str, kind: str) -> PictureError:
    """The error for a file that names itself ``kind`` and cannot be read as that."""
    return PictureError(
        "{file} cannot be read as {kind}: it is damaged, cut short or of a rare sort. "
        "Open it in another program and save it as PNG.",
        file=called(name),
        kind=kind,
    )


def overgrown(name: str, kind: str) -> PictureError:
    """The error for a ``kind`` whose parts would take far more time or memory than its pixels are worth."""
    return PictureError(
        "{file} is a {kind} made of so many or such large parts that it would take too long to read: "
        "open it in another program and save it as PNG.",
        file=called(name),
        kind=kind,
    )


def called(name: str) -> str:
    """How a message calls a picture that may have no name."""
    return name or "This picture"
