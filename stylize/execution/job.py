"""A picture to be made, and the one place where its result is finished."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

from .. import modes, weights
from ..errors import MemoryLimitError, Note, PictureError, SettingsError
from ..image import Picture, fitting, resize, save
from ..inputs import Inputs, StyleInput, carried
from ..library import NamedStyle
from ..modes import Need
from ..modes.options import PictureSettings
from ..progress import Progress
from ..recipe import FileRef, Recipe, StyleFileRef
from ..weights.own import without_folders

if TYPE_CHECKING:
    from torch import Tensor

OnTransfer = Callable[[weights.Transfer], None]


@dataclass(frozen=True, eq=False)
class Job:
    """A picture to be made: the inputs in memory and the settings.

    ``run`` makes the picture at the working size; ``finish`` turns what it yielded last into the result, also
    after an early stop; ``save`` writes that with its recipe. Two jobs are equal if they are the same object.

    Raises:
        PictureError: for a photo that is missing.
        SettingsError: for styles that are missing, and for what the mode does not take.
    """

    mode: str
    settings: PictureSettings
    inputs: Inputs

    def __post_init__(self) -> None:
        spec = modes.spec(self.mode)
        if spec.content is Need.REQUIRED and self.content is None:
            raise PictureError("Choose a photo first.")
        if self.content is not None and not spec.takes_content:
            raise SettingsError("The mode {mode} takes no photo: leave it out.", mode=self.mode)
        if spec.styles is Need.REQUIRED and not self.styles:
            raise SettingsError("The mode {mode} needs a style picture: choose at least one.", mode=self.mode)
        if self.styles and not spec.takes_styles:
            raise SettingsError("The mode {mode} takes no style picture: leave it out.", mode=self.mode)

    @property
    def content(self) -> Picture | None:
        """The photo; None for a mode without one."""
        return self.inputs.content

    @property
    def styles(self) -> tuple[StyleInput[Picture | NamedStyle], ...]:
        """The styles with their weights."""
        return self.inputs.styles

    def fetch(self, on_transfer: OnTransfer | None = None) -> tuple[weights.Found, ...]:
        """Brings the networks' files onto this machine if they are not here. Raises WeightsError."""
        names = modes.load(self.mode).needs(self.settings)
        return tuple(weights.find(name, on_progress=on_transfer) for name in names)

    def run(self, **kept: Any) -> Iterator[Progress]:
        """The mode's own progress, before it the job's ``notes``; closing the iterator stops at the next
        step.

        Its pictures are at the working size at most, and nothing of what ``finish`` does is done to them.
        ``kept`` goes to the mode: ``sessions``, where it has such.
        """
        return telling(self.notes, modes.load(self.mode).run(self.inputs, self.settings, **kept))

    @property
    def cost(self) -> float:
        """Seconds that it takes on a data center's accelerator, without loading the networks: an estimate."""
        return modes.spec(self.mode).cost(self.settings, self.working_size)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user should read about the pictures that go in."""
        further = (picture for style in self.styles for picture in style.pictures)
        pictures = (self.content, *(style.source for style in self.styles), *further)
        notes = (note for each in pictures if isinstance(each, Picture) for note in each.notes)
        return tuple({str(note): note for note in notes}.values())

    @property
    def photo(self) -> Tensor | None:
        """The content as modes see it, (1, 3, H, W) RGB in [0, 1]."""
        from ..modes.finish import photo_of

        return None if self.content is None else photo_of(self.inputs, self.settings)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the photo, or of the canvas that the settings say."""
        return self.settings.canvas if self.content is None else self.content.size

    @property
    def dpi(self) -> tuple[float, float] | None:
        """The photo's pixels per inch, across and down, if it says them."""
        return None if self.content is None else self.content.dpi

    @property
    def result_size(self) -> tuple[int, int]:
        """Width and height in pixels of the result."""
        return self.size if self.settings.full_size else self.working_size

    @property
    def working_size(self) -> tuple[int, int]:
        """Width and height in pixels at which the picture is worked on, if there is the memory."""
        return fitting(self.size, self.settings.content_side)

    def finish(self, picture: Tensor) -> Tensor:
        """The result of a picture that ``run`` yielded at any step: its size and colors as the settings say.

        Every result is made here, and once: :func:`stylize.modes.finish.finished` says what is done in which
        order. ``alpha`` goes with it. Raises MemoryLimitError.
        """
        from ..device import is_out_of_memory
        from ..modes.finish import finished

        try:
            return finished(picture, self.photo, self.settings, named=self._named)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise MemoryLimitError(
                "Not enough memory for the result at the photo's size: switch off the full size."
            ) from error

    def previewer(self) -> Callable[[Tensor], Tensor]:
        """A function that shows pictures of ``run`` as they will look, at their own size: colors as in the
        result, nothing enlarged. It keeps the photo at the working size, so that each picture costs little.
        """
        from ..modes.finish import color_of, preview, working_picture

        photo = self.photo
        if photo is None or color_of(self.settings) == "style":
            return lambda picture: picture
        working: list[Tensor] = []

        def show(picture: Tensor) -> Tensor:
            if not working:
                working.append(working_picture(photo, self.settings.content_side))
            return preview(picture, working[0], self.settings, named=self._named)

        return show

    @property
    def _named(self) -> bool:
        """Whether a style that counts is known by its statistics alone."""
        return any(isinstance(style.source, NamedStyle) for style in self.styles if style.weight)

    def alpha(self, picture: Tensor) -> Tensor | None:
        """The content's transparency at the result's size, (1, 1, H, W), if it is to be kept."""
        if not self.settings.keep_alpha or self.content is None or self.content.alpha is None:
            return None
        return resize(self.content.alpha, tuple(picture.shape[2:]))

    def recipe(self, *, names: bool = True) -> Recipe:
        """What makes this picture.

        No folder is ever named; ``names=False`` leaves out the inputs' file names as well. Styles of the
        library keep theirs.
        """
        needed = modes.load(self.mode).needs(self.settings)
        found = [weights.find(name, download=False) for name in needed]
        named = [FileRef(each.row.name if each.row else each.path.name, each.sha256) for each in found]
        photo = self.content
        return Recipe(
            mode=self.mode,
            settings=without_folders(self.settings),
            content=_file(photo, names) if photo else FileRef("", ""),
            styles=tuple(_style_file(style, names) for style in self.styles),
            weights=tuple(named),
        )

    def save(
        self,
        path: str | os.PathLike[str] | IO[bytes],
        picture: Tensor,
        *,
        names: bool = True,
        format: str | None = None,
        stopped: bool = False,
    ) -> None:
        """Write a result with its recipe, to a path or to a file open for writing bytes, which needs a
        ``format`` such as ``"png"``. ``stopped``: the run did not come to its end. Raises PictureError."""
        recipe = replace(self.recipe(names=names), stopped=stopped).to_json()
        save(path, picture, recipe=recipe, alpha=self.alpha(picture), format=format, dpi=self.dpi)


def telling(notes: Sequence[Note], steps: Iterator[Progress]) -> Iterator[Progress]:
    """Hands on the steps, the first of them once more for each note."""
    try:
        for n, progress in enumerate(steps):
            for note in notes if n == 0 else ():
                yield replace(progress, picture=None, note=note)
            yield progress
    finally:
        close = getattr(steps, "close", None)
        if close:
            close()


def _file(source: Picture | NamedStyle, names: bool) -> FileRef:
    return FileRef(source.name if names else "", source.sha256)


def _style_file(style: StyleInput[Picture | NamedStyle], names: bool) -> StyleFileRef:
    named = isinstance(style.source, NamedStyle)
    file = _file(style.source, names or named)
    properties = carried(style, lambda picture: _file(picture, names))
    return StyleFileRef(file.name, file.sha256, library=named, **properties)
