"""Style sets of a command: all given styles mixed, or each on its own."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

from .. import library
from ..errors import SettingsError
from ..inputs import MOST_STYLES
from ..library import learned
from . import style_flags
from .inputs import STDIN, Search, is_pattern

EACH, MIX = "each", "mix"


@dataclass(frozen=True)
class StyleSet:
    """Styles that are mixed, as they were given, and their part of the names of results ("" for none)."""

    styles: tuple[str, ...] = ()
    name: str = ""


def style_sets(args: argparse.Namespace, search: Search) -> list[StyleSet]:
    """The sets that ``--style`` and ``--styles`` ask for.

    Raises PictureError, SettingsError.
    """
    folders = any(_is_several(each) for each in args.style)
    styles = list(dict.fromkeys(_expand(args.style, search))) if folders else list(args.style)
    if (args.styles or (EACH if folders else MIX)) == EACH and styles:
        for flag in style_flags.given_flags(args):
            raise SettingsError("{flag} is for a mix: add --styles mix, or leave it out.", flag=flag)
        return [StyleSet((each,), _name(each)) for each in styles]
    if len(styles) > MOST_STYLES:
        raise SettingsError(
            "{count} styles are too many for a mix, which takes {most}: choose fewer, or add --styles each.",
            count=len(styles),
            most=MOST_STYLES,
        )
    return [StyleSet(tuple(styles))]


def _is_several(style: str) -> bool:
    return not _is_single(style) and (os.path.isdir(style) or is_pattern(style))


def _is_single(style: str) -> bool:
    named = library.is_name(style) and library.find(style) is not None
    return style == STDIN or named or os.path.isfile(style) or _is_mine(style)


def _is_mine(style: str) -> bool:
    """Whether it is a learned style of the user's, and no folder."""
    return not os.path.isdir(style) and learned.find(style) is not None


def _expand(styles: Sequence[str], search: Search) -> list[str]:
    found: list[str] = []
    for style in styles:
        found += [str(each.path) for each in search.find([style])] if _is_several(style) else [style]
    return found


def _name(style: str) -> str:
    return "stdin" if style == STDIN else os.path.basename(style)
