"""Values that arrive from outside, with their types checked: no program and no browser is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import SettingsError, shown

Data = Mapping[str, object]
ENDLESS = float("inf")
MOST = 1e300


class Malformed(SettingsError):
    """A value that is missing, or of another type or size than what the page itself sends."""


def text(data: Data, name: str, default: str | None = None, *, longest: int = 1_000_000) -> str:
    """The text called ``name``; ``default`` where it is left out. Raises Malformed."""
    value = data.get(name, default)
    if not isinstance(value, str):
        raise _wrong(name, value, "a text")
    if len(value) > longest:
        raise Malformed("{name} is longer than {most} characters.", name=name, most=longest)
    return value


def one_of(data: Data, name: str, choices: Sequence[str], default: str | None = None) -> str:
    """The text called ``name``, which is among ``choices``. Raises Malformed."""
    value = text(data, name, default)
    if value not in choices:
        raise Malformed(
            "{name} is {value}, but it must be one of: {choices}.",
            name=name,
            value=shown(value),
            choices=", ".join(choices),
        )
    return value


def number(
    data: Data,
    name: str,
    low: float = -ENDLESS,
    high: float = ENDLESS,
    default: float | None = None,
    *,
    written: bool = False,
) -> float:
    """The finite number called ``name``, from ``low`` to ``high``; ``written``: or a text of one.

    Raises Malformed.
    """
    value = data.get(name, default)
    if written and isinstance(value, str):
        value = _read(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name, value, "a number")
    if not low <= value <= high or not abs(value) < MOST:  # also for NaN
        raise Malformed(
            "{name} is {value}, but it must be from {low} to {high}.",
            name=name,
            value=shown(value),
            low=low,
            high=high,
        )
    return float(value)


def whole(
    data: Data,
    name: str,
    low: int = -(10**9),
    high: int = 10**9,
    default: int | None = None,
    *,
    written: bool = False,
) -> int:
    """The whole number called ``name``, from ``low`` to ``high``; ``written``: or a text of one.

    Raises Malformed.
    """
    value = number(data, name, low, high, default, written=written)
    if not value.is_integer():
        raise _wrong(name, data.get(name), "a whole number")
    return int(value)


def _read(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _wrong(name: str, value: object, wanted: str) -> Malformed:
    if value is None or value == "":
        return Malformed("{name} is empty, but it must be {wanted}.", name=name, wanted=wanted)
    return Malformed(
        "{name} is {value}, but it must be {wanted}.", name=name, value=shown(value), wanted=wanted
    )
