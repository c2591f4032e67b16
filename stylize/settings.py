"""Settings as frozen dataclasses: flags, widgets, JSON and checks follow from their fields.

Each mode has one such class, so a setting is written down once. Nothing here imports torch or gradio.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints

from .errors import SettingsError, shown
from .system.json_values import Json

Made = TypeVar("Made", bound="Settings")
Choices = Sequence[str] | Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Option:
    """What is known of one setting.

    ``kind`` is bool, int, float, str or tuple (of str). ``low`` and ``high`` are inclusive.
    ``open`` choices are suggestions: the command line and the API take any other string too (a path,
    say), while a page that serves strangers does not. ``rare`` settings are folded away.

    ``earlier`` are its names in earlier versions, the latest first, and ``earlier_choices`` has those of its
    choices with what they are called now. Both are still read wherever a setting is. ``before`` is what
    was done before there was this setting, which is how records without it are read; None if it was always
    there. Flags and scripts from before say little of their age, but if they name the setting ``tied_to`` and
    not this one, they are read like such records.
    """

    name: str
    kind: type
    default: Any
    label: str
    help: str
    group: str
    low: float | None
    high: float | None
    step: float | None
    choices: tuple[str, ...] | None
    open: bool
    rare: bool
    earlier: tuple[str, ...] = ()
    earlier_choices: Mapping[str, str] = field(default_factory=dict)
    before: bool | float | str | tuple[str, ...] | None = None
    tied_to: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are read, the present one first."""
        return (self.name, *self.earlier)

    @property
    def oldest(self) -> str:
        """Its first name, which stays its name in fingerprints."""
        return self.names[-1]

    def oldest_value(self, value: object) -> object:
        """The value by the first names of the choices."""
        return _renamed(value, _turned(self.earlier_choices))

    def check(self, value: object) -> Any:
        """``value`` as this setting's type. Raises SettingsError, naming the bounds."""
        found = _renamed(self._typed(value), self.earlier_choices)
        if self.kind in (int, float):
            self._check_bounds(found)
        for one in found if self.kind is tuple else (found,):
            if self.choices is not None and not self.open and one not in self.choices:
                raise SettingsError(
                    "{name} is {value}, but it must be one of: {choices}.",
                    name=self.name,
                    value=shown(one),
                    choices=", ".join(self.choices),
                )
        return found

    def _typed(self, value: object) -> Any:
        if self.kind is tuple and isinstance(value, str):
            value = tuple(part for part in value.replace(",", " ").split())
        if self.kind is tuple and isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
            return tuple(value)
        if self.kind is bool and isinstance(value, bool):
            return value
        if self.kind is str and isinstance(value, str):
            return value
        if isinstance(value, Real) and not isinstance(value, bool):
            with suppress(OverflowError):
                number = float(value)
                if self.kind is float:
                    return number
                if self.kind is int and number.is_integer():
                    return int(number)
        known = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        wanted = known.get(self.kind, "a list of texts")
        if value is None or value == "":
            raise SettingsError("{name} is empty, but it must be {wanted}.", name=self.name, wanted=wanted)
        raise SettingsError(
            "{name} is {value}, but it must be {wanted}.", name=self.name, value=shown(value), wanted=wanted
        )

    def _check_bounds(self, value: float) -> None:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:  # also false for NaN
            raise SettingsError(
                "{name} is {value}, but it must be from {low} to {high}.",
                name=self.name,
                value=shown(value),
                low=low,
                high=high,
            )


def _renamed(value: object, names: Mapping[str, str]) -> Any:
    """A choice, or several, by other names; anything else as it is."""
    if isinstance(value, (tuple, list)):
        return type(value)(names.get(each, each) for each in value)
    return names.get(value, value) if isinstance(value, str) else value


def _turned(names: Mapping[str, str]) -> dict[str, str]:
    """The keys by the values."""
    return {value: key for key, value in names.items()}


