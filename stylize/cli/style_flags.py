"""Flags for the properties of styles: a value for each style, in their order."""

from __future__ import annotations

import argparse
from typing import Any

from ..inputs import StyleProperty, style_properties

NONE = "none"  # for a style without a picture of this sort


def add(parser: argparse.ArgumentParser) -> None:
    """A flag for each property."""
    for each in style_properties():
        if each.option is None:
            _add_pictures(parser, each, f"{each.help}; {NONE} for a style without one")
        else:
            about = f"for each style, in their order: {each.help}".replace("%", "%%")
            kind = _texts if each.option.kind is str else _numbers
            parser.add_argument(each.flag, dest=each.argument, type=kind, metavar="A,B,...", help=about)


def add_pictures(parser: argparse.ArgumentParser) -> None:
    """A flag for each property that is a picture, in place of those of a recipe."""
    for each in style_properties():
        if each.option is None:
            _add_pictures(parser, each, f"instead of the recipe's: {each.help}")


def flags() -> list[str]:
    """All of them."""
    return [each.flag for each in style_properties()]


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The properties that were given, as arguments of :func:`.api.styles_of`."""
    found: dict[str, Any] = {}
    for each in _given(args):
        values = getattr(args, each.argument)
        pictures = each.option is None
        found[each.argument] = [None if value == NONE else value for value in values] if pictures else values
    return found


def given_flags(args: argparse.Namespace) -> list[str]:
    """The flags that were given."""
    return [each.flag for each in _given(args)]


def files(args: argparse.Namespace) -> list[str]:
    """The pictures among them."""
    known = [each for each in _given(args) if each.option is None]
    return [value for each in known for value in getattr(args, each.argument) if value != NONE]


def _given(args: argparse.Namespace) -> list[StyleProperty]:
    return [each for each in style_properties() if getattr(args, each.argument, None)]


def _add_pictures(parser: argparse.ArgumentParser, each: StyleProperty, about: str) -> None:
    about = f"for each style, in their order: {about}".replace("%", "%%")
    parser.add_argument(each.flag, dest=each.argument, action="append", metavar="PICTURE", help=about)


def _texts(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in _texts(text)]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers such as 2,1") from None
