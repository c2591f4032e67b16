"""AdaIN's strength and mix after a run: the features are kept, and only the decoder works again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from ..execution.job import Job
from ..modes.adain.spec import AdaINSettings
from ..notebook import Cell
from ..progress import Progress

MOST = 4  # cells whose features are kept
MOST_BYTES = 250_000_000  # of the features that are kept, but for those of the last cell
LONGEST = 1536  # pixels: the features of larger pictures are not worth their memory


@dataclass
class Features:
    """What a cell's pictures look like to the network; ``key`` says which pictures and settings they are."""

    key: tuple[Any, ...]
    network: Any
    content: list[Any]
    styles: dict[str, Any]

    @property
    def size(self) -> int:
        """In bytes, but for the styles, of which there are few numbers."""
        return sum(each.features.nbytes for each in self.content)


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
    """The features of the cells that were changed last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Features] = OrderedDict()

    def render(self, cell: str, job: Job) -> Progress:
        """What an AdaIN job yields last; what is known of its inputs is not worked out again."""
        import torch

        from .. import library
        from ..modes.adain import mode as adain
        from ..modes.finish import photo_of, working_picture

        settings = job.settings
        assert isinstance(settings, AdaINSettings)
        small = working_picture(photo_of(job.inputs, settings), settings.content_side)
        key = (
            job.content.sha256 if job.content else "",
            *(value for name, value in settings.to_dict().items() if name != "strength"),
        )
        found = self._kept.pop(cell, None)
        if found is None or found.key != key:
            network = adain.load(settings)
            shifts = adain.SHIFTS[: settings.passes]
            content = [_last(network.encode_content(small, shift)) for shift in shifts]
            found = Features(key, network, content, {})
        self._kept[cell] = found
        self._make_room()
        styles = [
            (self._style(found, style.source, settings), style.weight) for style in job.styles if style.weight
        ]
        mixed, picture = adain.mix(styles), torch.zeros_like(small)
        for content in found.content:
            picture += _last(found.network.render(content, mixed, settings.strength)) / len(found.content)
        named = [
            style.source.name
            for style in job.styles
            if style.weight and isinstance(style.source, library.NamedStyle)
        ]
        sampled = bool(named) and not library.fits(found.network.source)
        return Progress(1, 1, picture, note=library.sampled(named) if sampled else None)

    def _make_room(self) -> None:
        """The features unused for longest go; those of the last cell stay."""
        while len(self._kept) > 1 and (
            len(self._kept) > MOST or sum(each.size for each in self._kept.values()) > MOST_BYTES
        ):
            self._kept.popitem(last=False)

    def _style(self, found: Features, style: Any, settings: AdaINSettings) -> Any:
        from .. import library
        from ..modes.adain import mode as adain

        if style.sha256 not in found.styles:
            side = max(adain.LEAST, settings.style_side)
            if isinstance(style, library.NamedStyle) and library.fits(found.network.source):
                made = adain.Style(style.seen_by(found.network.source).statistics())
            else:
                picture = style.picture() if isinstance(style, library.NamedStyle) else style
                made = adain.look_at(found.network, picture.as_style, side)
            found.styles[style.sha256] = made
        return found.styles[style.sha256]


def _last(steps: Any) -> Any:
    """The last thing that a generator yields."""
    *_, last = steps
    return last
