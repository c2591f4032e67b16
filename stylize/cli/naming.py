"""Names of results where the user gave none: ``photo-adain.png``, ``photo-monet-adain.png``.

A name depends on what it is made of and not on the order, as far as that goes: where two pictures of a folder
differ in their suffix alone, both get it, as in ``photo.jpg-adain.png``, so that a photo that comes later
takes no other's result for its own.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from .inputs import Input

ROOM = 200  # bytes of a file name's 255 for photo and style: the rest is for mode, number and suffix


def targets(
    inputs: Sequence[Input], styles: Sequence[str], mode: str, format: str
) -> Iterator[tuple[int, Input, Path]]:
    """Number of the style, input, and path below the folder of the results, for every style and input.

    ``styles`` are file names or names; one that is empty leaves no trace.
    """
    room = ROOM if not any(styles) else ROOM // 2
    photos = _labels([(each.below, each.name) for each in inputs], room)
    labels = _labels([(Path(), each) for each in styles], room)
    taken: set[str] = set()
    for n, label in enumerate(labels):
        for each, photo in zip(inputs, photos, strict=True):
            stem = "-".join(part for part in (photo, label, mode) if part)
            yield n, each, _free(each.below, stem, format, taken)


def _labels(named: Sequence[tuple[Path, str]], room: int) -> list[str]:
    """Stems of file names, each in a folder; with the suffix where two differ in nothing else."""
    stems = Counter(_key(folder, _stem(name)) for folder, name in named)
    names = Counter(_key(folder, name) for folder, name in named)
    found = []
    for folder, name in named:
        stem = _stem(name)
        alone = stems[_key(folder, stem)] == 1 or names[_key(folder, name)] > 1
        found.append(shortened(stem if alone else name, room))
    return found


def _stem(name: str) -> str:
    return PurePath(name).stem if name else ""


def _key(folder: Path, name: str) -> str:
    return str(folder / name).casefold()  # a disk may not tell upper case from lower


def _free(folder: Path, stem: str, format: str, taken: set[str]) -> Path:
    path, n = folder / f"{stem}.{format}", 2
    while str(path).casefold() in taken:
        path, n = folder / f"{stem}-{n}.{format}", n + 1
    taken.add(str(path).casefold())
    return path


def shortened(stem: str, room: int) -> str:
    """A stem of ``room`` bytes at most."""
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem
