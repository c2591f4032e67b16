"""My styles: a folder of learned styles, each by the name of its file."""

from __future__ import annotations

import functools
import hashlib
import itertools
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import PictureError, StyleError, shown
from ..image import LearnedStyle, learned
from ..image.learned import SUFFIX, clean_name
from ..system import places
from .names import find as find_named

VARIABLE = "STYLIZE_STYLES_DIR"
MOST_NAME = 200  # bytes of UTF-8, with which every file system has room for the suffix
REMEMBERED = 128  # styles that were read, some 50 KB each
_FORBIDDEN = frozenset('/\\:*?"<>|')  # on one system or another


@dataclass(frozen=True)
class Mine:
    """A style of the folder. ``name`` is its file's, without the suffix; ``sha256`` that of its bytes."""

    name: str
    path: Path
    style: LearnedStyle
    size: int
    sha256: str


def folder() -> Path:
    """The folder that STYLIZE_STYLES_DIR names, or one in the user's data folder; it need not be there."""
    chosen = os.environ.get(VARIABLE)
    return Path(os.path.expanduser(chosen)) if chosen else places.user_data() / "styles"


def path_of(name: str, where: Path | None = None) -> Path:
    """Where a style of that name lies, or would lie.

    Raises:
        StyleError: for a name that is no file's name on every system, or could leave the folder.
    """
    stem = name.split(".")[0].lower()
    sound = name == clean_name(name) and not _FORBIDDEN & set(name) and len(name.encode()) <= MOST_NAME
    if not name or not sound or name[0] in ".-" or name[-1] == "." or stem in places.DEVICES:
        raise StyleError(
            "{name} cannot be the name of a style: choose a short one without any of {signs}, that does not "
            "begin with a dot or a hyphen.",
            name=shown(name),
            signs=" ".join(sorted(_FORBIDDEN)),
        )
    return (where or folder()) / (name + SUFFIX)


def mine(where: Path | None = None) -> tuple[Mine, ...]:
    """The styles of the folder by name; what is no learned style is passed over."""
    found = []
    with suppress(OSError):
        for path in sorted((where or folder()).glob("*" + SUFFIX), key=_by_name):
            with suppress(PictureError, OSError):
                found.append(_read(path))
    return tuple(found)


def _by_name(path: Path) -> str:
    return path.name.removesuffix(SUFFIX).lower()


def find(name: str, where: Path | None = None) -> Path | None:
    """The file of a style of the folder, or None."""
    with suppress(StyleError):
        path = path_of(name.removesuffix(SUFFIX), where)
        return path if path.is_file() else None
    return None


def holding(sha256: str, where: Path | None = None) -> Mine | None:
    """The style whose file has this sha256, or None."""
    return next((each for each in mine(where) if each.sha256 == sha256), None)


def rename(old: str, new: str, where: Path | None = None) -> Path:
    """Gives a style another name; the file's content, and so its sha256, stays. Raises StyleError."""
    source, target = there(old, where), free(new, where)
    attempt(lambda: os.rename(source, target), target)
    return target


def delete(name: str, where: Path | None = None) -> None:
    """Removes a style. Raises StyleError."""
    path = there(name, where)
    attempt(path.unlink, path)


def export(name: str, where: Path | None = None) -> bytes:
    """A style's file, whole. Raises StyleError."""
    path = there(name, where)
    _read(path)
    return path.read_bytes()


def add(data: bytes, name: str = "", where: Path | None = None, *, replace: bool = False) -> Path:
    """Keeps the file of a learned style.

    Args:
        data: its bytes, a stranger's perhaps. Who does not trust them reads them by :func:`stylize.load`
            before, with limits; here the picture in it is not decoded.
        name: in the folder; default: that in the file.
        where: another folder.
        replace: whether a style of that name may be replaced.

    Raises:
        StyleError: for a name that cannot be, or is taken.
        PictureError: for what is no learned style.
    """
    style, _ = learned.parsed(data, name)
    name = name.removesuffix(SUFFIX) or style.name
    target = path_of(name, where) if replace else free(name, where)
    write(target, data)
    return target


def free(name: str, where: Path | None = None) -> Path:
    """Where a new style of that name goes. Raises StyleError for a name that is taken or cannot be."""
    path = path_of(name, where)
    if find_named(name) is not None or path.exists():
        raise StyleError("There is a style called {name} already: choose another name.", name=shown(name))
    return path


def unused(name: str, where: Path | None = None) -> str:
    """A name that a new style can have, as close to ``name`` as can be: ``sea``, or else ``sea 2``."""
    plain = clean_name("".join(" " if each in _FORBIDDEN or each == "." else each for each in name))
    plain = plain.encode(errors="ignore")[: MOST_NAME - 9].decode(errors="ignore").strip(" -") or "style"
    numbered = (f"{plain} {n}" for n in itertools.count(2))
    return next(each for each in itertools.chain([plain], numbered) if _is_free(each, where))


def _is_free(name: str, where: Path | None) -> bool:
    with suppress(StyleError):
        free(name, where)
        return True
    return False


def name_in(file: str, style: LearnedStyle) -> str:
    """What the style in a file of that name is called: as the file, or else as it says itself."""
    own = file.removesuffix(SUFFIX)
    return clean_name(own if own != file else style.name)


def write(path: Path, data: bytes) -> None:
    """Writes a file whole, or leaves things as they were. Raises StyleError."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")

    def put() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, path)

    try:
        attempt(put, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _read(path: Path) -> Mine:
    """Raises PictureError, OSError."""
    about = path.stat()
    return _read_once(path, about.st_size, about.st_mtime_ns)


@functools.lru_cache(REMEMBERED)
def _read_once(path: Path, size: int, changed: int) -> Mine:
    """Of a file that has not ``changed`` since. Raises PictureError, OSError."""
    data = path.read_bytes() if size <= learned.MOST_BYTES else b""
    style, _ = learned.parsed(data, path.name)
    return Mine(path.name.removesuffix(SUFFIX), path, style, size, hashlib.sha256(data).hexdigest())


def there(name: str, where: Path | None = None) -> Path:
    """The file of a style that must be in the folder. Raises StyleError."""
    path = path_of(name, where)
    if not path.is_file():
        raise StyleError("There is no style called {name} among your styles.", name=shown(name))
    return path


def attempt(what: Callable[[], object], path: Path) -> None:
    """Does what writes a file. Raises StyleError in place of OSError."""
    try:
        what()
    except OSError as error:
        raise StyleError(
            "{file} cannot be written ({reason}): make room, or choose another folder.",
            file=str(path),
            reason=error.strerror or str(error),
        ) from error
