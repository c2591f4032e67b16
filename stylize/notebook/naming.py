"""Names of pictures' files: after the photo and the styles that made them, or what a user called them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from .. import modes
from ..recipe import FileRef, Recipe
from ..system.places import DEVICES
from . import examples
from .cells import Cell
from .model import Notebook
from .references import Upload
from .results import CellResult, Tile
from .schema.traversal import walk

LONGEST = 60  # bytes of a name without suffix
_MOST_STYLES = 3  # in one name


def slug(*texts: str) -> str:
    """Texts as one name, such as ``harbor-at-night``: letters and digits of any script; "" for none."""
    parts = "".join(letter.lower() if letter.isalnum() else " " for letter in " ".join(texts)).split()
    return "-".join(parts).encode()[:LONGEST].decode(errors="ignore").strip("-")


def whole_name(text: str, otherwise: str) -> str:
    """A text as a file's whole name without suffix, on every system; ``otherwise`` where nothing is left."""
    short = slug(text) or otherwise
    return f"{short}-1" if short in DEVICES else short


def picture_name(notebook: Notebook, cell: Cell, made: CellResult | Tile) -> str:
    """What to call the file of a cell's picture, without suffix, such as ``raccoon-wave``.

    It begins with the cell's title, or else with the photo's name. Photo and styles are those of the
    picture's recipe, whatever the cell has by now. The sheet of a sweep is called so.
    """
    tiles = made.tiles if isinstance(made, CellResult) else ()
    recipe = tiles[0].recipe if tiles else made.recipe
    uploads = _uploads(notebook)
    photo = _called(recipe.content, uploads) if recipe else ""
    first = slug(cell.title) or slug(photo)
    looks = _looks(recipe, uploads)[:_MOST_STYLES] if recipe and not tiles else ()
    second = ["sweep"] if tiles else [slug(each) for each in looks]
    return whole_name(" ".join((first, *(each for each in second if each not in first))), cell.mode)


def asset_names(notebook: Notebook) -> dict[str, str]:
    """A name for each picture that a notebook names, by its sha256, without suffix. No two are the same."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for sha256, name in _named(notebook):
        if sha256 not in found:
            found[sha256], n = name, 2
            while found[sha256] in taken:
                found[sha256], n = f"{name}-{n}", n + 1
            taken.add(found[sha256])
    return found


def _named(notebook: Notebook) -> Iterator[tuple[str, str]]:
    """The sha256 and the wanted name of each picture: what goes in first, then what was made."""
    for sha256, file in _uploads(notebook).items():
        yield sha256, whole_name(PurePosixPath(file).stem, "picture")
    for cell in notebook.cells:
        if cell.result:
            yield cell.result.asset, picture_name(notebook, cell, cell.result)
            for tile in cell.result.tiles:
                yield tile.asset, picture_name(notebook, cell, tile)
    for sha256 in sorted(notebook.assets):
        yield sha256, "picture"


def _uploads(notebook: Notebook) -> dict[str, str]:
    """The names of the user's files by their sha256."""
    return {part.asset: part.name for part in walk(notebook) if isinstance(part, Upload)}


def _looks(recipe: Recipe, uploads: dict[str, str]) -> list[str]:
    """The names of a recipe's styles; of a mode without styles that of its network."""
    spec = modes.spec(recipe.mode)
    if spec.takes_styles:
        return [each.name if each.library else _called(each, uploads) for each in recipe.styles]
    network = str(getattr(recipe.settings, spec.style_network_field, ""))
    return [PurePosixPath(network).stem]


def _called(file: FileRef, uploads: dict[str, str]) -> str:
    """The name of an input's file without its suffix: recipes of the page leave names out."""
    if not file.sha256:
        return ""
    from ..image.learned import SUFFIX  # Pillow, which a notebook does without

    name = file.name or examples.known(file.sha256) or uploads.get(file.sha256, "")
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else PurePosixPath(name).stem
