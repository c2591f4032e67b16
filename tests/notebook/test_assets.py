"""Pictures by the sha256 of their files, in memory and in a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from stylize.errors import NotebookError
from stylize.notebook import Assets, Notebook
from stylize.notebook.store import to_json

from .made import placed, png


def test_assets_in_a_folder_write_nothing_but_pictures_by_their_sums(tmp_path: Path):
    kept = Assets(tmp_path)
    sha = kept.add(png(1))
    assert [path.name for path in tmp_path.iterdir()] == [f"{sha}.png"]
    assert kept.add(png(1)) == sha
    assert kept.path(sha).read_bytes() == kept.get(sha) == png(1)
    other = kept.add(png(2))
    kept.keep({other})
    assert list(Assets(tmp_path)) == [other]
    with pytest.raises(NotebookError):
        kept.get(sha)
    for bad in ("../x", "0" * 63, "/etc/passwd"):
        with pytest.raises(NotebookError):
            kept.get(bad)
    with pytest.raises(NotebookError):
        kept.add(b"text")
    assert json.loads(to_json(Notebook()))["format"] == "stylize-notebook"


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_a_picture_that_is_dropped_is_known_by_no_name(tmp_path, where):
    assets, data = Assets(tmp_path if where == "folder" else None), placed(8)
    kept, given = assets.add(data), hashlib.sha256(data).hexdigest()
    assert given != kept
    assert given in assets
    assets.drop([kept])
    assert given not in assets
    assert not assets._also
    assert not list(tmp_path.iterdir())
