"""What a sweep varies: the first axis of a mode, and an axis from what a visitor types."""

from __future__ import annotations

import re

from .. import modes
from ..errors import NotebookError, SettingsError
from ..notebook import Axis, Cell
from ..settings import Option, find_option

_BETWEEN = re.compile(r"[,;，；、\s]+")  # values
_YES = ("yes", "true", "1", "on", "是")


def first_axis(mode: str) -> Axis:
    """What a new sweep of a mode varies."""
    return Axis(*modes.spec(mode).sweep)


def axis(cell: Cell, setting: str, values: str) -> Axis | None:
    """The axis of a setting with typed values, or with some to begin with; None for no setting.

    Raises StylizeError.
    """
    if not setting:
        return None
    if setting == "style":
        return Axis("style")
    option = find_option(type(cell.settings), setting)
    if option is None:
        raise NotebookError(
            "A sweep cannot vary {setting} in the mode {mode}.", setting=setting, mode=cell.mode
        )
    parts = [value for value in _BETWEEN.split(values) if value][:65]
    return Axis(option.name, tuple(_value(option.kind, value) for value in parts) or default_values(option))


def _value(kind: type, value: str) -> bool | float | str:
    if kind is bool:
        return value.lower() in _YES
    if kind in (int, float):
        try:
            return float(value)
        except ValueError as error:
            raise SettingsError("{value} is no number.", value=value[:40]) from error
    return value


def default_values(option: Option) -> tuple[object, ...]:
    """Some values of a setting to begin a sweep with."""
    if option.kind is bool:
        return (False, True)
    if option.choices:
        return tuple(option.choices[:4])
    if option.high is not None and option.high <= 4:
        low, high = option.low or 0.0, option.high
        if option.kind is int:
            return tuple(range(int(low), int(high) + 1))
        return tuple(round(low + (high - low) * n / 4, 3) for n in (1, 2, 3, 4))
    middle = option.default or 1
    return tuple(option.kind(middle * factor) for factor in (0.5, 1, 2))
