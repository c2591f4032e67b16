"""Learning a style from what a shell was given: which photos, which name, and where the file goes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import PictureError, StyleError
from ..image.learned import SUFFIX, clean_name
from ..image.suffixes import has_suffix
from ..library import learned
from ..system import places

StrPath = str | os.PathLike[str]


def photos_in(source: StrPath | Sequence[StrPath] | None = None) -> list[Path]:
    """Files of photos: those of a folder, those of a list, or the examples that come with Stylize.

    Raises:
        PictureError: for a folder that cannot be read or holds no pictures.
    """
    if source is None:
        return _pictures(places.examples() / "photos") if (places.examples() / "photos").is_dir() else []
    if not isinstance(source, (str, os.PathLike)):
        return [Path(each) for each in source]
    found = _pictures(Path(source).expanduser())
    if not found:
        raise PictureError("{folder} holds no pictures: choose another folder.", folder=str(source))
    return found


def _pictures(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if has_suffix(each.name))
    except OSError as error:
        raise PictureError(
            "{folder} cannot be read ({reason}): check its permissions.",
            folder=str(folder),
            reason=error.strerror or str(error),
        ) from error


def name_for(name: str, out: StrPath | None, picture: str) -> str:
    """The name of a style: the one that was given, that of its file, or that of the picture's file."""
    file = "" if out is None or os.path.isdir(out) else os.path.basename(out).removesuffix(SUFFIX)
    return clean_name(name) or clean_name(file) or clean_name(Path(picture).stem) or "style"


def target(out: StrPath | None, name: str, *, force: bool = False) -> Path:
    """Where the file of a style goes: settled, and tried, before anything is learned.

    Args:
        out: a file, a folder, or None for the user's styles.
        name: of the style.
        force: whether a file that is there may be replaced.

    Raises:
        StyleError: for a file that is there, is named otherwise, or cannot be written.
    """
    if out is None:
        path = learned.path_of(name) if force else learned.free(name)
    elif os.path.isdir(out):
        path = learned.path_of(name, Path(out))
    else:
        path = Path(out).expanduser()
    if not path.name.endswith(SUFFIX) or path.name == SUFFIX:
        raise StyleError(
            "{file} is no name for a learned style: let it end with {suffix}.", file=str(path), suffix=SUFFIX
        )
    if path.exists() and not force:
        raise StyleError(
            "{file} is there already: choose another name, or replace it with --force.", file=str(path)
        )
    learned.attempt(lambda: _try(path.parent), path)
    return path


def _try(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
