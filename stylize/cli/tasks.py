"""Which pictures are meant, and where each result goes: settled before any work starts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import PictureError, SettingsError
from ..image import check_target
from ..image.writing import WRITTEN

LONGEST_STEM = 200  # bytes
READABLE = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"})


@dataclass(frozen=True)
class Task:
    """A picture and where its result goes. ``named``: the user gave exactly that path."""

    source: Path
    target: Path
    named: bool = False

    def check_free(self, overwrite: bool) -> None:
        """Raises PictureError if a file is in the way that the user did not name."""
        try:
            taken = not self.named and not overwrite and self.target.exists()
        except OSError as error:
            raise PictureError(
                "{file} cannot be written ({reason}): name the result with -o.",
                file=str(self.target), reason=error.strerror or str(error),
            ) from error  # fmt: skip
        if taken:
            raise PictureError(
                "{file} is there already: add --overwrite, or name the result with -o.", file=str(self.target)
            )


def plan(arguments: Sequence[str], mode: str, output: str | None, format: str | None) -> list[Task]:
    """What to make of files and folders, each picture once.

    Args:
        arguments: files, which need not exist, and folders, which stand for the pictures in them (not
            below them) by name. A result that this very plan would write into such a folder is none
            of its pictures, so that the same command can be given twice.
        mode: part of the names that are made up, as in ``photo-adain.png``.
        output: what ``-o`` said: a file, or a folder if there may be several results.
        format: what ``--format`` said, a suffix without its dot.

    Raises:
        PictureError, SettingsError: for a folder without pictures, or an output that fits none.
    """
    found: dict[str, Path] = {}
    for given in map(Path, arguments):
        for path in _pictures(given) if given.is_dir() else [given]:
            found.setdefault(os.path.realpath(path), path)
    if len(found) == 1 and not Path(arguments[0]).is_dir():
        return [plan_one(Path(arguments[0]), mode, output, format)]
    folder = Path(output or "")
    if folder.is_file() or (not folder.is_dir() and folder.suffix.lower() in WRITTEN):
        raise PictureError(
            "{output} is one file, but there may be several results: name a folder.", output=str(folder)
        )
    names = _names(found.values(), mode, format or "png")
    tasks = [Task(path, folder / name) for path, name in zip(found.values(), names, strict=True)]
    explicit = {os.path.realpath(each) for each in arguments}
    written = {os.path.realpath(task.target) for task in tasks}
    return [task for task, real in zip(tasks, found, strict=True) if real in explicit or real not in written]


def plan_one(source: Path, mode: str, output: str | None, format: str | None) -> Task:
    """As :func:`plan`, for one file."""
    if output is None or output.endswith(("/", os.sep)) or Path(output).is_dir():
        return Task(source, Path(output or "") / _names([source], mode, format or "png")[0])
    kind = check_target(output)
    if format and WRITTEN["." + format] != kind:
        raise SettingsError(
            "{output} is no {format} file: leave out --format, or change the suffix.",
            output=output, format=format,
        )  # fmt: skip
    return Task(source, Path(output), named=True)


def numbered(task: Task) -> Task:
    """The task, with a number in its target if that is a made-up name which is taken."""
    target, n = task.target, 2
    while not task.named and target.exists():
        target, n = task.target.with_stem(f"{task.target.stem}-{n}"), n + 1
    return Task(task.source, target, task.named)


def _pictures(folder: Path) -> list[Path]:
    found = sorted(
        path for path in folder.iterdir()
        if path.suffix.lower() in READABLE and not path.name.startswith(".") and path.is_file()
    )  # fmt: skip
    if not found:
        raise PictureError("{folder} holds no pictures: choose another folder.", folder=str(folder))
    return found


def _names(sources: Iterable[Path], mode: str, format: str) -> list[str]:
    taken: set[str] = set()
    names = []
    for source in sources:
        stem = _short(source.stem)
        name, n = f"{stem}-{mode}.{format}", 2
        while name.casefold() in taken:  # a disk may not tell upper case from lower
            name, n = f"{stem}-{mode}-{n}.{format}", n + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _short(stem: str) -> str:
    """A stem that leaves room for the mode and a number within a file name's 255 bytes."""
    encoded = os.fsencode(stem)
    return stem if len(encoded) <= LONGEST_STEM else encoded[:LONGEST_STEM].decode(errors="ignore")


def prepare(tasks: Sequence[Task], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Makes the folders of the results and tries them.

    Raises:
        PictureError: if a result would replace an input, or a folder cannot be written.
    """
    kept = {_identity(path) for path in inputs} - {None}
    for task in tasks:
        if _identity(task.target) in kept:
            raise PictureError(
                "{file} is an input and is not replaced: name another output with -o.", file=str(task.target)
            )
    for folder in {Path(os.path.realpath(task.target)).parent for task in tasks}:
        _try(folder)


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return about.st_dev, about.st_ino


def _try(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PictureError(
            "{folder} cannot be written ({reason}): choose another place with -o.",
            folder=str(folder), reason=error.strerror,
        ) from error  # fmt: skip
