"""A style to be learned, as a job that any executor runs, on a borrowed accelerator as well as here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import modes
from ..errors import StyleError
from ..image import LearnedStyle, Picture
from ..inputs import Inputs, StyleInput
from ..library import NamedStyle
from ..progress import Progress
from .job import Job, telling

if TYPE_CHECKING:
    from torch import Tensor

PREVIEW_SIDE = 512  # pixels of the photo's longer side while a style is learned
SPARE = 5.0  # seconds beside those of learning


@dataclass(frozen=True, eq=False)
class LearnJob(Job):
    """A network is taught a style, and the photo is painted in it meanwhile.

    The inputs are the photo, with which it learns as well, and the style alone; the settings are those that
    the photo is painted with. Each step of :meth:`run` has what is learned so far.

    Args:
        photos: files of photos to learn with.
        name: of the style, in any language.
        seconds: for how long.
        most_steps: after which it ends before that; 0 for no such limit.

    Raises:
        StyleError: for a style of the library, and for what no network can be taught.
    """

    photos: tuple[Path, ...] = ()
    name: str = ""
    seconds: float = 60.0
    most_steps: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not modes.spec(self.mode).learns(self.settings):
            raise StyleError(
                "Only AdaIN's painter learns styles, and not with linear colors: choose that network first."
            )
        if len(self.styles) != 1 or not isinstance(self.styles[0].source, Picture):
            raise StyleError("A style is learned from one picture: choose a picture in its place.")

    @property
    def style(self) -> Picture:
        """The picture whose style is learned."""
        found = self.styles[0].source
        assert isinstance(found, Picture)
        return found

    @property
    def cost(self) -> float:
        """As of any job."""
        return self.seconds + SPARE

    def run(self, **kept: Any) -> Iterator[Progress]:
        """Learns. Its pictures, every few seconds, are the photo as it would be painted.

        Raises:
            PictureError: for a style picture of a few pixels.
            WeightsError.
        """
        from ..modes.finish import photo_of, working_picture
        from ..training.learn import LearnSettings, StyleLearner

        learner = StyleLearner(
            self.style,
            self.photos,
            LearnSettings(minutes=self.seconds / 60, most_steps=self.most_steps),
            name=self.name,
            network=getattr(self.settings, modes.spec(self.mode).network_field),
            photo=working_picture(photo_of(self.inputs, self.settings), self.settings.content_side),
        )
        return telling(self.notes, learner.steps(self._painted))

    def finish(self, picture: Tensor) -> Tensor:
        """The picture as it is: what is made is the style."""
        return picture

    def file(self, learned: LearnedStyle) -> bytes:
        """The file of what was learned."""
        from ..image.learned import encode

        return encode(learned, self.style.opaque)

    def _painted(self, learned: LearnedStyle) -> Tensor:
        """The photo, (1, 3, h, w) at the working size."""
        style: StyleInput[Picture | NamedStyle] = StyleInput(replace(self.style, learned=learned))
        *_, last = modes.load(self.mode).run(Inputs(self.content, (style,)), self.settings)
        assert last.picture is not None
        return last.picture
