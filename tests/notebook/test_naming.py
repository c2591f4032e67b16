"""What the files of pictures are called."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from stylize import modes
from stylize.notebook import Assets, CellResult, Example, Named, Notebook, StyleRef, Tile, Upload
from stylize.notebook import examples as samples
from stylize.notebook.naming import asset_names, picture_name, slug, whole_name
from stylize.recipe import FileRef, Recipe, StyleFileRef

from .made import chain, png


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def painted():
    """A notebook with a cell of an example and a style of the library, and its result."""
    style = StyleRef(Named("claude-monet"))
    book = Notebook().add(content=Example("raccoon"), styles=(style,))
    (cell,) = book.cells
    photo = FileRef("", sha(samples.find("raccoon")))
    recipe = Recipe("adain", cell.settings, photo, (StyleFileRef("claude-monet", "1" * 64, library=True),))
    return book.finish(cell.id, CellResult("2" * 64, recipe=recipe))


def called(book, **changes):
    cell = replace(book.cells[0], **changes)
    return picture_name(book, cell, cell.result)


def test_a_picture_is_called_after_its_photo_and_its_style(painted):
    assert called(painted) == "raccoon-claude-monet"
    assert called(painted, title="By the pond") == "by-the-pond-claude-monet"
    assert called(painted, title="池塘边") == "池塘边-claude-monet"
    assert called(painted, title="My Claude Monet") == "my-claude-monet"


def test_the_photo_and_the_style_are_those_of_the_picture(painted):
    assert called(painted, content=Example("wave"), styles=()) == "raccoon-claude-monet"
    recipe = replace(painted.cells[0].result.recipe, content=FileRef("", "3" * 64))
    book = painted.add(content=Upload("3" * 64, "My Beach.HEIC"))
    assert called(book, result=CellResult("2" * 64, recipe=recipe)) == "my-beach-claude-monet"
    assert called(book, result=CellResult("2" * 64)) == "adain"


def test_a_learned_style_is_called_by_its_name(painted):
    style = StyleFileRef("", "3" * 64)
    recipe = replace(painted.cells[0].result.recipe, styles=(style,))
    cell = replace(painted.cells[0], styles=(StyleRef(Upload("3" * 64, "日の出.style.safetensors")),))
    book = replace(painted, cells=(cell,))
    assert called(book, result=CellResult("2" * 64, recipe=recipe)) == "raccoon-日の出"


def test_a_translation_is_called_after_its_network(painted):
    recipe = painted.cells[0].result.recipe
    cell = painted.cells[0].with_mode("cyclegan")
    network = getattr(cell.settings, modes.spec("cyclegan").style_network_field)
    assert network
    recipe = replace(recipe, mode="cyclegan", settings=cell.settings, styles=())
    result = CellResult("2" * 64, recipe=recipe)
    assert (
        called(painted, mode="cyclegan", settings=cell.settings, result=result) == f"raccoon-{slug(network)}"
    )


def test_every_picture_has_a_name_of_its_own():
    assets = Assets()
    book, first, sweep = chain(assets, "First")
    tiles = tuple(Tile(n, 0, assets.add(png(10 + n))) for n in range(2))
    book = book.finish(first, CellResult(assets.add(png(3))))
    book = book.finish(sweep, CellResult(assets.add(png(4)), tiles=tiles))
    names = asset_names(book)
    assert list(names.values()) == ["photo", "style", "first", "sweep", "adain", "adain-2"]
    assert set(names) == book.assets


def test_names_are_those_of_files_on_every_system():
    assert slug("../../Été à l'eau/") == "été-à-l-eau"
    assert whole_name("CON", "x") == "con-1"
    assert whole_name("?*", "x") == "x"
    assert len(slug("画" * 100).encode()) <= 60
