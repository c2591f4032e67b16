"""``stylize run``: a picture made again from its recipe, or a notebook's pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import api, image
from ..errors import RecipeError
from ..image import Limits
from ..recipe import LONGEST, Recipe
from ..system.text import decoded
from ..weights import messages
from . import standard, style_flags
from .inputs import STDIN, Input, named
from .notebook import run_notebook
from .report import Report
from .tasks import STDOUT, numbered, plan_one, prepare
from .work import make, prepare_machine


def rerun(args: argparse.Namespace, report: Report) -> int:
    """Returns the exit status. Raises StylizeError."""
    has_stdin = standard.check_once([args.recipe, args.content, *(args.style or [])])
    if args.output == STDOUT:
        standard.check_stdout()
    path = named(args.recipe)
    if path.suffix.lower() == ".zip":
        return run_notebook(args, report)
    limits = prepare_machine(args)
    stdin = standard.read(limits) if has_stdin else b""
    recipe = read(stdin, "stdin", limits) if args.recipe == STDIN else read(path, path.name, limits)
    given = [args.content] if args.content else []
    content = args.content or recipe.content.name or args.recipe
    content = Input(Path("stdin")) if content == STDIN else Input(Path(Path(content).name))
    task = numbered(plan_one(content, recipe.mode, args.output, args.format))
    folders = [path.parent, Path()]
    beside = [folder / source.name for folder in folders for source in recipe.inputs]
    prepare([task], [path, *given, *(args.style or []), *style_flags.files(args), *beside])

    def given_as(each: str) -> str | image.Picture:
        return standard.picture(stdin, limits) if each == STDIN else each

    photo = given_as(args.content) if args.content else None
    styles = [given_as(each) for each in args.style] if args.style else None
    properties = style_flags.given(args)
    work = api.job_of(recipe, content=photo, styles=styles, folder=folders, limits=limits, **properties)

    def compare() -> None:
        _compare(recipe, work.recipe(), report)

    return make(work, task, report, names=args.names, fetched=compare).status


def read(source: Path | bytes, name: str, limits: Limits) -> Recipe:
    """The recipe in a JSON file or in a picture that Stylize made, of a path or of bytes.

    Raises RecipeError, PictureError.
    """
    if isinstance(source, bytes):
        is_json = source.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{")
    else:
        is_json = source.suffix.lower() == ".json"
    if is_json:
        return Recipe.from_json(_text(source, name))
    found = image.read_recipe(source, limits, name=name)
    if found is None:
        raise RecipeError("{file} carries no recipe: only pictures as Stylize wrote them do.", file=name)
    return Recipe.from_json(found)


def _text(source: Path | bytes, name: str) -> str:
    try:
        if not isinstance(source, bytes):
            with open(source, "rb") as file:
                source = file.read(LONGEST * 4)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecipeError("{file} cannot be read ({reason}).", file=str(source), reason=reason) from error
    return decoded(source, name, RecipeError)


def _compare(recipe: Recipe, now: Recipe, report: Report) -> None:
    """A note for every network and every style of the library that is another than the recipe's."""
    here = {each.name: each.sha256 for each in now.weights}
    for each in recipe.weights:
        if each.sha256 and here.get(each.name, each.sha256) != each.sha256:
            report.note(str(messages.other_file(each.name, each.sha256)))
    for old, new in zip(recipe.styles, now.styles, strict=True):
        if old.library and new.library and old.name == new.name and old.sha256 not in ("", new.sha256):
            report.note(f"The library's {old.name} has changed since: the picture will differ.")
