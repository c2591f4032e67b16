"""What a cell is: where its pictures come from, how it is set, and what came of it. All of it frozen."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from .. import modes
from ..errors import NotebookError, StylizeError, shown
from ..modes import settings_of
from ..modes.options import ContentSettings, PictureSettings
from ..recipe import MOST_STYLES, MOST_WEIGHT, Recipe
from ..settings import options

KINDS = ("picture", "sweep", "note")
LONGEST_TITLE = 200  # characters
LONGEST_TEXT = 50_000  # characters of a note
MOST_TILES = 64
MOST_LINES = 500
LONGEST_LINE = 1000  # characters
MOST_LOSSES = 16
MOST_POINTS = 1000  # of one curve

# Control characters, halves of pairs, and those that turn the direction of what follows.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ID = re.compile(r"[0-9a-z]{1,16}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Upload:
    """A picture of the user's: the sha256 of its file in the :class:`Assets`, and the file's name."""

    asset: str
    name: str = ""

    def __post_init__(self) -> None:
        check_asset(self.asset)
        object.__setattr__(self, "name", one_line(self.name, 255))


@dataclass(frozen=True)
class Output:
    """The picture that another cell makes: a live link."""

    cell: str

    def __post_init__(self) -> None:
        _check_match(_ID, self.cell, "id")


@dataclass(frozen=True)
class Example:
    """A picture that comes with Stylize, by its file's name without suffix, such as ``raccoon``."""

    name: str

    def __post_init__(self) -> None:
        _check_match(_SLUG, self.name, "name")


@dataclass(frozen=True)
class Named:
    """A style of the style library, such as ``vincent-van-gogh``. Never a content."""

    name: str

    def __post_init__(self) -> None:
        _check_match(_SLUG, self.name, "name")


Source = Upload | Output | Example | Named


class Style(NamedTuple):
    """A style and its weight in the mix, from 0."""

    source: Source
    weight: float = 1.0


@dataclass(frozen=True)
class Axis:
    """What a sweep varies: a setting and its values; or ``style``, each of the cell's styles by itself.

    A ``style`` axis has no values of its own.
    """

    setting: str
    values: tuple[Any, ...] = ()


class Point(NamedTuple):
    """One picture of a sweep: its place on the sheet, its settings and its styles."""

    column: int
    row: int
    settings: PictureSettings
    styles: tuple[Style, ...]


@dataclass(frozen=True)
class Tile:
    """One picture that a sweep made."""

    column: int
    row: int
    asset: str
    recipe: Recipe | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        check_asset(self.asset)


Losses = tuple[tuple[str, tuple[tuple[int, float], ...]], ...]  # name, then (step, value) in order


@dataclass(frozen=True)
class Result:
    """What a run left.

    ``asset`` is the sha256 of the picture's file, of a sweep's contact sheet. ``inputs`` is the
    :meth:`Notebook.fingerprint` of the cell when the run began. ``step`` is less than ``total`` where it
    was stopped.
    """

    asset: str
    inputs: str = ""
    recipe: Recipe | None = None
    seconds: float = 0.0
    step: int = 1
    total: int = 1
    log: tuple[str, ...] = ()
    losses: Losses = ()
    tiles: tuple[Tile, ...] = ()

    def __post_init__(self) -> None:
        check_asset(self.asset)
        # The last lines and points are the ones that matter, and a run must never fail for its log.
        log = tuple(_text(line[:LONGEST_LINE], LONGEST_LINE) for line in self.log[-MOST_LINES:])
        losses = tuple((one_line(name[:64], 64), _thin(curve)) for name, curve in self.losses[:MOST_LOSSES])
        object.__setattr__(self, "log", log)
        object.__setattr__(self, "losses", losses)
        if len(self.tiles) > MOST_TILES:
            raise NotebookError("A sweep has at most {most} pictures.", most=MOST_TILES)

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.step >= self.total

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture in it."""
        return frozenset({self.asset, *(tile.asset for tile in self.tiles)})


@dataclass(frozen=True)
class Cell:
    """A picture, a sweep or a note. Checked when made. Raises NotebookError.

    Args:
        kind: ``picture``, ``sweep`` or ``note``; it never changes.
        id: 1 to 16 of 0-9 and a-z; a new one if left out.
        title: at most 200 characters.
        text: a note's Markdown.
        settings: of the mode; its defaults if None.
        content: where the photo comes from.
        styles: with weights. They stay while a mode is chosen that takes none.
        axes: at most two, columns then rows; only a sweep's.
    """

    kind: str = "picture"
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    title: str = ""
    folded: bool = False
    text: str = ""
    mode: str = modes.DEFAULT
    settings: PictureSettings = None  # type: ignore[assignment]  # filled in below
    content: Source | None = None
    styles: tuple[Style, ...] = ()
    axes: tuple[Axis, ...] = ()
    result: Result | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise wrong("kind")
        _check_match(_ID, self.id, "id")
        object.__setattr__(self, "title", one_line(self.title, LONGEST_TITLE))
        object.__setattr__(self, "text", _text(self.text, LONGEST_TEXT))
        if self.settings is None:
            object.__setattr__(self, "settings", settings_of(self.mode)())
        if type(self.settings) is not settings_of(self.mode):
            raise wrong("settings")
        if isinstance(self.content, Named):
            raise NotebookError("A style of the library cannot be a content.")
        if self.result is not None and self.kind == "note":
            raise wrong("result")
        object.__setattr__(self, "styles", _checked_styles(self.styles))
        object.__setattr__(self, "axes", _checked_axes(self))

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every picture that goes in, also the styles that its mode leaves aside."""
        content = () if self.content is None else (self.content,)
        return (*content, *(style.source for style in self.styles))

    @property
    def mix(self) -> tuple[Style, ...]:
        """The styles that its mode uses."""
        return self.styles if modes.spec(self.mode).takes_styles else ()

    @property
    def assets(self) -> frozenset[str]:
        """The sha256 of every picture that it names."""
        own = frozenset(source.asset for source in self.sources if isinstance(source, Upload))
        return own | (self.result.assets if self.result else frozenset())

    def moved_to(self, mode: str) -> Cell:
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
        settings = settings_of(mode)(**common)
        bare = replace(self, mode=mode, settings=settings, axes=())
        return replace(bare, axes=tuple(axis for axis in self.axes if _fits(bare, axis)))


