"""Which works become styles, and what these are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ... import library
from ...library import NamedStyle
from .. import color_names
from ..kmeans import by_distance, cluster
from .config import DRAWN, ArtistSettings, LibraryConfig, LibrarySettings
from .works import MIN_STD, Work

PAPER = 0.45  # mean lightness of a drawing or a print, at least

Embedding = Callable[[Work], np.ndarray]  # to a vector (D,)


@dataclass(frozen=True)
class NewStyle:
    """A style that is to be written, and the work it comes from, with float16 statistics."""

    style: NamedStyle
    work: Work


def select(config: LibraryConfig, works: dict[str, list[Work]], out: Path) -> Iterator[NewStyle]:
    """The styles of all painters.

    A painter's works are clustered by their statistics and colors. A cluster's style is a real work near its
    mean, as the mean of many works is a washed-out style: for the largest cluster the most vivid one, for
    others the one that is farthest from the styles before.

    Args:
        config: the painters and settings.
        works: by the painter's name.
        out: the folder for the thumbnails.
    """
    embed = _embedding([each for own in works.values() for each in own])
    for painter in config.painters:
        paintings, drawn = _kinds(works[painter.name], config.library)
        used: set[str] = set()
        all_drawn = not paintings
        kind = DRAWN[painter.drawn or "drawings"] if all_drawn else None
        for n, work in enumerate(_chosen(paintings or drawn, painter.styles, embed, config.library), 1):
            name = painter.name if n == 1 else f"{painter.name}-{n}"
            yield _new_style(name, painter, work, kind, used, out)
        if drawn and painter.drawn and not all_drawn:
            work = _chosen(drawn, 1, embed, config.library)[0]
            name = f"{painter.name}-{painter.drawn}"
            yield _new_style(name, painter, work, DRAWN[painter.drawn], used, out)


def _kinds(works: list[Work], settings: LibrarySettings) -> tuple[list[Work], list[Work]]:
    """Paintings, and drawings and prints; a kind of which there are too few is left out."""
    drawn = [each for each in works if _is_drawn(each, settings)]
    paintings = [each for each in works if not _is_drawn(each, settings)]
    if len(works) < settings.min_works:
        return works, []
    few_paintings = len(paintings) < settings.min_works
    keep_drawn = few_paintings or len(drawn) >= settings.min_works
    return [] if few_paintings else paintings, drawn if keep_drawn else []


def _is_drawn(work: Work, settings: LibrarySettings) -> bool:
    """Without color, and on paper: a painting without color is a dark one."""
    return color_names.colorfulness(work.colors) < settings.gray and work.colors[:, 0].mean() > PAPER


def _chosen(works: list[Work], count: int, embed: Embedding, settings: LibrarySettings) -> list[Work]:
    """A work for each of at most ``count`` clusters, that of the largest first."""
    points = np.stack([embed(each) for each in works])
    min_size = max(1, round(settings.min_share * len(works)))
    found: list[int] = []
    for members in cluster(points, count, min_size, settings.seed):
        order = by_distance(points, members)
        near = order[: max(1, round(settings.near * len(order)))]
        if found:
            distance = np.square(points[near][:, None] - points[found]).sum(2).min(1)
            found.append(int(near[distance.argmax()]))
        else:
            found.append(int(max(near, key=lambda n: color_names.vividness(works[n].colors))))
    return [works[n] for n in found]


def _embedding(works: Sequence[Work]) -> Embedding:
    """Standardized statistics: every channel by its deviation over all works, every layer of the same weight,
    and the colors, which are most conspicuous, of twice that."""

    def parts(work: Work) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for name, values in work.statistics.items():
            found[name] = values.clamp(min=MIN_STD).log().numpy() if "deviation" in name else values.numpy()
        return found | {"colors": np.concatenate([work.colors.mean(0), work.colors.std(0)])}

    def weight(name: str) -> float:
        return 2.0 if name == "colors" else 1.0

    every = [parts(each) for each in works]
    means = {name: np.mean([each[name] for each in every], 0) for name in every[0]}
    stds = {name: np.std([each[name] for each in every], 0) + 1e-6 for name in every[0]}

    def embed(work: Work) -> np.ndarray:
        return np.concatenate(
            [
                weight(name) * (values - means[name]) / stds[name] / len(values) ** 0.5
                for name, values in parts(work).items()
            ]
        )

    return embed


def _new_style(
    name: str,
    painter: ArtistSettings,
    work: Work,
    drawn: color_names.Bilingual | None,
    used: set[str],
    out: Path,
) -> NewStyle:
    """``used`` are the descriptions of the painter's styles so far; it grows."""
    lab = work.colors
    found = list(color_names.drawing(lab, drawn) if drawn else color_names.descriptions(lab))
    about, about_zh = next((each for each in found if each[0] not in used), found[0])
    if about in used:
        about, about_zh = f"{about}, again", f"{about_zh}，其二"
    used.add(about)
    halves = {key: values.half() for key, values in work.statistics.items()}
    style = NamedStyle(
        name=name,
        painter=painter.name,
        artist=painter.artist,
        artist_zh=painter.artist_zh,
        about=about,
        about_zh=about_zh,
        born=painter.born,
        died=painter.died,
        circa=painter.circa,
        thumbnail=out / f"{name}.jpg",
        sha256=library.digest(halves),
    )
    return NewStyle(style, replace(work, statistics=halves))
