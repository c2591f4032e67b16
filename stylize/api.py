"""The Python API, and the one road that the command line and the page take as well."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from . import library, modes, weights
from .errors import MemoryLimitError, Note, PictureError, RecipeError, SettingsError
from .image import Cutout, Limits, Picture, dpi_of, fitting, is_file_of, load, resize, save, to_pil
from .library import NamedStyle
from .modes.options import PictureSettings
from .progress import Progress
from .recipe import MOST_STYLES, MOST_WEIGHT, Recipe, Source, StyleSource
from .settings import options
from .weights import catalog

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image
    from torch import Tensor

    PictureLike = str | os.PathLike[str] | bytes | IO[bytes] | Image | numpy.ndarray | Picture
    StyleLike = PictureLike | NamedStyle

OnTransfer = Callable[[weights.Transfer], None]
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Job:
    """A picture to be made: the inputs in memory and the settings.

    ``styles`` are pictures and styles of the library, each with its weight. ``run`` makes the picture at the
    working size; ``finish`` turns what it yielded last into the result, also after an early stop; ``save``
    writes that with its recipe.
    """

    mode: str
    settings: PictureSettings
    content: Picture
    styles: tuple[tuple[Picture | NamedStyle, float], ...] = ()

    def __post_init__(self) -> None:
        if modes.spec(self.mode).takes_styles and not self.styles:
            raise SettingsError("The mode {mode} needs a style picture: choose at least one.", mode=self.mode)
        if self.styles and not modes.spec(self.mode).takes_styles:
            raise SettingsError("The mode {mode} takes no style picture: leave it out.", mode=self.mode)
        _check_mix([share for _, share in self.styles])

    def fetch(self, on_transfer: OnTransfer | None = None) -> tuple[weights.Found, ...]:
        """Brings the networks' files onto this machine if they are not here. Raises WeightsError."""
        names = modes.load(self.mode).needs(self.settings)
        return tuple(weights.find(name, on_progress=on_transfer) for name in names)

    def run(self) -> Iterator[Progress]:
        """The mode's own progress, before it the job's ``notes``; closing the iterator stops at the next
        step.

        Its pictures are at the working size at most, and nothing of what ``finish`` does is done to them.
        """
        return _telling(self.notes, modes.load(self.mode).run(self.photo, self.style_inputs(), self.settings))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the user should read about the pictures that go in."""
        styles = (note for each, _ in self.styles if isinstance(each, Picture) for note in each.notes)
        return tuple({str(note): note for note in (*self.content.notes, *styles)}.values())

    @property
    def photo(self) -> Tensor:
        """The content as modes see it, (1, 3, H, W): its transparent parts on white, or, if the alpha is to
        be kept, with the colours at their edges."""
        return self.content.opaque if self.settings.keep_alpha else self.content.tensor

    def style_inputs(self) -> list[tuple[Tensor | Cutout | NamedStyle, float]]:
        """The styles as modes take them. Raises PictureError for one in which there is nothing."""
        return [
            (each if isinstance(each, NamedStyle) else each.as_style, weight) for each, weight in self.styles
        ]

    @property
    def result_size(self) -> tuple[int, int]:
        """Width and height in pixels of the result."""
        return self.content.size if self.settings.full_size else self.working_size

    @property
    def working_size(self) -> tuple[int, int]:
        """Width and height in pixels at which the picture is worked on, if there is the memory."""
        return fitting(self.content.size, self.settings.content_side)

    def finish(self, picture: Tensor) -> Tensor:
        """The result of a picture that ``run`` yielded at any step: its size and colours as the settings say.

        Every result is made here, and once: :func:`stylize.modes.finish.finished` says what is done in which
        order. ``alpha`` goes with it. Raises MemoryLimitError.
        """
        from .device import is_out_of_memory
        from .modes.finish import finished

        try:
            return finished(picture, self.photo, self.settings, named=self._named)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise MemoryLimitError(
                "Not enough memory for the result at the photo's size: switch off the full size."
            ) from error

    def previewer(self) -> Callable[[Tensor], Tensor]:
        """A function that shows pictures of ``run`` as they will look, at their own size: colours as in the
        result, nothing enlarged. It keeps the photo at the working size, so that each picture costs little.
        """
        from .modes.finish import colour_of, preview, working_picture

        if colour_of(self.settings) == "style":
            return lambda picture: picture
        working: list[Tensor] = []

        def show(picture: Tensor) -> Tensor:
            if not working:
                working.append(working_picture(self.photo, self.settings.content_side))
            return preview(picture, working[0], self.settings, named=self._named)

        return show

    @property
    def _named(self) -> bool:
        """Whether a style that counts is known by its statistics alone."""
        return any(isinstance(each, NamedStyle) for each, weight in self.styles if weight)

    def alpha(self, picture: Tensor) -> Tensor | None:
        """The content's transparency at the result's size, (1, 1, H, W), if it is to be kept."""
        if not self.settings.keep_alpha or self.content.alpha is None:
            return None
        return resize(self.content.alpha, tuple(picture.shape[2:]))

    def recipe(self, *, names: bool = True) -> Recipe:
        """What makes this picture.

        No folder is ever named; ``names=False`` leaves out the inputs' file names as well. Styles of the
        library keep theirs.
        """
        needed = modes.load(self.mode).needs(self.settings)
        found = [weights.find(name, download=False) for name in needed]
        named = [Source(each.row.name if each.row else each.path.name, each.sha256) for each in found]
        return Recipe(
            mode=self.mode,
            settings=_without_folders(self.settings),
            content=Source(self.content.name if names else "", self.content.sha256),
            styles=tuple(_style_source(each, weight, names) for each, weight in self.styles),
            weights=tuple(named),
        )

    def save(
        self, path: str | os.PathLike[str] | IO[bytes], picture: Tensor, *,
        names: bool = True, format: str | None = None, stopped: bool = False,
    ) -> None:  # fmt: skip
        """Write a result with its recipe, to a path or to a file open for writing bytes, which needs a
        ``format`` such as ``"png"``. ``stopped``: the run did not come to its end. Raises PictureError."""
        recipe = replace(self.recipe(names=names), stopped=stopped).to_json()
        save(path, picture, recipe=recipe, alpha=self.alpha(picture), format=format, dpi=self.content.dpi)


def _telling(notes: Sequence[Note], steps: Iterator[Progress]) -> Iterator[Progress]:
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


def together(jobs: Sequence[Job]) -> list[Progress]:
    """What ``run`` yields last for each of several jobs, worked on at once; ``finish`` makes the results.
    The jobs' own ``notes`` are not among those returned.

    The jobs differ in their contents alone, all with the same working size, and
    :func:`stylize.modes.may_batch` says whether their mode can do it.

    Raises:
        SettingsError: for jobs that differ in more than that.
        RuntimeError: if memory does not suffice for all of them.
    """
    first = jobs[0]
    alike = all(
        (each.mode, each.settings, each.working_size) == (first.mode, first.settings, first.working_size)
        and [(style.sha256, share) for style, share in each.styles]
        == [(style.sha256, share) for style, share in first.styles]
        for each in jobs
    )
    if not alike or not modes.spec(first.mode).may_batch(first.settings):
        raise SettingsError("These pictures cannot be painted at once: paint them one by one.")
    mode: Any = modes.load(first.mode)
    made: list[Progress] = mode.run_batch([each.photo for each in jobs], first.style_inputs(), first.settings)
    return made


def job(
    content: PictureLike,
    styles: StyleLike | Sequence[StyleLike] = (),
    *,
    mode: str = "adain",
    preset: str = "default",
    style_weights: float | Sequence[float] | None = None,
    limits: Limits | None = None,
    **settings: Any,
) -> Job:
    """A :class:`Job` from pictures in any form and names of styles. Raises PictureError, SettingsError."""
    sources = _sources(styles)
    shares = [1.0] * len(sources) if style_weights is None else _shares(style_weights)
    if len(shares) != len(sources):
        raise SettingsError(
            "There are {styles} styles but {weights} weights: give one weight for each style.",
            styles=len(sources), weights=len(shares),
        )  # fmt: skip
    _check_mix(shares)
    chosen = modes.settings_of(mode).preset(preset, **settings)
    pictures = [(style(source, limits), float(share)) for source, share in zip(sources, shares, strict=True)]
    return Job(mode, chosen, _load(content, limits), tuple(pictures))


def stylize(
    content: PictureLike,
    styles: StyleLike | Sequence[StyleLike] = (),
    *,
    mode: str = "adain",
    preset: str = "default",
    style_weights: float | Sequence[float] | None = None,
    on_progress: OnProgress | None = None,
    on_transfer: OnTransfer | None = None,
    **settings: Any,
) -> Image:
    """Paint a picture.

    Args:
        content: a path, bytes of a file, a file open in binary mode, PIL picture, or array (H, W, 3):
            uint8, or float in [0, 1].
        styles: one such, or the name of a style in the library, such as ``"claude-monet"``, or a list of
            these; none for CycleGAN. A file of that name comes first.
        mode: ``adain``, ``gatys`` or ``cyclegan``.
        preset: where the settings start from.
        style_weights: one number a style, or a number for a single one; equal if left out.
        on_progress: called at each step. Its pictures are at the working size at most, and not finished.
        on_transfer: called while weights are downloaded.
        **settings: fields of the mode's settings, such as ``strength=0.7`` or ``steps=300``.

    Returns:
        An RGB (or RGBA) PIL picture; ``.info["stylize"]`` has its recipe as JSON, ``.info["dpi"]`` the
        content's pixels per inch if it says them. :func:`save` keeps both.

    Raises:
        StylizeError: for everything that can be mended.
    """
    work = job(content, styles, mode=mode, preset=preset, style_weights=style_weights, **settings)
    return _painted(work, on_progress, on_transfer)


def _painted(work: Job, on_progress: OnProgress | None, on_transfer: OnTransfer | None) -> Image:
    """The job's result with its recipe."""
    work.fetch(on_transfer)
    picture = None
    for progress in work.run():
        picture = progress.picture if progress.picture is not None else picture
        if on_progress:
            on_progress(progress)
    assert picture is not None
    picture = work.finish(picture)
    image = to_pil(picture, work.alpha(picture))
    image.info["stylize"] = work.recipe().to_json()
    if work.content.dpi:
        image.info["dpi"] = work.content.dpi
    return image


