"""A picture that Stylize made becomes a cell again; names of files; contact sheets."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace

import pytest
from PIL import Image

import stylize
from stylize.errors import NotebookError
from stylize.image import read_recipe
from stylize.notebook import Assets, Cell, CellResult, Example, Named, Notebook, Output, StyleRef, Upload
from stylize.notebook import examples as pictures
from stylize.notebook.recipes import file_names, from_recipe, missing
from stylize.notebook.sheet import contact_sheet
from stylize.notebook.work import jobs
from stylize.recipe import FileRef, Recipe, StyleFileRef

from .made import SMALL, png


def test_a_picture_becomes_the_cell_that_makes_it(tmp_path):
    made = stylize.stylize(png(1), [png(2), png(3)], style_weights=[2, 1], strength=0.5, **SMALL)
    stylize.save(made, tmp_path / "made.png")
    data, recipe = (tmp_path / "made.png").read_bytes(), Recipe.from_json(read_recipe(tmp_path / "made.png"))
    assets = Assets()
    cell = from_recipe(recipe, picture=data, assets=assets, title="Again")
    book = Notebook(cells=(cell,))
    assert book.stale == set()
    assert assets.get(cell.result.asset) == data
    assert len(missing(book, assets)[cell.id]) == 3
    for seed in (1, 2, 3):
        assets.add(png(seed))
    assert missing(book, assets) == {}
    (job,) = jobs(book, cell.id, assets)
    assert job.recipe(names=False) == recipe


@dataclass(frozen=True)
class _Named(StyleFileRef):
    library: bool = True


def test_inputs_that_are_examples_are_known_again():
    name, path = next(iter(pictures.files().items()))
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    recipe = Recipe("adain", Cell().settings, FileRef("renamed.jpg", sha), (
        StyleFileRef("mine.jpg", "0" * 64, 0.5), StyleFileRef("", "", 1.0)))  # fmt: skip
    cell = from_recipe(recipe)
    assert cell.content == Example(name)
    assert cell.styles == (StyleRef(Upload("0" * 64, "mine.jpg"), 0.5),)
    assert cell.result is None
    library = replace(recipe, styles=(_Named("claude-monet", "1" * 64),))
    assert from_recipe(library).styles == (StyleRef(Named("claude-monet")),)
    with pytest.raises(NotebookError, match="no example called"):
        pictures.find("nobody")


def test_names_of_files_are_plain_and_differ():
    book = Notebook().add(title="../../Été à l'eau/").add(title="CON").add("note").add(title="画" * 100)
    names = list(file_names(book).values())
    assert names == ["01-été-à-l-eau", "02-con", "03-note", "04-" + "画" * 20]


def test_the_file_of_another_cells_picture_has_that_cells_name():
    assets = Assets()
    content, style = Upload(assets.add(png(1))), StyleRef(Upload(assets.add(png(2)), "style.png"))
    book = Notebook().add(title="First one", content=content, styles=(style,))
    book = book.add(content=Output(book.ids[0]), styles=(style,))
    book = book.finish(book.ids[0], CellResult(assets.add(png(3))))
    (job,) = jobs(book, book.ids[1], assets)
    assert (job.content.name, job.styles[0].source.name) == ("01-first-one.png", "style.png")
    assert job.content.sha256 == book.cells[0].result.asset


def test_contact_sheets_fit_and_keep_order():
    colors = ["red", "lime", "blue"]
    sheet = contact_sheet([Image.new("RGB", (10, 6), color) for color in colors], 2)
    assert sheet.size == (28, 20)
    found = [sheet.getpixel(at) for at in ((5, 3), (23, 3), (5, 17), (23, 17))]
    assert found == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    large = contact_sheet([Image.open(io.BytesIO(png(1, (3000, 1000))))] * 4, 2)
    assert max(large.size) <= 4096
