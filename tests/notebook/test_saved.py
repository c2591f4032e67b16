"""A notebook with every kind of cell, input, axis and result, as version 0.1.0 saved it, opens unchanged.

The files in ``saved/`` were written by that version and are never written again. ``expected.json`` has what
it said of the notebook then.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stylize.notebook import Assets, Notebook
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.recipes import missing
from stylize.notebook.store import from_json, read, to_json
from stylize.recipe import Recipe
from stylize.webui.drawing import keepsake

SAVED = Path(__file__).with_name("saved")
TEXT = (SAVED / "notebook.json").read_text("ascii")
VALUES = json.loads(TEXT)
EXPECTED = json.loads((SAVED / "expected.json").read_text("ascii"))


@pytest.fixture
def book() -> Notebook:
    return from_json(TEXT)


def without_settings(values):
    """JSON values without a mode's settings, which have names of their own, nor recipes, which hold some."""
    if isinstance(values, dict):
        return {
            key: without_settings(each) for key, each in values.items() if key not in ("settings", "recipe")
        }
    return [without_settings(each) for each in values] if isinstance(values, list) else values


def test_every_field_is_read_and_written_as_it_was(book):
    assert without_settings(json.loads(to_json(book))) == without_settings(VALUES)
    assert from_json(to_json(book)) == book
    for cell, values in zip(book.cells, VALUES["cells"], strict=True):
        assert cell.settings == type(cell.settings).from_dict(values["settings"])
        if values["result"]:
            made = [(cell.result, values["result"])]
            made += zip(cell.result.tiles, values["result"]["tiles"], strict=True)
            for each, saved in made:
                recipe = saved["recipe"]
                assert each.recipe == (Recipe.from_json(json.dumps(recipe)) if recipe else None)


def test_every_kind_is_among_them():
    cells = VALUES["cells"]
    sources = [cell["content"] for cell in cells if cell["content"]]
    sources += [style for cell in cells for style in cell["styles"]]
    assert {cell["kind"] for cell in cells} == {"picture", "sweep", "note"}
    assert {source["from"] for source in sources} == {"upload", "output", "example", "named"}
    assert {axis["setting"] for cell in cells for axis in cell["axes"]} >= {"strength", "style", "full_size"}
    results = [cell["result"] for cell in cells if cell["result"]]
    for name in ("recipe", "log", "losses", "tiles"):
        assert any(result[name] for result in results)


def test_nothing_goes_stale_and_links_are_the_same(book):
    assert {cell: book.fingerprint(cell) for cell in book.ids} == EXPECTED["fingerprints"]
    assert sorted(book.stale) == EXPECTED["stale"]
    assert list(book.dependency_order) == EXPECTED["order"]
    assert {cell: list(book.uses(cell)) for cell in book.ids} == EXPECTED["uses"]
    assert {cell: list(book.needs(cell)) for cell in book.ids} == EXPECTED["needs"]
    assert sorted(book.assets) == EXPECTED["assets"]


def test_the_zip_has_the_same_notebook_and_its_pictures(book, tmp_path):
    assets = Assets()
    assert load_zip(SAVED / "notebook.zip", assets) == book
    assert sorted([*assets, *EXPECTED["missing"]]) == EXPECTED["assets"]
    assert sorted(missing(book, assets)) == ["lost1", "paint3"]
    save_zip(book, assets, tmp_path / "again.zip")
    again = Assets()
    assert load_zip(tmp_path / "again.zip", again) == book
    assert {sha: again.get(sha) for sha in again} == {sha: assets.get(sha) for sha in assets}
    assert read(to_json(book, here=assets))[1] == set(EXPECTED["missing"])


def test_the_browser_keeps_all_of_it_but_logs_and_losses(book):
    def bare(result):
        return result and {**result, "log": [], "losses": []}

    wanted = [{**cell, "result": bare(cell["result"])} for cell in VALUES["cells"]]
    assert without_settings(json.loads(keepsake(book))["cells"]) == without_settings(wanted)
