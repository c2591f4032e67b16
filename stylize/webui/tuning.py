"""AdaIN's strength and mix after a run: the features are kept, and only the decoder works again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..execution.job import Job
from ..modes.adain.spec import AdaINSettings
from ..notebook import Cell
from ..progress import Progress

if TYPE_CHECKING:
    from ..modes.adain.session import Session

MOST = 4  # cells whose features are kept
MOST_BYTES = 250_000_000  # of the features that are kept, but for those of the last cell
LONGEST = 1536  # pixels: the features of larger pictures are not worth their memory


def may_tune(cell: Cell, before: Cell) -> bool:
    """Whether a finished AdaIN cell was changed in nothing but its strength and the styles' weights."""
    result, settings, old = cell.result, cell.settings, before.settings
    if cell.kind != "picture" or result is None or not result.complete or before.result is not result:
        return False
    if not isinstance(settings, AdaINSettings) or not isinstance(old, AdaINSettings):
        return False
    if settings.colour == "linear" or settings.content_side > LONGEST or not settings.content_side:
        return False
    same = {**old.to_dict(), "strength": settings.strength} == settings.to_dict()
    sources = [style.source for style in cell.styles] == [style.source for style in before.styles]
    return same and sources and cell.content == before.content


class Tuner:
    """The sessions of the cells that were changed last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Hashable, Session]] = OrderedDict()

    def render(self, cell: str, job: Job) -> Progress:
        """What an AdaIN job yields last; what is known of its inputs is not worked out again."""
        settings, session = job.settings, self._session(cell, job)
        assert isinstance(settings, AdaINSettings)
        picture = session.rendered(job.styles, settings.strength)
        self._make_room()
        return Progress(1, 1, picture, note=session.note(job.styles))

    def _session(self, cell: str, job: Job) -> Session:
        from ..modes.adain.mode import prepare

        settings = job.settings
        assert isinstance(settings, AdaINSettings)
        key = job.content.sha256 if job.content else "", replace(settings, strength=1.0)
        kept = self._kept.pop(cell, None)
        if kept is None or kept[0] != key:
            kept = key, prepare([job.inputs], settings, keep=True)
        self._kept[cell] = kept
        return kept[1]

    def _make_room(self) -> None:
        """The features unused for longest go; those of the last cell stay."""
        while len(self._kept) > 1 and (
            len(self._kept) > MOST or sum(each.size for _, each in self._kept.values()) > MOST_BYTES
        ):
            self._kept.popitem(last=False)
