"""The Python API: from paths, pictures and arrays to jobs and finished pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from . import library, modes
from .errors import PictureError, RecipeError
from .execution import Done, Fetching, Job, Result, Step, execute, learning
from .execution.job import OnTransfer
from .image import Limits, Picture, dpi_of, is_file_of, load, save, to_pil
from .inputs import Inputs, StyleInput, StyleProperties, by_style, carried, check_styles, style_properties
from .library import NamedStyle, learned
from .progress import Progress
from .recipe import FileRef, Recipe, StyleFileRef
from .weights.own import in_folders

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

    PictureLike = str | os.PathLike[str] | bytes | IO[bytes] | Image | numpy.ndarray | Picture
    StyleLike = PictureLike | NamedStyle
    StylesLike = StyleLike | Sequence[StyleLike | tuple[StyleLike, float]]

OnProgress = Callable[[Progress], None]


def job(
    content: PictureLike | None = None,
    styles: StylesLike = (),
    *,
    mode: str = modes.DEFAULT,
    preset: str = "default",
    style_weights: float | Sequence[float] | None = None,
    limits: Limits | None = None,
    **settings: Any,
) -> Job:
    """A :class:`Job` from pictures in any form and names of styles. Raises PictureError, SettingsError.

    ``settings`` may have further properties of styles, such as those of :func:`inputs`.
    """
    names = [each.argument for each in style_properties() if each.argument in settings]
    properties = {name: settings.pop(name) for name in names}
    chosen = modes.settings_of(mode).preset(preset, **settings)
    given = inputs(content, styles, style_weights=style_weights, limits=limits, **properties)
    return Job(mode, chosen, given)


def inputs(
    content: PictureLike | None = None,
    styles: StylesLike = (),
    *,
    style_weights: float | Sequence[float] | None = None,
    limits: Limits | None = None,
    **properties: Any,
) -> Inputs:
    """What a job takes, from pictures in any form, names of styles, and (style, weight) pairs.

    Args:
        content: the photo; None for a mode that takes none.
        styles: one style or several, each alone or in a pair with its weight.
        style_weights: one number a style, in place of those in pairs; 1 each if left out.
        limits: for what is read.
        **properties: further properties of styles, as for :func:`styles_of`.

    Raises:
        PictureError, SettingsError.
    """
    mix = styles_of(styles, limits, style_weights=style_weights, **properties)
    return Inputs(None if content is None else _load(content, limits), mix)


def styles_of(
    styles: StylesLike, limits: Limits | None = None, **properties: Any
) -> tuple[StyleInput[Picture | NamedStyle], ...]:
    """Styles with their properties, from pictures in any form, names, and (style, weight) pairs.

    Args:
        styles: one style or several, each alone or in a pair with its weight.
        limits: for what is read.
        **properties: by :attr:`.StyleProperty.argument`, a value for each style; pictures in any form.

    Raises:
        PictureError, SettingsError: the latter before anything is read.
        TypeError: for an argument that is none.
    """
    _check_arguments(properties)
    pairs = [_pair(each) for each in _sources(styles)]
    if properties.get("style_weights") is None:
        properties["style_weights"] = [weight for _, weight in pairs]
    given = [StyleProperties[Any](**values) for values in by_style(properties, len(pairs))]
    check_styles(given)
    read = [style(source, limits) for source, _ in pairs]
    said = [carried(each, lambda picture: _load(picture, limits)) for each in given]
    return tuple(StyleInput(source, **each) for source, each in zip(read, said, strict=True))


def _check_arguments(properties: Mapping[str, Any]) -> None:
    """Raises TypeError, as Python does for other functions."""
    for name in properties.keys() - {each.argument for each in style_properties()}:
        raise TypeError(f"unexpected keyword argument {name!r}: there is no such property of styles")


def stylize(
    content: PictureLike | None = None,
    styles: StylesLike = (),
    *,
    mode: str = modes.DEFAULT,
    preset: str = "default",
    style_weights: float | Sequence[float] | None = None,
    on_progress: OnProgress | None = None,
    on_transfer: OnTransfer | None = None,
    **settings: Any,
) -> Image:
    """Paint a picture.

    Args:
        content: a path, bytes of a file, a file open in binary mode, PIL picture, or array (H, W, 3):
            uint8, or float in [0, 1]; None for a mode that takes no photo.
        styles: one such, or the name of a style in the library, such as ``"claude-monet"``, or of a
            style that it learned (:func:`learn`), or a list of these, each alone or in a pair with its
            weight; none for CycleGAN. A file of that name comes first.
        mode: ``adain``, ``gatys``, ``cyclegan``, or another of ``stylize.modes.names()``.
        preset: where the settings start from.
        style_weights: one number a style, or a number for a single one; equal if left out. Further
            properties of styles, if there are any, are given likewise: see :mod:`stylize.inputs.properties`.
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
    with closing(execute(work)) as events:
        for event in events:
            if isinstance(event, Step) and on_progress:
                on_progress(event.progress)
            elif isinstance(event, Fetching) and on_transfer and event.transfer:
                on_transfer(event.transfer)
            elif isinstance(event, Done):
                return _image(event.result)
    raise AssertionError("nothing stops this run")


def _image(result: Result) -> Image:
    job = result.job
    image = to_pil(result.picture, job.alpha(result.picture))
    image.info["stylize"] = job.recipe().to_json()
    if job.dpi:
        image.info["dpi"] = job.dpi
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
    # Apart, because a picture that is loaded is laid on white, and this one is to keep its colors.
    alpha = load(picture.getchannel("A"), any_size).tensor[:, :1] if "A" in picture.getbands() else None
    colors = load(picture.convert("RGB"), any_size).tensor
    save(path, colors, recipe=picture.info.get("stylize"), alpha=alpha, format=format, dpi=dpi_of(picture))


