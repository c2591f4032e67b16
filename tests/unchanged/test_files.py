"""Notebooks of an earlier version open with all that they held, and nothing in them has gone stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylize.notebook import Assets, Notebook
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.store import from_json, to_json

from .pictures import FILES


@pytest.fixture(params=["zip", "json"])
def kept(request: pytest.FixtureRequest) -> Notebook:
    if request.param == "zip":
        return load_zip(FILES / "notebook.zip", Assets())
    return from_json((FILES / "notebook.json").read_text("utf-8"))


def test_the_cells_are_there(kept: Notebook) -> None:
    assert kept.title == "Everything"
    kinds = [(cell.kind, cell.mode) for cell in kept.cells]
    assert kinds == [("picture", "adain"), ("note", "adain"), ("picture", "gatys"), ("picture", "cyclegan"),
                     ("sweep", "adain"), ("sweep", "gatys")]  # fmt: skip
    first, note, second, third, sweep, _ = kept.cells
    assert (first.title, second.title, second.folded) == ("First", "A second one", True)
    assert note.text == "# Heading\n\nSome *words*."
    assert [style.weight for style in second.styles] == [2.0, 1.0]
    assert kept.uses(second.id) == (first.id,)
    assert kept.uses(third.id) == (first.id,)
    assert [axis.values for axis in sweep.axes] == [(0.4, 1.0), ()]


def test_the_results_are_there(kept: Notebook) -> None:
    first, _, second, third, sweep, other = kept.cells
    assert all(cell.result and cell.result.complete for cell in (first, second, third, sweep, other))
    assert first.result.log == ("A line of the log.", "Another.")
    assert second.result.losses[0][0] == "total"
    assert [step for step, _ in second.result.losses[0][1]] == [1, 4]
    assert [len(cell.result.tiles) for cell in (sweep, other)] == [4, 4]
    assert all(tile.recipe is not None for tile in (*sweep.result.tiles, *other.result.tiles))


def test_nothing_has_gone_stale(kept: Notebook) -> None:
    """A setting under another name is still the same setting."""
    assert kept.stale == frozenset()
    assert kept.plan(again=False) == ()


def test_it_is_the_same_when_it_is_saved_again(kept: Notebook, tmp_path: Path) -> None:
    assert from_json(to_json(kept)) == kept


def test_a_zip_is_whole_again(tmp_path: Path) -> None:
    assets, again = Assets(), Assets()
    book = load_zip(FILES / "notebook.zip", assets)
    save_zip(book, assets, tmp_path / "again.zip")
    assert load_zip(tmp_path / "again.zip", again) == book
    assert set(again) == set(assets)