def option(
    default: object,
    *,
    label: str,
    help: str,
    group: str = "Picture",
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    choices: Choices | None = None,
    open: bool = False,
    rare: bool = False,
    earlier: tuple[str, ...] = (),
    earlier_choices: Mapping[str, str] | None = None,
    before: bool | float | str | tuple[str, ...] | None = None,
    tied_to: str = "",
) -> Any:
    """A dataclass field that carries what :class:`Option` says of it."""
    about = {
        "label": label,
        "help": help,
        "group": group,
        "low": low,
        "high": high,
        "step": step,
        "choices": choices,
        "open": open,
        "rare": rare,
        "earlier": earlier,
        "earlier_choices": earlier_choices or {},
        "before": before,
        "tied_to": tied_to,
    }
    return field(default=default, metadata={"option": about})


@dataclass(frozen=True)
class Settings:
    """Base of every mode's settings: checked when made, frozen afterwards.

    ``PRESETS`` maps a preset's name to the fields in which it differs from the defaults; ``PRESET_TITLES``
    to what people call it where that is not its name.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = {"default": {}}
    PRESET_TITLES: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        for each in options(type(self)):
            object.__setattr__(self, each.name, each.check(getattr(self, each.name)))

    @classmethod
    def preset(cls, name: str, **changes: object) -> Self:
        """The settings of a preset, with ``changes`` on top. Raises SettingsError."""
        if name not in cls.PRESETS:
            raise SettingsError(
                "There is no preset {name!r}. Choose one of: {choices}.",
                name=name,
                choices=", ".join(cls.PRESETS),
            )
        return cls(**{**cls.PRESETS[name], **cls._given(changes)})

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Self:
        """Settings from plain values (JSON, flags, widgets). Unknown names are refused."""
        return cls(**cls._given(values))

    @classmethod
    def _given(cls, values: Mapping[str, object]) -> dict[str, object]:
        """The values by their present names, and what those imply that are tied to later settings."""
        found = cls.by_name(values)
        implied = {each.name: each.before for each in options(cls) if each.tied_to in found}
        return {**implied, **found}

    @classmethod
    def from_record(cls, values: Mapping[str, object]) -> Self:
        """Settings that were written down with a picture: as :meth:`from_dict`, but a setting that came later
        is what was done before it, not its default."""
        return cls(**{**_before(cls), **cls.by_name(values)})

    def changed(self, **changes: object) -> Self:
        """The same settings but for ``changes``. Raises SettingsError."""
        return dataclasses.replace(self, **self.by_name(changes))

    @classmethod
    def by_name(cls, values: Mapping[str, object]) -> dict[str, object]:
        """The values by the present names of settings, from these or earlier ones.

        Raises:
            SettingsError: for a name that is not known, and for two values of one setting.
        """
        now = {name: each.name for each in options(cls) for name in each.names}
        found: dict[str, object] = {}
        for name, value in values.items():
            if name not in now:
                raise SettingsError(
                    "There is no setting {name} here. Known settings: {known}.",
                    name=shown(name),
                    known=", ".join(sorted(set(now.values()))),
                )
            if now[name] in found:
                raise SettingsError("The setting {name} is given twice, under two names.", name=now[name])
            found[now[name]] = value
        return found

    def to_dict(self) -> dict[str, Json]:
        """Plain values that ``json.dumps`` takes and :meth:`from_dict` reads back."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    def to_oldest_dict(self) -> dict[str, Json]:
        """As :meth:`to_dict`, by the first names of settings and choices, which never change; without
        settings that came later where they are what was done before."""
        now, before = self.to_dict(), _before(type(self))
        return {
            oldest: _renamed(now[name], choices)
            for name, oldest, choices in _first_names(type(self))
            if name not in before or before[name] != getattr(self, name)
        }


# By class: a page asks at every click, and Python compiles every annotation to answer.
_HINTS: dict[type[Settings], dict[str, type]] = {}
_FIRST_NAMES: dict[type[Settings], tuple[tuple[str, str, Mapping[str, str]], ...]] = {}