def job_of(
    recipe: Recipe | str,
    *,
    content: PictureLike | None = None,
    styles: StyleLike | Sequence[StyleLike] | None = None,
    folder: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = ".",
    limits: Limits | None = None,
    **properties: Any,
) -> Job:
    """The job that a recipe, or its JSON, describes.

    Inputs that are not given, and weight files of one's own, are searched for by name in ``folder``, or
    in several folders in turn. Inputs must have the recipe's sha256. ``properties`` of styles, as for
    :func:`styles_of`, take the place of the recipe's.

    Raises:
        RecipeError: for an input that is not there or is not the same. A style of the library may have
            changed since; the recipe of the job then has another sha256.
        StyleError: for a style that the library does not have any more.
    """
    recipe = _as_recipe(recipe)
    _check_arguments(properties)
    sources = None if styles is None else _sources(styles)
    if sources is not None and len(sources) != len(recipe.styles):
        raise RecipeError(
            "The recipe has {wanted} styles, but {given} were given.",
            wanted=len(recipe.styles),
            given=len(sources),
        )
    folders = [folder] if isinstance(folder, (str, os.PathLike)) else list(folder)
    picture = _content(recipe, folders, limits) if content is None else _load(content, limits)

    def read(file: Any) -> Picture:
        return _find(file, folders, limits) if isinstance(file, FileRef) else _load(file, limits)

    found: list[StyleInput[Picture | NamedStyle]] = []
    instead = by_style(properties, len(recipe.styles))
    for n, source in enumerate(recipe.styles):
        each = style(sources[n], limits) if sources is not None else _find_style(source, folders, limits)
        found.append(StyleInput(each, **carried(replace(source, **instead[n]), read)))
    return Job(recipe.mode, in_folders(recipe.settings, folders), Inputs(picture, tuple(found)))


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
    if isinstance(source, str) and not os.path.isfile(source):
        own = learned.find(source)
        if own is not None and library.find(source) is None:
            return _load(own, limits)
        if library.is_name(source):
            return library.style(source)
    return _load(source, limits)


def learn(
    source: PictureLike,
    out: str | os.PathLike[str] | None = None,
    *,
    minutes: float = 1.0,
    steps: int = 0,
    photos: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    name: str = "",
    seed: int = 0,
    force: bool = False,
    limits: Limits | None = None,
    on_progress: OnProgress | None = None,
) -> Path:
    """Learn the style of one picture, for the network with which AdaIN paints.

    Args:
        source: the picture, as for :func:`stylize`; or a learned style, which then learns more.
        out: the file, ``NAME.style.safetensors``, or a folder for it; among the user's styles if left out,
            where its name finds it.
        minutes: for how long.
        steps: for how many steps, in place of the minutes.
        photos: a folder, or files, of photos to learn with; the examples if left out.
        name: the style's, in any language; that of the file if left out.
        seed: with a number of steps, the same seed learns the same.
        force: whether a file that is there is replaced.
        limits: for what is read.
        on_progress: called at each step; what it raises ends it, and nothing is written.

    Returns:
        The path of the file, which serves wherever a style picture does.

    Raises:
        StylizeError: for everything that can be mended.
    """
    from .training.learn import LearnSettings, StyleLearner

    picture = _load(source, limits)
    name = learning.name_for(name, out, picture.name)
    path = learning.target(out, name, force=force)
    settings = LearnSettings(minutes=minutes, steps=steps, seed=seed)
    learner = StyleLearner(picture, learning.photos_in(photos), settings, name=name, limits=limits)
    for progress in learner.steps():
        if on_progress is not None:
            on_progress(progress)
    learned.write(path, learner.file())
    return path


def _load(source: PictureLike, limits: Limits | None) -> Picture:
    return source if isinstance(source, Picture) else load(source, limits)


def _content(
    recipe: Recipe, folders: Sequence[str | os.PathLike[str]], limits: Limits | None
) -> Picture | None:
    """The photo that a recipe names; None where its mode needs none and it names none."""
    need, named = modes.spec(recipe.mode).content, recipe.content.name or recipe.content.sha256
    if need is modes.Need.NONE or (need is modes.Need.OPTIONAL and not named):
        return None
    return _find(recipe.content, folders, limits)


def _find_style(
    source: StyleFileRef, folders: Sequence[str | os.PathLike[str]], limits: Limits | None
) -> Picture | NamedStyle:
    if source.library:
        return library.style(source.name)
    own = learned.holding(source.sha256)
    return _load(own.path, limits) if own else _find(source, [*folders, learned.folder()], limits)


def _find(source: FileRef, folders: Sequence[str | os.PathLike[str]], limits: Limits | None) -> Picture:
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
        )
    searched = dict.fromkeys(os.fspath(Path(folder)) for folder in folders)
    raise RecipeError(
        "The recipe's input {name!r} is not in {folder}: put it there, or name it with --content or --style.",
        name=source.name or "(without a name)",
        folder=" / ".join(searched),
    )


def _sources(styles: Any) -> list[Any]:
    """Several styles, or a single one, as a list."""
    return list(styles) if isinstance(styles, (list, tuple)) else [styles]


def _pair(style: Any) -> tuple[Any, Any]:
    """A style with its weight, which is 1 where none is given."""
    return style if isinstance(style, tuple) and len(style) == 2 else (style, 1.0)


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


__all__ = [
    "Job",
    "Limits",
    "NamedStyle",
    "PictureError",
    "job",
    "job_of",
    "learn",
    "load",
    "run",
    "save_picture",
    "style",
    "stylize",
]
