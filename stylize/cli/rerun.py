"""``stylize run``: a picture made again from its recipe, or a notebook's pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import api, image
from ..errors import RecipeError
from ..recipe import LONGEST, Recipe
from .notebook import run_notebook
from .report import Report
from .tasks import numbered, plan_one, prepare
from .work import make, prepare_machine, tell_notes


def rerun(args: argparse.Namespace, report: Report) -> int:
    """Returns the exit status. Raises StylizeError."""
    path = Path(args.recipe)
    if path.suffix.lower() == ".zip":
        return run_notebook(args, report)
    recipe = read(path)
    given = [args.content] if args.content else []
    content = Path(args.content or recipe.content.name or path.name)
    task = numbered(plan_one(Path(content.name), recipe.mode, args.output, args.format))
    folders = [path.parent, Path()]
    beside = [folder / source.name for folder in folders for source in (recipe.content, *recipe.styles)]
    prepare([task], [path, *given, *(args.style or []), *beside])
    limits = prepare_machine(args)
    work = api.job_of(recipe, content=args.content, styles=args.style, folder=folders, limits=limits)
    tell_notes(work.fetch(report.transfer), report)
    _compare(recipe, work.recipe(), report)
    return make(work, task, report, names=args.names).status


def read(path: Path) -> Recipe:
    """The recipe in a JSON file or in a picture that Stylize made. Raises RecipeError, PictureError."""
    if path.suffix.lower() == ".json":
        return Recipe.from_json(_text(path))
    found = image.read_recipe(path)
    if found is None:
        raise RecipeError("{file} carries no recipe: only pictures as Stylize wrote them do.", file=path.name)
    return Recipe.from_json(found)


def _text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read(LONGEST + 1)
    except UnicodeDecodeError as error:
        raise RecipeError("{file} is no recipe: it is not text.", file=path.name) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecipeError("{file} cannot be read ({reason}).", file=str(path), reason=reason) from error


def _compare(recipe: Recipe, now: Recipe, report: Report) -> None:
    """A note for every network and every style of the library that is another than the recipe's."""
    here = {each.name: each.sha256 for each in now.weights}
    for each in recipe.weights:
        if each.sha256 and here.get(each.name, each.sha256) != each.sha256:
            report.note(
                f"{each.name} is not the file that the recipe was made with: the picture will differ."
            )
    for old, new in zip(recipe.styles, now.styles, strict=True):
        if old.library and new.library and old.name == new.name and old.sha256 not in ("", new.sha256):
            report.note(f"The library's {old.name} has changed since: the picture will differ.")