def options(cls: type[Settings]) -> tuple[Option, ...]:
    """The settings of a mode in the order in which they are written down."""
    if cls not in _HINTS:
        _HINTS[cls] = get_type_hints(cls)
    return tuple(option_of(each, _HINTS[cls][each.name]) for each in dataclasses.fields(cls))


def option_of(declared: dataclasses.Field[Any], hint: Any) -> Option:
    """What :func:`option` said of a dataclass field whose annotation is ``hint``."""
    about = dict(declared.metadata["option"])
    if callable(about["choices"]):
        about["choices"] = about["choices"]()
    if about["choices"] is not None:
        about["choices"] = tuple(about["choices"])
    kind = get_origin(hint) or hint
    assert kind in (bool, int, float, str) or get_args(hint) == (str, ...)
    return Option(name=declared.name, kind=kind, default=declared.default, **about)


def _first_names(cls: type[Settings]) -> tuple[tuple[str, str, Mapping[str, str]], ...]:
    """Of each setting the name, its first name, and the first names of choices that have others now."""
    if cls not in _FIRST_NAMES:
        _FIRST_NAMES[cls] = tuple(
            (each.name, each.oldest, _turned(each.earlier_choices)) for each in options(cls)
        )
    return _FIRST_NAMES[cls]


def _before(cls: type[Settings]) -> dict[str, object]:
    """What was done before there were the settings that came later, by their names."""
    return {each.name: each.before for each in options(cls) if each.before is not None}


def find_option(cls: type[Settings], name: str) -> Option | None:
    """The setting of this name, or that had it in an earlier version; None if there is none."""
    return next((each for each in options(cls) if name in each.names), None)


def add_flags(parser: argparse.ArgumentParser, cls: type[Settings]) -> None:
    """One flag per setting, plus ``--preset`` where there is a choice of presets.

    Flags that are not given are absent from the namespace, so that a preset's values show through. Earlier
    names of settings and choices are taken as well, and no help mentions them.
    """
    if len(cls.PRESETS) > 1:
        parser.add_argument(
            "--preset",
            choices=tuple(cls.PRESETS),
            default="default",
            help="where the other settings start from (default: default)",
        )
    groups: dict[str, argparse._ArgumentGroup] = {}
    for each in options(cls):
        if each.group not in groups:
            groups[each.group] = parser.add_argument_group(each.group.lower())
        group = groups[each.group]
        for name in each.names:
            text = _flag_help(each) if name == each.name else argparse.SUPPRESS
            flag = "--" + name.replace("_", "-")
            group.add_argument(flag, dest=each.name, default=argparse.SUPPRESS, help=text, **_flag(each))


def _flag(each: Option) -> dict[str, Any]:
    """What ``add_argument`` takes for a setting of this type."""
    if each.kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if each.kind is tuple:
        return {"metavar": "A,B,..."}
    if each.choices is None or each.open:
        return {"type": each.kind, "metavar": each.kind.__name__.upper()}
    kind: Callable[[str], object] = each.kind
    if each.earlier_choices:  # argparse compares what this returns with the choices
        kind = functools.partial(_renamed, names=each.earlier_choices)
    return {"type": kind, "choices": each.choices}


def from_flags(cls: type[Made], namespace: argparse.Namespace) -> Made:
    """The settings that a parsed command line asks for. Raises SettingsError."""
    given = vars(namespace)
    changes = {each.name: given[each.name] for each in options(cls) if each.name in given}
    return cls.preset(given.get("preset", "default"), **changes)


def _flag_help(each: Option) -> str:
    parts = [each.help.rstrip(".")]
    if each.choices and each.open:
        parts.append("one of " + ", ".join(each.choices) + ", or a file")
    if each.low is not None and each.high is not None:
        parts.append(f"{each.low:g} to {each.high:g}")
    default = ",".join(each.default) if each.kind is tuple else each.default
    if default not in ("", None):
        parts.append(f"default: {default}")
    return "; ".join(parts).replace("%", "%%")