def points(cell: Cell) -> tuple[Point, ...]:
    """What a sweep's pictures are made with, row by row. Raises NotebookError, SettingsError."""
    nothing: list[dict[str, Any]] = [{}]
    columns, rows = [*(_choices(cell, axis) for axis in cell.axes), nothing, nothing][:2]
    found = []
    for row, below in enumerate(rows):
        for column, across in enumerate(columns):
            changes = {**across, **below}
            styles = changes.pop("style", cell.mix)
            found.append(Point(column, row, replace(cell.settings, **changes), styles))
    return tuple(found)


def check_asset(value: Any) -> None:
    """Raises NotebookError for anything but 64 lower-case hex digits."""
    _check_match(_SHA256, value, "sha256")


def _choices(cell: Cell, axis: Axis) -> list[dict[str, Any]]:
    if axis.setting == "style":
        return [{"style": (Style(style.source, 1.0),)} for style in cell.mix]
    return [{axis.setting: value} for value in axis.values]


def _fits(cell: Cell, axis: Axis) -> bool:
    try:
        _checked_axis(cell, axis)
    except StylizeError:
        return False
    return True


def _checked_axes(cell: Cell) -> tuple[Axis, ...]:
    if not isinstance(cell.axes, tuple) or len(cell.axes) > 2 or (cell.axes and cell.kind != "sweep"):
        raise wrong("axes")
    found = tuple(_checked_axis(cell, axis) for axis in cell.axes)
    if len({axis.setting for axis in found}) < len(found):
        raise NotebookError("The two axes of a sweep must differ.")
    count = 1
    for axis in found:
        count *= max(1, len(cell.styles) if axis.setting == "style" else len(axis.values))
    if count > MOST_TILES:
        raise NotebookError("A sweep has at most {most} pictures.", most=MOST_TILES)
    return found


def _checked_axis(cell: Cell, axis: Axis) -> Axis:
    if axis.setting == "style" and modes.spec(cell.mode).takes_styles:
        return Axis("style")
    known = {each.name: each for each in options(type(cell.settings))}
    if axis.setting not in known:
        raise NotebookError(
            "A sweep cannot vary {setting} in the mode {mode}.", setting=shown(axis.setting), mode=cell.mode
        )
    if not axis.values or len(axis.values) > MOST_TILES:
        raise NotebookError("An axis needs from 1 to {most} values.", most=MOST_TILES)
    return Axis(axis.setting, tuple(known[axis.setting].check(value) for value in axis.values))


def _checked_styles(styles: Any) -> tuple[Style, ...]:
    if not isinstance(styles, tuple) or len(styles) > MOST_STYLES:
        raise NotebookError("A cell has at most {most} styles.", most=MOST_STYLES)
    found = []
    for source, weight in styles:
        number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
        if not number or not 0 <= weight <= MOST_WEIGHT:
            raise NotebookError("A style's weight must be a number from 0 to {most}.", most=MOST_WEIGHT)
        if not isinstance(source, Source):
            raise wrong("styles")
        found.append(Style(source, float(weight)))
    return tuple(found)


def _check_match(pattern: re.Pattern[str], value: Any, what: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise wrong(what)


def wrong(what: str) -> NotebookError:
    """The error for a part of a notebook, by its name in JSON, that nobody could have saved so."""
    return NotebookError("This notebook is damaged: its {what} cannot be read.", what=what)


def one_line(value: Any, most: int) -> str:
    """A title or a name in one line without control characters. Raises NotebookError if it is too long."""
    return _text(value, most).replace("\n", " ").replace("\t", " ")


def _text(value: Any, most: int) -> str:
    """A text without control characters but ends of lines and tabs."""
    if not isinstance(value, str):
        raise wrong("text")
    if len(value) > most:
        raise NotebookError("This text is too long: at most {most} characters fit here.", most=most)
    return _UNWRITABLE.sub("", value)


def _thin(curve: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """A curve with at most MOST_POINTS finite points, evenly chosen, the last one among them."""
    curve = tuple((step, value) for step, value in curve if math.isfinite(value))
    if len(curve) <= MOST_POINTS:
        return curve
    at = [round(n * (len(curve) - 1) / (MOST_POINTS - 1)) for n in range(MOST_POINTS)]
    return tuple(curve[n] for n in at)


def settings_from(mode: str, values: Mapping[str, Any]) -> PictureSettings:
    """A stranger's settings: weight files are plain names, so no path is opened. Raises StylizeError."""
    settings = settings_of(mode).from_dict(values)
    for each in options(type(settings)):
        if each.open and not _is_plain(getattr(settings, each.name)):
            raise NotebookError("The setting {name} names a folder, which is not read.", name=each.name)
    return settings


def _is_plain(name: str) -> bool:
    return not set("/\\") & set(name) and not _UNWRITABLE.search(name) and len(name) <= 255


__all__ = [
    "KINDS", "MOST_TILES", "Axis", "Cell", "Example", "Losses", "Named", "Output", "Point", "Result",
    "Source", "Style", "Tile", "Upload", "check_asset", "points", "settings_from",
]  # fmt: skip
