"""Settings as frozen dataclasses: flags, widgets, JSON and checks follow from their fields.

Each mode has one such class, so a setting is written down once. Nothing here imports torch or gradio.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints

from .errors import SettingsError, shown

Made = TypeVar("Made", bound="Settings")
Choices = Sequence[str] | Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Option:
    """What is known of one setting.

    ``kind`` is bool, int, float, str or tuple (of str). ``low`` and ``high`` are inclusive.
    ``open`` choices are suggestions: the command line and the API take any other string too (a path,
    say), while a page that serves strangers does not. ``rare`` settings are folded away.
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

    def check(self, value: Any) -> Any:
        """``value`` as this setting's type. Raises SettingsError, naming the bounds."""
        value = self._typed(value)
        if self.kind in (int, float):
            self._check_bounds(value)
        for one in value if self.kind is tuple else (value,):
            if self.choices is not None and not self.open and one not in self.choices:
                raise SettingsError(
                    "{name} is {value}, but it must be one of: {choices}.",
                    name=self.name, value=shown(one), choices=", ".join(self.choices),
                )  # fmt: skip
        return value

    def _typed(self, value: Any) -> Any:
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
        wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        raise SettingsError(
            "{name} is {value}, but it must be {wanted}.",
            name=self.name, value=shown(value), wanted=wanted.get(self.kind, "a list of texts"),
        )  # fmt: skip

    def _check_bounds(self, value: float) -> None:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:  # also false for NaN
            raise SettingsError(
                "{name} is {value}, but it must be from {low} to {high}.",
                name=self.name, value=shown(value), low=low, high=high,
            )  # fmt: skip


def option(
    default: Any,
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
) -> Any:
    """A dataclass field that carries what :class:`Option` says of it."""
    about = {
        "label": label, "help": help, "group": group, "low": low, "high": high, "step": step,
        "choices": choices, "open": open, "rare": rare,
    }  # fmt: skip
    return field(default=default, metadata={"option": about})


@dataclass(frozen=True)
class Settings:
    """Base of every mode's settings: checked when made, frozen afterwards.

    ``PRESETS`` maps a preset's name to the fields in which it differs from the defaults; ``PRESET_TITLES``
    to what people call it where that is not its name.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {"default": {}}
    PRESET_TITLES: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        for each in options(type(self)):
            object.__setattr__(self, each.name, each.check(getattr(self, each.name)))

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """The settings of a preset, with ``changes`` on top. Raises SettingsError."""
        if name not in cls.PRESETS:
            raise SettingsError(
                "There is no preset {name!r}. Choose one of: {choices}.",
                name=name, choices=", ".join(cls.PRESETS),
            )  # fmt: skip
        return cls.from_dict({**cls.PRESETS[name], **changes})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from plain values (JSON, flags, widgets). Unknown names are refused."""
        cls._check_names(values)
        return cls(**values)

    def changed(self, **changes: Any) -> Self:
        """The same settings but for ``changes``. Raises SettingsError."""
        self._check_names(changes)
        return dataclasses.replace(self, **changes)

    @classmethod
    def _check_names(cls, values: Iterable[str]) -> None:
        known = {each.name for each in options(cls)}
        for name in values:
            if name not in known:
                raise SettingsError(
                    "There is no setting {name} here. Known settings: {known}.",
                    name=shown(name), known=", ".join(sorted(known)),
                )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Plain values that ``json.dumps`` takes and :meth:`from_dict` reads back."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}


# By class: a page asks at every click, and Python compiles every annotation to answer.
_HINTS: dict[type[Settings], dict[str, Any]] = {}


def options(cls: type[Settings]) -> tuple[Option, ...]:
    """The settings of a mode in the order in which they are written down."""
    if cls not in _HINTS:
        _HINTS[cls] = get_type_hints(cls)
    hints, found = _HINTS[cls], []
    for each in dataclasses.fields(cls):
        about = dict(each.metadata["option"])
        if callable(about["choices"]):
            about["choices"] = about["choices"]()
        if about["choices"] is not None:
            about["choices"] = tuple(about["choices"])
        kind = get_origin(hints[each.name]) or hints[each.name]
        assert kind in (bool, int, float, str) or get_args(hints[each.name]) == (str, ...)
        found.append(Option(name=each.name, kind=kind, default=each.default, **about))
    return tuple(found)


def add_flags(parser: argparse.ArgumentParser, cls: type[Settings]) -> None:
    """One flag per setting, plus ``--preset`` where there is a choice of presets.

    Flags that are not given are absent from the namespace, so that a preset's values show through.
    """
    if len(cls.PRESETS) > 1:
        parser.add_argument(
            "--preset", choices=tuple(cls.PRESETS), default="default",
            help="where the other settings start from (default: default)",
        )  # fmt: skip
    groups: dict[str, Any] = {}
    for each in options(cls):
        group = groups.setdefault(each.group, None) or parser.add_argument_group(each.group.lower())
        groups[each.group] = group
        flag, text = "--" + each.name.replace("_", "-"), _flag_help(each)
        if each.kind is bool:
            group.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text
            )
        elif each.kind is tuple:
            group.add_argument(flag, default=argparse.SUPPRESS, metavar="A,B,...", help=text)
        else:
            closed = each.choices if each.choices and not each.open else None
            group.add_argument(
                flag, type=each.kind, default=argparse.SUPPRESS, choices=closed, help=text,
                metavar=None if closed else each.kind.__name__.upper(),
            )  # fmt: skip


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
