"""Pictures to try the page with, from ``examples/index.toml``."""

from __future__ import annotations

import base64
import functools
import io
import os
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from PIL import Image

from .texts import say

PHOTOS, PAINTINGS = "Example photos", "Example styles"
THUMBNAIL = 144  # pixels a side: twice what is shown, for fine screens


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
    """Photos and style pictures; both may be empty."""

    photos: tuple[Sample, ...] = ()
    paintings: tuple[Sample, ...] = ()


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
    return Examples(_samples(where, index, "photo"), _samples(where, index, "style"))


def _samples(where: Path, index: dict[str, list[dict[str, str]]], kind: str) -> tuple[Sample, ...]:
    found = (
        Sample(where / each["file"], each["title"], each.get("title_zh", "")) for each in index.get(kind, ())
    )
    return tuple(sample for sample in found if sample.path.is_file())


def copied(examples: Examples, target: Path) -> Examples:
    """The same in ``target``: gradio hands out files of its own folder only, and so it should."""
    target.mkdir(parents=True, exist_ok=True)

    def copy(sample: Sample) -> Sample:
        return replace(sample, path=Path(shutil.copy(sample.path, target / sample.path.name)))

    return Examples(tuple(map(copy, examples.photos)), tuple(map(copy, examples.paintings)))


def strip(title: str, samples: Sequence[Sample], language: str) -> str:
    """A titled row of buttons with thumbnails, as HTML."""
    buttons = "".join(_button(n, sample, language) for n, sample in enumerate(samples))
    return f'<h2>{escape(say(title, language))}</h2><div class="thumbs">{buttons}</div>'


def _button(n: int, sample: Sample, language: str) -> str:
    name, picture = escape(sample.called(language)), _thumbnail(os.fspath(sample.path))
    image = f'<img src="{picture}" alt="{name}">'
    return f'<button type="button" data-index="{n}" title="{name}">{image}</button>'


@functools.cache
def _thumbnail(path: str) -> str:
    """A square JPEG as a data address, so that the page asks for no further file."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * THUMBNAIL, 2 * THUMBNAIL))
        side = min(image.size)
        left, top = ((length - side) // 2 for length in image.size)
        square = image.convert("RGB").crop((left, top, left + side, top + side))
    buffer = io.BytesIO()
    square.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
