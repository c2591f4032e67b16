"""A cell of a notebook. All that is known of a field is declared here, once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from .. import modes
from ..errors import NotebookError, note
from ..inputs import MOST_STYLES
from ..modes import settings_of
from ..modes.options import ContentSettings, PictureSettings
from ..settings import options
from ..system.json_values import Json
from ..weights.own import file_options, is_plain
from .references import PICTURE_REF, Named, PictureRef, StyleRef
from .results import CellResult
from .schema.composite import Listed, Maybe, Nested
from .schema.fields import UNWRITABLE, CellId, Choice, FieldType, Flag, PictureOf, Text, said, wrong
from .schema.record import Part, Record, declared
from .schema.traversal import assets_in, replaced, walk
from .sweeps import Axis, AxisField, checked_axes, fits

KINDS = ("picture", "sweep", "note")
_TOO_MANY_STYLES = note("A cell has at most {most} styles.", most=MOST_STYLES)


class ModeField(FieldType[str]):
    """The name of a mode."""

    def check(self, value: object, name: str) -> str:
        if not isinstance(value, str):
            raise wrong(name)
        settings_of(value[:64])  # refuses unknown ones
        return value


class SettingsField(FieldType[PictureSettings]):
    """The settings of the cell's mode, in JSON as :meth:`.Settings.to_dict` writes them."""

    def check(self, value: object, name: str) -> PictureSettings:
        if not isinstance(value, PictureSettings):
            raise wrong(name)
        return value

    def read(self, value: object, name: str, before: Mapping[str, object]) -> PictureSettings:
        if not isinstance(value, dict):
            raise wrong(name)
        return settings_from(str(before["mode"]), value)

    def write(self, value: PictureSettings) -> Json:
        return value.to_dict()

    def fingerprint(self, value: PictureSettings, picture_of: PictureOf) -> Json:
        return value.to_oldest_dict()

    def rows(self, value: PictureSettings, label: str) -> Iterator[tuple[str, str]]:
        values = value.to_dict()
        return ((each.label, said(values[each.name])) for each in options(type(value)))

    def arguments(self, value: PictureSettings, name: str) -> Mapping[str, object]:
        return value.to_dict()


def new_id() -> str:
    """An id that no other cell has."""
    return secrets.token_hex(4)


def _takes_content(cell: Cell) -> bool:
    return modes.spec(cell.mode).takes_content


def _takes_styles(cell: Cell) -> bool:
    return modes.spec(cell.mode).takes_styles


@dataclass(frozen=True)
class Cell(Record):
    """A picture, a sweep or a note. Checked when made. Raises NotebookError, SettingsError.

    Args:
        kind: ``picture``, ``sweep`` or ``note``; it never changes.
        id: 1 to 16 of 0-9 and a-z; a new one if left out.
        title: at most 200 characters.
        folded: whether the page shows its head alone.
        text: a note's Markdown, at most 50,000 characters.
        mode: the name of the mode.
        settings: of the mode; its defaults if None.
        content: where the photo comes from.
        styles: with weights. They stay while a mode is chosen that takes none, and so does ``content``.
        axes: at most two, columns then rows; only a sweep's.
        result: what the last run left.
    """

    kind: str = declared(Choice(KINDS), "picture", required=True, changeable=False, fingerprint=Part.ALWAYS)
    id: str = declared(CellId(), factory=new_id, required=True, changeable=False)
    title: str = declared(Text(200, one_line=True), "")
    folded: bool = declared(Flag(), False)
    text: str = declared(Text(50_000), "")
    mode: str = declared(ModeField(), modes.DEFAULT, fingerprint=Part.ALWAYS, label="Mode", argument=True)
    settings: PictureSettings = declared(SettingsField(), None, fingerprint=Part.ALWAYS, argument=True)
    content: PictureRef | None = declared(
        Maybe(PICTURE_REF), None, fingerprint=Part.ALWAYS, applies=_takes_content
    )
    styles: tuple[StyleRef, ...] = declared(
        Listed(Nested(StyleRef), MOST_STYLES, _TOO_MANY_STYLES),
        (),
        fingerprint=Part.ALWAYS,
        applies=_takes_styles,
    )
    axes: tuple[Axis, ...] = declared(Listed(AxisField(), 2), (), fingerprint=Part.ALWAYS)
    result: CellResult | None = declared(Maybe(Nested(CellResult)), None, changeable=False)

    def __post_init__(self) -> None:
        if self.settings is None:
            object.__setattr__(self, "settings", settings_of(self.mode)())
        super().__post_init__()
        if type(self.settings) is not settings_of(self.mode):
            raise wrong("settings")
        if isinstance(self.content, Named):
            raise NotebookError("A style of the library cannot be a content.")
        if self.result is not None and self.kind == "note":
            raise wrong("result")
        object.__setattr__(self, "axes", checked_axes(self))

    @cached_property
    def sources(self) -> tuple[PictureRef, ...]:
        """Every picture that was chosen, also what its mode leaves aside."""
        return tuple(part for part in walk(self) if isinstance(part, PictureRef))

    @property
    def inputs(self) -> tuple[PictureRef, ...]:
        """Every picture that a run takes in."""
        return tuple(part for part in walk(self, used=True) if isinstance(part, PictureRef))

    @property
    def photo(self) -> PictureRef | None:
        """The content, unless its mode takes none."""
        return self.content if _takes_content(self) else None

    @property
    def mix(self) -> tuple[StyleRef, ...]:
        """The styles that its mode uses."""
        return self.styles if _takes_styles(self) else ()

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture that it names."""
        return assets_in(self)

    def derived(self, **fields: object) -> Cell:
        """A new picture cell with the inputs and settings of this one, and with other ``fields``."""
        own = {"kind": "picture", "id": new_id(), "title": "", "folded": False, "text": "", "axes": ()}
        return replaced(self, **{**own, "result": None, **fields})

    def with_mode(self, mode: str) -> Cell:
        """The same cell in another mode: what every mode has is kept, and so are axes that still exist."""
        if mode == self.mode:
            return self
        known = {each.name: each for each in options(settings_of(mode))}
        own = {each.name for each in options(type(self.settings))}
        shared = [each.name for each in options(ContentSettings) if each.name in known and each.name in own]
        common = {name: getattr(self.settings, name) for name in shared}
        for name, value in common.items():  # the bounds may be narrower there
            high = known[name].high
            common[name] = value if high is None else type(value)(min(value, high))
        bare = replace(self, mode=mode, settings=settings_of(mode)(**common), axes=())
        return replace(bare, axes=tuple(axis for axis in self.axes if fits(bare, axis)))


def settings_from(mode: str, values: Mapping[str, object]) -> PictureSettings:
    """Settings from untrusted values: weight files must be plain names, so no path is opened.

    Raises StylizeError.
    """
    settings = settings_of(mode).from_record(values)
    for each in file_options(type(settings)):
        name = getattr(settings, each.name)
        if not is_plain(name) or UNWRITABLE.search(name) or len(name) > 255:
            raise NotebookError("The setting {name} names a folder, which is not read.", name=each.name)
    return settings
