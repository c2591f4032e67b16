"""Properties of styles from arguments that have them for all styles, such as ``style_weights=[2, 1]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import SettingsError
from .properties import StyleProperty, style_properties


def by_style(arguments: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """The properties of each of ``count`` styles by name, unchecked; those that are not given are left out.

    Args:
        arguments: by :attr:`.StyleProperty.argument`, each a list with a value for each style, or a single
            value for a single style. None counts as not given.
        count: how many styles there are.

    Raises:
        SettingsError: where there are fewer or more values than styles.
    """
    found: list[dict[str, Any]] = [{} for _ in range(count)]
    for each in style_properties():
        given = arguments.get(each.argument)
        if given is None:
            continue
        values = _listed(each, given)
        if len(values) != count:
            raise SettingsError(
                "There are {styles} styles but {given} {name}s: give one {name} for each style.",
                styles=count,
                given=len(values),
                name=each.name,
            )
        for properties, value in zip(found, values, strict=True):
            properties[each.name] = value
    return found


def _listed(property: StyleProperty, given: Any) -> list[Any]:
    """Several values, or a single one, as a list. A picture may be an array or bytes: those are single."""
    if isinstance(given, (list, tuple)):
        return list(given)
    if property.option is None or isinstance(given, str):
        return [given]
    try:
        return list(given)
    except TypeError:
        return [given]