def save_picture(picture: Image, path: str | os.PathLike[str] | IO[bytes], format: str | None = None) -> None:
    """Write what :func:`stylize` returned, with its recipe: .png, .jpg, .webp, .tif.

    ``path`` may be a file open for writing bytes, or a buffer, with a ``format`` such as ``"png"``.
    Raises PictureError.
    """
    if not hasattr(picture, "getbands"):
        raise PictureError(
            "A {kind} cannot be saved: give the picture that stylize() returned.", kind=type(picture).__name__
        )
    any_size = Limits(megapixels=math.inf)
    # Apart, because a picture that is loaded is laid on white, and this one is to keep its colours.
    alpha = load(picture.getchannel("A"), any_size).tensor[:, :1] if "A" in picture.getbands() else None
    colours = load(picture.convert("RGB"), any_size).tensor
    save(path, colours, recipe=picture.info.get("stylize"), alpha=alpha, format=format, dpi=dpi_of(picture))


def job_of(
    recipe: Recipe | str,
    *,
    content: PictureLike | None = None,
    styles: StyleLike | Sequence[StyleLike] | None = None,
    folder: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = ".",
    limits: Limits | None = None,
) -> Job:
    """The job that a recipe, or its JSON, describes.

    Inputs that are not given, and weight files of one's own, are looked for by name in ``folder``, or
    in several folders in turn. Inputs must have the recipe's sha256.

    Raises:
        RecipeError: for an input that is not there or is not the same. A style of the library may have
            changed since; the recipe of the job then has another sha256.
        StyleError: for a style that the library does not have any more.
    """
    recipe = _as_recipe(recipe)
    sources = None if styles is None else _sources(styles)
    if sources is not None and len(sources) != len(recipe.styles):
        raise RecipeError(
            "The recipe has {wanted} styles, but {given} were given.",
            wanted=len(recipe.styles), given=len(sources),
        )  # fmt: skip
    folders = [folder] if isinstance(folder, (str, os.PathLike)) else list(folder)
    picture = _load(content, limits) if content is not None else _find(recipe.content, folders, limits)
    found: list[tuple[Picture | NamedStyle, float]] = []
    for n, source in enumerate(recipe.styles):
        each = style(sources[n], limits) if sources is not None else _find_style(source, folders, limits)
        found.append((each, source.weight))
    return Job(recipe.mode, _with_folders(recipe.settings, folders), picture, tuple(found))


