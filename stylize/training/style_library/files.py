"""The files of the style library: index, statistics and samples."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from ... import image, library, weights
from ...networks import VGG19
from ...statistics import MeanStd
from ...weights import zoo
from .config import LibraryConfig
from .selection import NewStyle
from .works import Work, measure

# From a style's statistics by layer, (1, C, 1, 1) each, to a photo in that style, (1, 3, H, W) in [0, 1].
Renderer = Callable[[Mapping[str, MeanStd]], Tensor]
# A renderer from the name of an AdaIN decoder and a photo, (1, 3, H, W) in [0, 1].
Sampler = Callable[[str, Tensor], Renderer]

# One entry: several would be written in any order.
ABOUT = {"what": "Stylize's style library: mean and deviation of features, a row for each style (MIT)"}


def write(
    config: LibraryConfig,
    styles: list[NewStyle],
    encoders: Sequence[zoo.Loaded[VGG19]],
    device: torch.device,
    out: Path,
    sampler: Sampler,
) -> None:
    """Replaces what the folder ``out`` holds.

    Args:
        config: network and photo of the samples.
        styles: in the order of the index.
        encoders: the one of the styles' statistics, and further ones.
        device: where the further encoders are.
        out: the folder; it is made.
        sampler: makes the samples.
    """
    found = encoders[0].found
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("*.jpg"), *out.glob("styles-*.safetensors")):
        old.unlink()
    for each, data in zip(styles, _samples(config, styles, sampler), strict=True):
        each.style.thumbnail.write_bytes(data)
    (out / library.STATISTICS).write_bytes(save(_table([each.work for each in styles]), ABOUT))
    head = (
        "# Made by `stylize styles build`, not to be edited by hand. ../README.md has the card.\n\n"
        f"encoder = {_toml(_name(found))}\nencoder_sha256 = {_toml(found.sha256)}\n"
    )
    head += "".join(_write_further(encoder, styles, device, out) for encoder in encoders[1:])
    rows = "".join(map(_row, styles))
    (out / library.INDEX).write_text(head + rows, "utf-8")


def _table(works: Sequence[Work]) -> dict[str, Tensor]:
    """Statistics by name, (works, C) float16."""
    return {key: torch.stack([each.statistics[key] for each in works]).half() for key in works[0].statistics}


def _write_further(
    encoder: zoo.Loaded[VGG19], styles: list[NewStyle], device: torch.device, out: Path
) -> str:
    """Writes another encoder's statistics of the same works; returns its entry for the index."""
    table = _table([measure(each.work.path, encoder.network, device) for each in styles])
    name, found = _name(encoder.found), encoder.found
    file = f"styles-{Path(name).stem}.safetensors"
    (out / file).write_bytes(save(table, ABOUT))
    also = library.Also(name, found.sha256, file, library.digest(table))
    rows = [f"{each.name} = {_toml(getattr(also, each.name))}" for each in fields(also)]
    return "\n".join(["", "[[also]]", *rows, ""])


def _name(found: weights.Found) -> str:
    return found.row.name if found.row else found.path.name


def _samples(config: LibraryConfig, styles: list[NewStyle], sampler: Sampler) -> Iterator[bytes]:
    """The photo in every style, as JPEG files."""
    settings = config.library
    photo = image.fit(image.load(config.folder / settings.photo).tensor, settings.photo_side)
    render = sampler(settings.network, photo)
    for each in styles:
        stylized = render(library.by_layer(each.work.statistics))
        file = io.BytesIO()
        small = image.to_pil(image.fit(stylized, settings.sample_side))
        small.save(file, "JPEG", quality=settings.quality, optimize=True)
        yield file.getvalue()


def _row(new: NewStyle) -> str:
    keys = ("name", "painter", "artist", "artist_zh", "about", "about_zh", "born", "died", "circa", "sha256")
    lines = [f"{key} = {_toml(getattr(new.style, key))}" for key in keys]
    return "\n".join(["", "[[style]]", *lines, f"work = {_toml(new.work.path.name)}", ""])


def _toml(value: str | int | bool) -> str:
    """A value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)
