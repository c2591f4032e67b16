"""From the recipe in a picture to the cell that makes it; the files of a cell's inputs and their names."""

from __future__ import annotations

from ..errors import NotebookError
from ..inputs import carried
from ..recipe import FileRef, Recipe, StyleFileRef
from . import examples
from .assets import Assets
from .cells import Cell
from .model import Notebook
from .naming import slug
from .references import Example, Named, Output, PictureRef, StyleRef, Upload
from .results import CellResult


def from_recipe(
    recipe: Recipe, *, picture: bytes | None = None, assets: Assets | None = None, title: str = ""
) -> Cell:
    """A cell that makes a recipe's picture.

    Args:
        recipe: what was read from the picture.
        picture: the picture's own file, to be the cell's result; it goes to ``assets``.
        assets: where pictures are kept.
        title: of the cell.

    Returns:
        The cell. An input is an example where it has an example's bytes; else an upload, whose file may
        not be in ``assets`` (see :func:`missing`): then the user is asked for it by its name. A recipe
        without a sha256 leaves the input out.
    """
    cell = Cell(
        title=title,
        mode=recipe.mode,
        settings=recipe.settings,
        content=_source(recipe.content),
        styles=tuple(
            StyleRef(source, **carried(style, _source))
            for style in recipe.styles
            if (source := _style(style)) is not None
        ),
    )
    if picture is None or assets is None:
        return cell
    alone = Notebook(cells=(cell,))
    return alone.finish(cell.id, CellResult(assets.add(picture), recipe=recipe))[cell.id]


def missing(notebook: Notebook, assets: Assets) -> dict[str, tuple[Upload, ...]]:
    """The uploads of each cell whose files are not here; cells that have all of theirs are left out."""
    found = {}
    for cell in notebook.cells:
        lost = [each for each in cell.sources if isinstance(each, Upload) and each.asset not in assets]
        if lost:
            found[cell.id] = tuple(lost)
    return found


def source_file(notebook: Notebook, cell: str, source: PictureRef, assets: Assets) -> tuple[bytes, str]:
    """The bytes of a cell's input and its file's name. Raises NotebookError, naming the cell."""
    title = notebook.name_of(cell)
    if isinstance(source, Example):
        path = examples.find(source.name)
        return path.read_bytes(), path.name
    if isinstance(source, Named):
        raise NotebookError("{name} is a style of the library and has no file.", name=source.name)
    if isinstance(source, Output):
        result = notebook[source.cell].result
        if result is None or result.asset not in assets:
            raise NotebookError(
                "{cell} uses the picture of {other}, which has none yet: run that first.",
                cell=title,
                other=notebook.name_of(source.cell),
            )
        return assets.get(result.asset), file_names(notebook)[source.cell] + ".png"
    if source.asset not in assets:
        raise NotebookError(
            "{cell} needs the picture {file}, which is not here: choose it again.",
            cell=title,
            file=source.name or source.asset[:12],
        )
    return assets.get(source.asset), source.name


def file_names(notebook: Notebook) -> dict[str, str]:
    """A name for each cell's files, without suffix, such as ``02-harbour-at-night``. No two are the same."""
    width = max(2, len(str(len(notebook.cells))))
    return {
        cell.id: f"{n:0{width}}-{slug(cell.title) or cell.kind}" for n, cell in enumerate(notebook.cells, 1)
    }


def _encodable(name: str) -> str:
    """The name with a question mark for each byte that is not UTF-8, which no browser takes."""
    return name.encode(errors="replace").decode()


def _style(file: StyleFileRef) -> PictureRef | None:
    return Named(file.name) if getattr(file, "library", False) else _source(file)


def _source(file: FileRef) -> Upload | Example | None:
    if len(file.sha256) != 64:
        return None
    example = examples.known(file.sha256)
    return Example(example) if example else Upload(file.sha256, _encodable(file.name))