def run(
    recipe: Recipe | str,
    *,
    on_progress: OnProgress | None = None,
    on_transfer: OnTransfer | None = None,
    **inputs: Any,
) -> Image:
    """Make a recipe's picture again, as :func:`stylize` would return it.

    Args:
        recipe: a recipe, or its JSON, such as ``picture.info["stylize"]``.
        on_progress, on_transfer: as for :func:`stylize`.
        **inputs: as for :func:`job_of`, whose ``run`` has the pictures on the way.

    Raises:
        StylizeError: for everything that can be mended.
    """
    return _painted(job_of(recipe, **inputs), on_progress, on_transfer)


def style(source: StyleLike, limits: Limits | None = None) -> Picture | NamedStyle:
    """A style picture in any form, or the style of the library that a text names if it names no file.

    Raises:
        StyleError: for what looks like a name and is none.
        PictureError: for what is no picture.
    """
    if isinstance(source, NamedStyle):
        return source
    if isinstance(source, str) and library.is_name(source) and not os.path.isfile(source):
        return library.style(source)
    return _load(source, limits)


def _load(source: PictureLike, limits: Limits | None) -> Picture:
    return source if isinstance(source, Picture) else load(source, limits)


def _style_source(style: Picture | NamedStyle, weight: float, names: bool) -> StyleSource:
    named = isinstance(style, NamedStyle)
    return StyleSource(style.name if names or named else "", style.sha256, weight, named)


