"""Errors that a user can mend, and notes of what a run has to say; shells translate both.

A message is a template with named values: ``str()`` gives the English sentence, and a shell that
speaks another language looks the template up in its own translations and fills in the same values.
Anything that is not a :class:`StylizeError` is a fault of the program, not of its user.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100  # characters


@dataclass(frozen=True)
class Note:
    """One sentence for the user: an English template and the values that belong in it."""

    template: str
    values: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


def note(template: str, /, **values: object) -> Note:
    """A :class:`Note` from a template such as ``"{file} is empty"`` and its values."""
    return Note(template, values)


def shown(value: object) -> str:
    """A value from anybody for a message: as Python writes it, but short, however long or nested it is, and
    whole numbers without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return _SHORT.repr(value)


class StylizeError(Exception):
    """What went wrong and the way out, in one sentence that names the file or the setting.

    Example: ``raise PictureError("{file} is empty: choose another picture.", file=name)``
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.note = Note(template, values)
        super().__init__(str(self.note))

    def __reduce__(self) -> tuple[object, ...]:
        # Keeps template and values when the error crosses a process, as on ZeroGPU.
        return _rebuild, (type(self), self.note)


def _rebuild(kind: type[StylizeError], message: Note) -> StylizeError:
    return kind(message.template, **message.values)


class PictureError(StylizeError):
    """A picture that cannot be read, is too large, or cannot be written."""


class StyleError(PictureError):
    """A name for a style that the library does not have."""


class SettingsError(StylizeError):
    """A setting with an unknown name, a wrong type, or a value out of bounds."""


class RecipeError(StylizeError):
    """A recipe that cannot be read or whose inputs cannot be found."""


class NotebookError(StylizeError):
    """A notebook that cannot be read, or an edit of it that makes no sense."""


class WeightsError(StylizeError):
    """A weight file that cannot be found, fetched or trusted."""


class OfflineError(WeightsError):
    """The file is not on this machine and the network does not answer."""


class CheckpointError(WeightsError):
    """A weight file whose contents fit no network we know."""


class MemoryLimitError(StylizeError):
    """The picture does not fit in memory even after tiling or shrinking."""


class DivergedError(StylizeError):
    """An optimisation that produced no finite picture, even after backing off once."""
