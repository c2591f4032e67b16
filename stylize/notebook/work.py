"""From a cell to the jobs that make its pictures."""

from __future__ import annotations

from collections.abc import Mapping

from .. import library
from ..execution.job import Job
from ..execution.learn_job import PREVIEW_SIDE, LearnJob
from ..execution.learning import photos_in
from ..image import Limits, Picture, load
from ..inputs import Inputs, StyleInput, carried
from ..library import NamedStyle
from .assets import Assets
from .cells import Cell
from .model import Notebook
from .recipes import source_file
from .references import Named, PictureRef
from .sweeps import pictures


def jobs(notebook: Notebook, cell: str, assets: Assets, *, limits: Limits | None = None) -> tuple[Job, ...]:
    """What to make for a cell: one job for a picture, one for each of a sweep's :func:`points`.

    Raises NotebookError, PictureError, SettingsError.
    """
    found, lacking = notebook[cell], notebook.lacks(cell)
    if lacking is not None:
        raise lacking
    seen = {source: _source(notebook, cell, source, assets, limits) for source in found.inputs}
    return tuple(_job(each, seen) for each in pictures(found))


def learn_job(
    notebook: Notebook, cell: str, index: int, assets: Assets, *, limits: Limits | None = None
) -> LearnJob:
    """Learning a style of a cell, counted from 0, with the cell's photo to look at meanwhile.

    Raises NotebookError, PictureError, StyleError.
    """
    found = notebook[cell]
    content, style = (
        None if source is None else _source(notebook, cell, source, assets, limits)
        for source in (found.photo, found.mix[index].source)
    )
    assert not isinstance(content, NamedStyle)
    assert style is not None
    side = min(found.settings.content_side or PREVIEW_SIDE, PREVIEW_SIDE)
    settings = found.settings.changed(content_side=side)
    return LearnJob(found.mode, settings, Inputs(content, (StyleInput(style),)), tuple(photos_in()))


def _job(cell: Cell, seen: Mapping[PictureRef, Picture | NamedStyle]) -> Job:
    """The job of a picture cell, whose sources were read."""
    content = None if cell.photo is None else seen[cell.photo]
    assert not isinstance(content, NamedStyle)
    styles = (StyleInput(seen[style.source], **carried(style, seen.__getitem__)) for style in cell.mix)
    return Job(cell.mode, cell.settings, Inputs(content, tuple(styles)))


def _source(
    notebook: Notebook, cell: str, source: PictureRef, assets: Assets, limits: Limits | None
) -> Picture | NamedStyle:
    if isinstance(source, Named):
        return library.style(source.name)
    data, name = source_file(notebook, cell, source, assets)
    return load(data, limits, name=name)
