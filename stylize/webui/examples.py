"""Pictures to try the page with, from ``examples/index.toml``."""

from __future__ import annotations

import base64
import functools
import io
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from .texts import say

PHOTOS, PAINTINGS, PAIRS = "Example photos", "Example styles", "Or begin with one of these"
THUMBNAIL = 112  # pixels a side: twice what is shown, for fine screens


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
    """Photos, style pictures, and which of them suit each other, as indices; all may be empty."""

    photos: tuple[Sample, ...] = ()
    paintings: tuple[Sample, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()


def folder() -> Path:
    """Where the examples lie: beside the package, or installed inside it."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / "examples"
    return beside if (beside / "index.toml").is_file() else package / "_examples"


def find(where: Path | None = None) -> Examples:
    """The examples that are there; none if there is no index."""
    where = where or folder()
    try:
        with open(where / "index.toml", "rb") as file:
            index = tomllib.load(file)
    except FileNotFoundError:
        return Examples()
    photos, paintings = _samples(where, index, "photo"), _samples(where, index, "style")
    return Examples(photos, paintings, tuple(_pairs(where, index, photos, paintings)))


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


def copied(examples: Examples, target: Path) -> Examples:
    """The same in ``target``: gradio hands out files of its own folder only, and so it should."""
    target.mkdir(parents=True, exist_ok=True)

    def copy(sample: Sample) -> Sample:
        return replace(sample, path=Path(shutil.copy(sample.path, target / sample.path.name)))

    return replace(
        examples,
        photos=tuple(map(copy, examples.photos)),
        paintings=tuple(map(copy, examples.paintings)),
    )


def strips(examples: Examples, language: str) -> tuple[str, str, str]:
    """Titled rows of buttons with thumbnails, as HTML: photos, styles, pairs."""
    pairs = [(examples.photos[photo], examples.paintings[painting]) for photo, painting in examples.pairs]
    return (
        _strip(PHOTOS, [(each,) for each in examples.photos], language),
        _strip(PAINTINGS, [(each,) for each in examples.paintings], language),
        _strip(PAIRS, pairs, language),
    )


def _strip(title: str, found: Sequence[tuple[Sample, ...]], language: str) -> str:
    if not found:
        return ""
    buttons = "".join(_button(n, samples, language) for n, samples in enumerate(found))
    return f'<h2>{escape(say(title, language))}</h2><div class="thumbs">{buttons}</div>'


def _button(n: int, samples: tuple[Sample, ...], language: str) -> str:
    name = escape(" + ".join(sample.called(language) for sample in samples))
    picture = _thumbnail(*(os.fspath(sample.path) for sample in samples))
    image = f'<img src="{picture}" alt="{name}">'
    return f'<button type="button" data-index="{n}" title="{name}">{image}</button>'


@functools.cache
def _thumbnail(*paths: str) -> str:
    """A JPEG of squares side by side as a data address, so that the page asks for no further file."""
    sheet = Image.new("RGB", (THUMBNAIL * len(paths), THUMBNAIL))
    for n, path in enumerate(paths):
        with Image.open(path) as image:
            image.draft("RGB", (2 * THUMBNAIL, 2 * THUMBNAIL))
            side = min(image.size)
            left, top = ((length - side) // 2 for length in image.size)
            square = image.convert("RGB").crop((left, top, left + side, top + side))
        sheet.paste(square.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS), (n * THUMBNAIL, 0))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=75)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
