"""``stylize styles build``: the style library from folders of paintings.

What renders the samples is given by the caller, as the modes are not below this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ... import library
from ...device import choose
from ...errors import PictureError
from ...progress import Progress
from ...weights import zoo
from ..config import TrainingError
from .config import LibraryConfig
from .files import Renderer, Sampler, write
from .selection import select
from .works import Work, files_of, measure

__all__ = ["LibraryConfig", "Renderer", "Sampler", "build"]


def build(config: LibraryConfig, data: Path, out: Path, sampler: Sampler) -> Iterator[Progress]:
    """Makes the library in the folder ``out``, replacing what it holds.

    Args:
        config: painters, and how their works are chosen.
        data: the folder of the painters' folders.
        out: the library's folder.
        sampler: from the name of an AdaIN decoder and a photo to a function that renders the photo with given
            statistics.

    Yields:
        Progress without a picture, after each work and at the end.

    Raises:
        TrainingError: for a painter without works.
        StylizeError: for a network or a photo that cannot be read.
    """
    compute = choose()
    first, *others = [zoo.adain(name, compute)[0] for name in (config.library.network, *config.library.also)]
    files = {each.name: files_of(each, data, config.library) for each in config.painters}
    total = sum(map(len, files.values()))
    works: dict[str, list[Work]] = {name: [] for name in files}
    done = 0
    for name, paths in files.items():
        for path in paths:
            with suppress(PictureError):
                works[name].append(measure(path, first.network, compute.device))
            done += 1
            yield Progress(done, total + 1)
        if not works[name]:
            raise TrainingError("None of the works of {painter} can be read.", painter=name)
    styles = list(select(config, works, out))
    write(config, styles, (first, *others), compute.device, out, sampler)
    library.forget()
    yield Progress(total + 1, total + 1)
