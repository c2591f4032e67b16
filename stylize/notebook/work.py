"""From a cell to the jobs that make its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import api
from .assets import Assets
from .cells import Cell
from .model import Notebook
from .recipes import source_file
from .references import Named, PictureRef
from .schema.derived import arguments
from .sweeps import pictures

if TYPE_CHECKING:
    from ..image import Limits


def jobs(
    notebook: Notebook, cell: str, assets: Assets, *, limits: Limits | None = None
) -> tuple[api.Job, ...]:
    """What to make for a cell: one job for a picture, one for each of a sweep's :func:`points`.

    Raises NotebookError, PictureError, SettingsError.
    """
    found, lacking = notebook[cell], notebook.lacks(cell)
    if lacking is not None or found.content is None:
        raise lacking or AssertionError
    seen = {source: _picture(notebook, cell, source, assets, limits) for source in found.inputs}
    return tuple(_job(each, seen) for each in pictures(found))


def _job(cell: Cell, seen: Mapping[PictureRef, Any]) -> api.Job:
    """The job of a picture cell. ``seen``: what the API takes for its sources."""
    assert cell.content is not None
    styles = [seen[style.source] for style in cell.mix]
    weights = [style.weight for style in cell.mix]
    return api.job(seen[cell.content], styles, style_weights=weights, **arguments(cell))


def _picture(notebook: Notebook, cell: str, source: PictureRef, assets: Assets, limits: Limits | None) -> Any:
    """What the API takes for a source: a picture, or the name of a style."""
    from ..image import load

    if isinstance(source, Named):
        return source.name
    data, name = source_file(notebook, cell, source, assets)
    return load(data, limits, name=name)
