"""From a cell to the jobs that make its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import api
from .assets import Assets
from .cells import Cell, Named, Source, Style, points
from .model import Notebook
from .recipes import source_file

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
    content = _picture(notebook, cell, found.content, assets, limits)
    styles = {style.source: _picture(notebook, cell, style.source, assets, limits) for style in found.mix}
    return tuple(
        _job(found.mode, content, [(styles[style.source], style.weight) for style in mix], settings)
        for settings, mix in variants(found)
    )


def variants(cell: Cell) -> list[tuple[Any, tuple[Style, ...]]]:
    """Settings and styles of each picture that a cell makes; none for a note."""
    if cell.kind == "note":
        return []
    if cell.kind == "picture":
        return [(cell.settings, cell.mix)]
    return [(point.settings, point.styles) for point in points(cell)]


def _job(mode: str, content: Any, styles: Sequence[tuple[Any, float]], settings: Any) -> api.Job:
    return api.job(
        content, [picture for picture, _ in styles], mode=mode,
        style_weights=[weight for _, weight in styles], **settings.to_dict(),
    )  # fmt: skip


def _picture(notebook: Notebook, cell: str, source: Source, assets: Assets, limits: Limits | None) -> Any:
    """What the API takes for a source: a picture, or the name of a style."""
    from ..image import load

    if isinstance(source, Named):
        return source.name
    data, name = source_file(notebook, cell, source, assets)
    return load(data, limits, name=name)
