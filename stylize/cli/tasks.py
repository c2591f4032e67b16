"""Which pictures are meant, and where each result goes: settled before any work starts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import PictureError, SettingsError
from ..image import check_target
from ..image.writing import WRITTEN
from .inputs import Input, identity
from .naming import targets

STDOUT = "-"


@dataclass(frozen=True)
class Task:
    """A picture and where its result goes.

    ``named``: the user gave exactly that path. ``style``: the index of its style set, from 0.
    ``is_stdin``: the picture comes from stdin. ``stdout``: the format in which the result goes to stdout;
    empty if it goes to ``target``.
    """

    source: Path
    target: Path
    named: bool = False
    style: int = 0
    is_stdin: bool = False
    stdout: str = ""

    @property
    def name(self) -> str:
        """What messages call the picture: its own name, or the result's where there is no photo."""
        return "stdin" if self.is_stdin else self.source.name or self.target.name

    @property
    def file(self) -> Path | None:
        """The picture's file; None where it comes from stdin or there is no photo."""
        return None if self.is_stdin or self.source == Path() else self.source

    def replacing(self) -> Task:
        """The same task, which may replace what is there."""
        return replace(self, named=True)

    def check_free(self, overwrite: bool) -> None:
        """Raises PictureError if a file is in the way that the user did not name."""
        try:
            taken = not self.named and not overwrite and self.target.exists()
        except OSError as error:
            raise PictureError(
                "{file} cannot be written ({reason}): name the result with -o.",
                file=str(self.target),
                reason=error.strerror or str(error),
            ) from error
        if taken:
            raise PictureError(
                "{file} is there already: add --overwrite, or name the result with -o.", file=str(self.target)
            )


def plan(
    inputs: Sequence[Input], mode: str, output: str | None, format: str | None, styles: Sequence[str] = ("",)
) -> list[Task]:
    """The tasks for each picture with each style set.

    A result that this very plan would write into a folder of inputs is none of its pictures, so that the
    same command can be given twice.

    Args:
        inputs: as :meth:`Search.find` gives them.
        mode: part of the names that are made up, as in ``photo-adain.png``.
        output: what ``-o`` said: a file, or a folder if there may be several results, or ``-``.
        format: what ``--format`` said, a suffix without its dot.
        styles: a name for each style set, part of the results' names; a single set may have none.

    Raises:
        PictureError, SettingsError: for an output that does not fit.
    """
    if len(inputs) == 1 and len(styles) == 1 and _is_alone(inputs[0], output):
        return [plan_one(inputs[0], mode, output, format, styles[0])]
    if output == STDOUT:
        raise PictureError("There may be several results, and stdout takes one: name a folder with -o.")
    folder = Path(output or "")
    if is_one_file(folder):
        raise PictureError(
            "{output} is one file, but there may be several results: name a folder.", output=str(folder)
        )
    while True:
        tasks = [
            Task(each.path, folder / target, style=style, is_stdin=each.is_stdin)
            for style, each, target in targets(inputs, styles, mode, format or "png")
        ]
        written = {os.path.realpath(task.target) for task in tasks}
        kept = [each for each in inputs if not each.listed or os.path.realpath(each.path) not in written]
        if len(kept) == len(inputs):
            return tasks
        inputs = kept


def is_one_file(output: Path) -> bool:
    """Whether what ``-o`` said is no folder for several results: a file, or what is named as one."""
    return output.is_file() or (not output.is_dir() and output.suffix.lower() in WRITTEN)


def _is_alone(only: Input, output: str | None) -> bool:
    """Whether it is one picture for sure. A pattern's only one is where the result is named as one, too."""
    one = output == STDOUT or (output is not None and is_one_file(Path(output)))
    return not only.listed and (one or not only.matched)


def plan_one(
    source: Input | Path, mode: str, output: str | None, format: str | None, style: str = ""
) -> Task:
    """As :func:`plan`, for one file."""
    given = source if isinstance(source, Input) else Input(source)
    if output == STDOUT:
        return Task(given.path, Path("stdout"), True, stdout=format or "png", is_stdin=given.is_stdin)
    if output is None or output.endswith(("/", os.sep)) or Path(output).is_dir():
        bare = Input(given.path, is_stdin=given.is_stdin)
        ((_, _, target),) = targets([bare], [style], mode, format or "png")
        return Task(given.path, Path(output or "") / target, is_stdin=given.is_stdin)
    kind = check_target(output)
    if format and WRITTEN["." + format] != kind:
        raise SettingsError(
            "{output} is no {format} file: leave out --format, or change the suffix.",
            output=output,
            format=format,
        )
    return Task(given.path, Path(output), True, is_stdin=given.is_stdin)


def numbered(task: Task) -> Task:
    """The task, with a number in its target if that is a made-up name which is taken."""
    target, n = task.target, 2
    while not task.named and target.exists():
        target, n = task.target.with_stem(f"{task.target.stem}-{n}"), n + 1
    return replace(task, target=target)


def prepare(tasks: Sequence[Task], inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Makes the folders of the results and tries them.

    Raises:
        PictureError: if a result would replace an input, or a folder cannot be written.
    """
    kept = {identity(path) for path in inputs} - {None}
    written = [task for task in tasks if not task.stdout]
    for task in written:
        if identity(task.target) in kept:
            raise PictureError(
                "{file} is an input and is not replaced: name another output with -o.", file=str(task.target)
            )
    for folder in {Path(os.path.realpath(task.target)).parent for task in written}:
        _try(folder)


def _try(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PictureError(
            "{folder} cannot be written ({reason}): choose another place with -o.",
            folder=str(folder),
            reason=error.strerror,
        ) from error
