"""Styles by the names that people type."""

from __future__ import annotations

import difflib
import os

from ..errors import StyleError, shown
from .index import styles
from .named import NamedStyle


def find(name: str) -> NamedStyle | None:
    """The style of that name, or None."""
    return next((each for each in styles() if each.name == name), None)


def style(name: str) -> NamedStyle:
    """The style of that name. Raises StyleError, which names those that are spelled alike."""
    found = find(name)
    if found is None:
        raise _unknown(name)
    return found


def is_name(text: object) -> bool:
    """Whether a text is rather meant for a style's name than for a file: no folder and no suffix."""
    if not isinstance(text, str) or not text or set(text) & {"/", "\\", os.sep, "\0"}:
        return False
    return not os.path.splitext(text)[1]


def _unknown(name: str) -> StyleError:
    near = _near(name)
    if near:
        return StyleError(
            "There is no style called {name} in the library, and no such file. Did you mean {near}? "
            "`stylize styles` lists them all.",
            name=shown(name),
            near=" / ".join(near),
        )
    return StyleError(
        "There is no style called {name} in the library, and no such file: give a picture's path, or a name "
        "that `stylize styles` lists.",
        name=shown(name),
    )


def _near(name: str) -> list[str]:
    """Names that a mistyped one may stand for: those that hold it, and those that are spelled alike."""
    wanted = "-".join(name.lower().replace("_", " ").replace("-", " ").split())[:100]
    names = [each.name for each in styles()]
    holding = [each for each in names if wanted and f"-{wanted}-" in f"-{each}-"]
    painters = list(dict.fromkeys(each.painter for each in styles()))
    alike = difflib.get_close_matches(wanted, names, n=3, cutoff=0.7)
    parts = {part: painter for painter in painters for part in (painter, *painter.split("-"))}
    alike += [parts[each] for each in difflib.get_close_matches(wanted, list(parts), n=2, cutoff=0.75)]
    return list(dict.fromkeys([*holding, *alike]))[:4]
