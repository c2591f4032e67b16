"""``stylize run`` of a notebook's zip file: every picture, into a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from .. import notebook as nb
from ..errors import PictureError, SettingsError
from ..image import Limits
from ..notebook.archive import load_zip
from ..notebook.recipes import file_names
from ..notebook.sheet import contact_sheet
from ..notebook.sweeps import column_count
from ..notebook.work import jobs
from .report import Report
from .tasks import STDOUT, Task, is_one_file, numbered, prepare
from .work import make, prepare_machine


def run_notebook(args: argparse.Namespace, report: Report) -> int:
    """Makes the pictures of a notebook, each cell after those that it uses.

    Returns the exit status. Raises StylizeError.
    """
    path = Path(args.recipe)
    folder = _folder(args, path)
    limits = prepare_machine(args)
    assets = nb.Assets()
    notebook = load_zip(path, assets, limits=limits)
    plan = notebook.plan()
    prepare([Task(path, folder / "any.png")], [path])
    for cell in plan:
        paths, status = _make(notebook, cell, assets, folder, limits, args.names, report)
        if status or not paths:
            return status or 1
        asset = assets.add(
            _whole(notebook[cell], paths, folder / f"{file_names(notebook)[cell]}.png").read_bytes()
        )
        notebook = notebook.finish(cell, nb.CellResult(asset))
    return 0


def _folder(args: argparse.Namespace, path: Path) -> Path:
    if args.content or args.style or (args.format or "png") != "png":
        raise SettingsError(
            "A notebook has its own pictures and makes PNG files: leave out --content, --style and --format."
        )
    if args.output == STDOUT:
        raise SettingsError("A notebook makes several pictures, and stdout takes one: name a folder with -o.")
    folder = Path(args.output or path.stem)
    if is_one_file(folder):
        raise PictureError(
            "{output} is one file, but a notebook makes several: name a folder.", output=str(folder)
        )
    return folder


def _make(
    notebook: nb.Notebook,
    cell: str,
    assets: nb.Assets,
    folder: Path,
    limits: Limits,
    names: bool,
    report: Report,
) -> tuple[list[Path], int]:
    """The files of a cell's pictures, and the exit status if somebody stopped it; no files then."""
    name, paths = file_names(notebook)[cell], []
    work = jobs(notebook, cell, assets, limits=limits)
    for n, each in enumerate(work, 1):
        tile = f"{name}-{n:02}.png" if notebook[cell].kind == "sweep" else f"{name}.png"
        task = numbered(Task(Path(tile), folder / tile))
        outcome = make(each, task, report, names=names)
        if outcome.status or not outcome.saved:
            return [], outcome.status
        paths.append(task.target)
    return paths, 0


def _whole(cell: nb.Cell, paths: list[Path], target: Path) -> Path:
    """The cell's own picture: of a sweep the contact sheet, written here."""
    if cell.kind != "sweep":
        return paths[0]
    columns = column_count(nb.points(cell))
    task = numbered(Task(target, target))
    contact_sheet([Image.open(path) for path in paths], columns).save(task.target)
    return task.target
