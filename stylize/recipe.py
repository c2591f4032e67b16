"""The recipe of a picture: what made it, as data that is enough to make it again. No torch here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import RecipeError, SettingsError, shown
from .inputs import MOST_STYLES, StyleProperties, style_properties
from .modes import settings_of
from .modes.options import PictureSettings
from .system.version import VERSION
from .weights import own

FORMAT = 1
LONGEST = 256 * 1024  # characters of JSON


@dataclass(frozen=True)
class FileRef:
    """A file: its name without folders (empty where names are left out) and the sha256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class StyleFileRef(StyleProperties[FileRef], FileRef):
    """A style picture, or a style of the library (its name, the sha256 of its statistics), and its
    properties."""

    library: bool = False


@dataclass(frozen=True)
class Recipe:
    """Mode, settings, inputs, networks and version of a picture; ``stopped`` if it is not the whole one."""

    mode: str
    settings: PictureSettings
    content: FileRef
    styles: tuple[StyleFileRef, ...] = ()
    weights: tuple[FileRef, ...] = ()
    version: str = VERSION
    stopped: bool = False

    @property
    def inputs(self) -> tuple[FileRef, ...]:
        """Every file that it names as an input, and the styles of the library."""
        return (self.content, *self.styles, *(each for style in self.styles for each in style.pictures))

    def to_json(self) -> str:
        """One line of ASCII JSON that :meth:`from_json` reads back: any file can carry any file's name."""
        values = {
            "format": FORMAT,
            "version": self.version,
            "mode": self.mode,
            "settings": self.settings.to_dict(),
            "content": asdict(self.content),
            "styles": [_compact(style) for style in self.styles],
            "weights": [asdict(weights) for weights in self.weights],
            **({"stopped": True} if self.stopped else {}),
        }
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """A recipe from anybody's text. Raises RecipeError or SettingsError, never anything else."""
        if len(text) > LONGEST:
            raise RecipeError("This recipe is too long: {length} characters.", length=len(text))
        try:
            values = json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise RecipeError("This is no recipe: it is not valid JSON.") from error
        if not isinstance(values, dict) or "mode" not in values:
            raise RecipeError("This is no recipe: it names no mode.")
        if values.get("format") != FORMAT or values["format"] is True:
            raise RecipeError(
                "This recipe has format {format}, but this version reads format {known}.",
                format=shown(values.get("format")),
                known=FORMAT,
            )
        mode, settings = values["mode"], values.get("settings", {})
        if not isinstance(mode, str) or not isinstance(settings, dict):
            raise RecipeError("This recipe's mode or settings have the wrong type.")
        styles = _list(values, "styles")
        if len(styles) > MOST_STYLES:
            raise RecipeError("This recipe has more than {most} styles.", most=MOST_STYLES)
        return cls(
            mode=mode,
            settings=_settings(mode, settings),
            content=FileRef(*_source(values.get("content"))),
            styles=tuple(map(_style, styles)),
            weights=tuple(FileRef(*_source(each)) for each in _list(values, "weights")),
            version=str(values.get("version", ""))[:32],
            stopped=values.get("stopped") is True,
        )


def _compact(style: StyleFileRef) -> dict[str, Any]:
    """As JSON takes it: as recipes of older versions where nothing is said that those cannot say."""
    values = asdict(style)
    usual = {each.name: each.default for each in style_properties() if not each.is_weight}
    usual["library"] = False
    return {key: value for key, value in values.items() if key not in usual or value != usual[key]}


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    found = values.get(key, [])
    if not isinstance(found, list):
        raise RecipeError("This recipe's {key} must be a list.", key=key)
    return found


def _source(value: Any) -> tuple[str, str]:
    if isinstance(value, dict):
        name, digest = value.get("name", ""), value.get("sha256", "")
        if isinstance(name, str) and isinstance(digest, str) and own.is_plain(name):
            return name[:255], digest[:64]
    raise RecipeError("This recipe names an input without a plain file name and a sha256.")


def _settings(mode: str, values: Mapping[str, Any]) -> PictureSettings:
    """The settings, whose own weight files must be plain names: a recipe opens no path of its choice."""
    settings = settings_of(mode[:64]).from_record(values)
    for each in own.not_plain(settings):
        raise RecipeError("This recipe's {name} names a folder or no file at all.", name=each.name)
    return settings


def _style(values: Any) -> StyleFileRef:
    file = _source(values)
    return StyleFileRef(*file, library=values.get("library") is True, **_properties(values))


def _properties(style: Mapping[str, Any]) -> dict[str, Any]:
    """A style's properties, of which some may be left out."""
    found: dict[str, Any] = {}
    for each in style_properties():
        value = style.get(each.name, each.default)
        if each.option is None:
            found[each.name] = None if value is None else FileRef(*_source(value))
            continue
        try:
            found[each.name] = each.check(value)
        except SettingsError as error:
            raise RecipeError(error.note.template, **error.note.values) from error
    return found
