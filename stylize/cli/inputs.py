"""From what was typed to pictures: files, folders, wildcards that the shell left alone, and stdin."""

from __future__ import annotations

import fnmatch
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import PictureError
from ..image.suffixes import HEAD, has_suffix, shows_picture

STDIN = "-"
WILD = frozenset("*?[")
EVERYWHERE = "**"
Identity = tuple[int, int]
Seen = set[Identity | None]


@dataclass(frozen=True)
class Input:
    """A picture that is meant.

    ``below`` is the folder, relative to that of the results, in which its result goes. ``listed``: it was
    found in a folder and not named. ``matched``: a pattern found it, which might have found several.
    ``is_stdin``: its bytes come from stdin.
    """

    path: Path
    below: Path = Path()
    listed: bool = False
    matched: bool = False
    is_stdin: bool = False

    @classmethod
    def nothing(cls) -> Input:
        """What stands for the photo of a mode that takes none."""
        return cls(Path())

    @property
    def name(self) -> str:
        """What messages call it; "" where there is no photo."""
        return "stdin" if self.is_stdin else self.path.name

    @property
    def chance(self) -> int:
        """How far it is from being named: of one that is meant twice, the lowest counts."""
        return 2 * self.listed + self.matched


@dataclass
class Search:
    """How folders are searched, and what was left out, counted by reason.

    The reasons are ``subfolders``, ``not_pictures``, ``hidden``, ``unreadable`` and ``output``: a folder
    that holds results and is none of the inputs. What is met twice is counted once.
    """

    recursive: bool = False
    output: Path | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    _counted: set[str] = field(default_factory=set, init=False, repr=False)

    def find(self, arguments: Sequence[str]) -> list[Input]:
        """Each picture once, in the order of the arguments, folders by name.

        A link is its target; a folder that links lead back to is searched once.

        Raises:
            PictureError: for a folder that cannot be read or holds no pictures, and for wildcards that
                nothing matches.
        """
        found: dict[str, Input] = {}
        for argument in arguments:
            for each in self._meant(argument):
                key = STDIN if each.is_stdin else os.path.realpath(each.path)
                if key not in found or each.chance < found[key].chance:
                    found[key] = each
        return list(found.values())

    def _meant(self, argument: str) -> list[Input]:
        if argument == STDIN:
            return [Input(Path("stdin"), is_stdin=True)]
        if os.path.isdir(argument):
            return self._of_folder(Path(argument))
        if is_pattern(argument) and not os.path.lexists(argument):
            return self._matching(argument)
        return [Input(named(argument))]

    def _of_folder(self, folder: Path) -> list[Input]:
        before = self.left_out.copy()
        found = [Input(path, below, listed=True) for path, below in self._pictures(folder)]
        if found:
            return found
        here = self.left_out - before
        if here["subfolders"]:
            raise PictureError(
                "{folder} itself holds no pictures: add --recursive for its subfolders.", folder=str(folder)
            )
        raise PictureError("{folder} holds no pictures: choose another folder.", folder=str(folder))

    # ---------------------------------------------------------------------------------- folders

    def _leave_out(self, reason: str, path: str | Path) -> None:
        if (name := os.path.abspath(path)) not in self._counted:
            self._counted.add(name)
            self.left_out[reason] += 1

    def _pictures(self, root: Path, seen: Seen | None = None) -> Iterator[tuple[Path, Path]]:
        """Pictures of a folder and, if asked for, of those below it, each with its folder below ``root``."""
        for folder, below, entries in self._walk(root, self.recursive, seen):
            for entry in entries:
                reason = why_not(entry)
                if reason:
                    self._leave_out(reason, entry.path)
                else:
                    yield folder / entry.name, below

    def _walk(
        self, root: Path, deep: bool, seen: Seen | None = None
    ) -> Iterator[tuple[Path, Path, list[os.DirEntry[str]]]]:
        """Each folder from ``root`` down, its place below ``root``, and what it holds but folders.

        Folders in ``seen`` are passed over; it grows.
        """
        seen = set() if seen is None else seen
        if (start := identity(root)) in seen:
            return
        seen.add(start)
        waiting = [(root, Path())]
        output = identity(self.output) if self.output else None
        while waiting:
            folder, below = waiting.pop()
            entries = self._entries(folder, is_root=folder == root)
            folders = []
            for entry in entries:
                if not _is_folder(entry):
                    continue
                reason, me = self._why_not_into(entry, output, deep), identity(entry.path)
                if reason:
                    self._leave_out(reason, entry.path)
                elif me not in seen:
                    seen.add(me)
                    folders.append((folder / entry.name, below / entry.name))
            yield folder, below, [each for each in entries if not _is_folder(each)]
            waiting.extend(reversed(folders))

    def _why_not_into(self, entry: os.DirEntry[str], output: Identity | None, deep: bool) -> str:
        if entry.name.startswith("."):
            return "hidden"
        if output and identity(entry.path) == output:
            return "output"
        return "" if deep else "subfolders"

    def _entries(self, folder: Path, is_root: bool) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if is_root:
                raise PictureError(
                    "{folder} cannot be read ({reason}): check its permissions.",
                    folder=str(folder),
                    reason=error.strerror,
                ) from error
        self._leave_out("unreadable", folder)
        return []

    # -------------------------------------------------------------------------------- wildcards

    def _matching(self, pattern: str) -> list[Input]:
        path = Path(pattern)
        parts = path.parts[1:] if path.anchor else path.parts
        fixed = next(n for n, part in enumerate(parts) if is_pattern(part))
        base = Path(path.anchor, *parts[:fixed])
        if EVERYWHERE in parts and not self.recursive:
            raise PictureError("{pattern} looks into subfolders: add --recursive.", pattern=pattern)
        found, seen = list[Input](), Seen()
        for each in self._matches(base, parts[fixed:]):
            below = each.parent.relative_to(base) if self.recursive else Path()
            if each.is_dir() and self.output and identity(each) == identity(self.output):
                self._leave_out("output", each)
            elif each.is_dir():
                found += [
                    Input(path, below / each.name / deeper if self.recursive else deeper, listed=True)
                    for path, deeper in self._pictures(each, seen)
                ]
            elif reason := why_not(each):
                self._leave_out(reason, each)
            else:
                found.append(Input(each, below, matched=True))
        if not found:
            raise PictureError("{pattern} matches no pictures: check the pattern.", pattern=pattern)
        return found

    def _matches(self, folder: Path, parts: Sequence[str]) -> Iterator[Path]:
        """What lies below a folder and matches, part by part."""
        head, *rest = parts
        if head == EVERYWHERE:
            for each, _, _ in self._walk(folder, deep=True):
                yield from self._matches(each, rest or ["*"])
        elif not is_pattern(head):
            if os.path.lexists(folder / head):
                yield from self._matches(folder / head, rest) if rest else [folder / head]
        elif folder.is_dir():
            for name in _names(folder):
                hidden = name.startswith(".") and not head.startswith(".")
                if not hidden and fnmatch.fnmatch(name, head):
                    yield from self._matches(folder / name, rest) if rest else [folder / name]


def named(argument: str) -> Path:
    """The path of a file that was named. Raises PictureError for an empty text, which is no folder."""
    if not argument:
        raise PictureError("There is no file {file!r}: check the path.", file=argument)
    return Path(argument)


def is_pattern(text: str) -> bool:
    """Whether a text has wildcards."""
    return bool(WILD & set(text))


def why_not(file: os.DirEntry[str] | Path) -> str:
    """Why a file of a folder is not taken for a picture; empty if it is."""
    if file.name.startswith("."):
        return "hidden"
    try:
        if not file.is_file():
            return "unreadable" if file.is_symlink() else "not_pictures"
        if has_suffix(file.name):
            return ""
        with open(file, "rb") as opened:
            return "" if shows_picture(opened.read(HEAD)) else "not_pictures"
    except OSError:
        return "unreadable"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def identity(path: str | os.PathLike[str]) -> Identity | None:
    """What a file or folder is, under whatever name; None if it is not there."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return about.st_dev, about.st_ino
