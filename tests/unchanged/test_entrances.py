"""Every entrance leads to the pictures that it led to before, under the names that they had."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pictures import ENTRANCES, RECIPES, Pictures, apart, tolerance

NAMES = {
    "api_defaults": 6, "command_defaults": 5, "command_batch": 8, "command_run": 7,
    "notebook_zip": 13, "notebook_script": 13, "notebook_ipynb": 13,
}  # fmt: skip


@pytest.mark.parametrize("way", ENTRANCES)
def test_the_pictures_of_an_entrance_are_as_before(way: str, references: Pictures, tmp_path: Path) -> None:
    found = ENTRANCES[way](tmp_path)
    assert len(found) == NAMES.get(way, len(found))
    others = {name: apart(found[name], references[name]) for name in found}
    assert {name: most for name, most in others.items() if most >= tolerance(name)} == {}


def test_no_picture_is_left_out(references: Pictures) -> None:
    """Each has a recipe or comes of an entrance."""
    own = {"defaults", "preset", "second", "progress", "other", "batch", "notebook"}
    assert {name.split()[0] for name in references.keys() - RECIPES.keys()} == own