def _find_style(
    source: StyleSource, folders: Sequence[str | os.PathLike[str]], limits: Limits | None
) -> Picture | NamedStyle:
    return library.style(source.name) if source.library else _find(source, folders, limits)


def _find(source: Source, folders: Sequence[str | os.PathLike[str]], limits: Limits | None) -> Picture:
    plain = source.name and Path(source.name).name == source.name
    paths = [Path(folder) / source.name for folder in folders] if plain else []
    others = False
    for path in dict.fromkeys(paths):
        if os.path.isfile(path):  # unlike Path's, it takes any name
            picture = load(path, limits)
            # The page keeps pictures without their metadata, and recipes made there name them so.
            if source.sha256 in ("", picture.sha256) or is_file_of(path.read_bytes(), source.sha256, limits):
                return picture
            others = True
    if others:
        raise RecipeError(
            "{name} is not the picture that the recipe was made with: its contents differ. "
            "Name it with --content or --style to use it all the same.",
            name=source.name,
        )  # fmt: skip
    looked = dict.fromkeys(os.fspath(Path(folder)) for folder in folders)
    raise RecipeError(
        "The recipe's input {name!r} is not in {folder}: put it there, "
        "or name it with --content or --style.",
        name=source.name or "(without a name)", folder=" or ".join(looked),
    )  # fmt: skip


def _sources(styles: Any) -> list[Any]:
    """Several styles, or a single one, as a list."""
    return list(styles) if isinstance(styles, (list, tuple)) else [styles]


def _shares(weights: Any) -> list[Any]:
    """Several weights, or a single one, as a list. Raises SettingsError for what is neither."""
    if isinstance(weights, Real):
        return [weights]
    try:
        return list(weights)
    except TypeError as error:
        raise _no_mix() from error


def _no_mix() -> SettingsError:
    return SettingsError(
        "Style weights must be numbers from 0 to {most}, and at least one must be above zero.",
        most=MOST_WEIGHT,
    )


def _as_recipe(recipe: Any) -> Recipe:
    """A recipe, or what its JSON says. Raises RecipeError."""
    if isinstance(recipe, str):
        return Recipe.from_json(recipe)
    if not isinstance(recipe, Recipe):
        raise RecipeError(
            'A {kind} is no recipe: give a Recipe, or its JSON, such as picture.info["stylize"].',
            kind=type(recipe).__name__,
        )
    return recipe


def _check_mix(shares: Sequence[float]) -> None:
    if len(shares) > MOST_STYLES:
        raise SettingsError("There are more than {most} styles: choose fewer.", most=MOST_STYLES)
    numbers = all(isinstance(share, Real) and 0 <= share <= MOST_WEIGHT for share in shares)
    if not numbers or (shares and sum(shares) <= 0):
        raise _no_mix()


def _without_folders(settings: PictureSettings) -> PictureSettings:
    paths = [each.name for each in options(type(settings)) if each.open]
    bare: dict[str, Any] = {name: Path(getattr(settings, name)).name for name in paths}
    return replace(settings, **bare)


def _with_folders(settings: PictureSettings, folders: Sequence[str | os.PathLike[str]]) -> PictureSettings:
    """The settings with weight files of one's own found where the other inputs are looked for."""
    places: dict[str, Any] = {}
    for each in options(type(settings)):
        name = getattr(settings, each.name)
        if each.open and catalog.row(name) is None and os.path.basename(name) == name:
            paths = (os.path.join(folder, name) for folder in folders)
            places[each.name] = next(filter(os.path.isfile, paths), name)
    return replace(settings, **places)


__all__ = [
    "Job",
    "Limits",
    "NamedStyle",
    "PictureError",
    "job",
    "job_of",
    "load",
    "run",
    "save_picture",
    "style",
    "stylize",
]
