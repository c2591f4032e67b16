"""Pictures to try the page with, from ``examples/index.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..notebook.examples import folder


@dataclass(frozen=True)
class Sample:
    """A picture and its title in English and Chinese."""

    path: Path
    title: str
    title_zh: str = ""

    def called(self, language: str) -> str:
        """The title in a language."""
        return self.title_zh if language == "zh" and self.title_zh else self.title


@dataclass(frozen=True)
class Examples:
    """Photos, style pictures, and which of them suit each other, as indices; all may be empty.

    ``painted`` are the pictures that pairs become, by the place of the pair.
    """

    photos: tuple[Sample, ...] = ()
    paintings: tuple[Sample, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    painted: Mapping[int, Path] = field(default_factory=dict)

    def named(self, name: str) -> Sample | None:
        """The picture whose file has this name, without its suffix."""
        return next((each for each in (*self.photos, *self.paintings) if each.path.stem == name), None)


def find(where: Path | None = None) -> Examples:
    """The examples that are there; none if there is no index."""
    where = where or folder()
    try:
        with open(where / "index.toml", "rb") as file:
            index = tomllib.load(file)
    except FileNotFoundError:
        return Examples()
    photos, paintings = _samples(where, index, "photo"), _samples(where, index, "style")
    pairs = tuple(_pairs(where, index, photos, paintings))
    found = {n: where / "painted" / photos[photo].path.name for n, (photo, _) in enumerate(pairs)}
    return Examples(photos, paintings, pairs, {n: path for n, path in found.items() if path.is_file()})


def _pairs(
    where: Path, index: Mapping[str, Any], photos: Sequence[Sample], paintings: Sequence[Sample]
) -> Iterator[tuple[int, int]]:
    photo_at = {sample.path: n for n, sample in enumerate(photos)}
    painting_at = {sample.path: n for n, sample in enumerate(paintings)}
    for each in index.get("pair", ()):
        photo, painting = photo_at.get(where / each["photo"]), painting_at.get(where / each["style"])
        if photo is not None and painting is not None:
            yield photo, painting


def _samples(where: Path, index: Mapping[str, Any], kind: str) -> tuple[Sample, ...]:
    found = (
        Sample(where / each["file"], each["title"], each.get("title_zh", "")) for each in index.get(kind, ())
    )
    return tuple(sample for sample in found if sample.path.is_file())
