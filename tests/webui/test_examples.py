"""The example pictures on the page: what is missing is left out, and titles stay text."""

from __future__ import annotations

import pytest

from stylize.webui import examples

from .made import painting, photo

INDEX = """
[[photo]]
file = "one.png"
title = "One <b>"
title_zh = "一"
[[photo]]
file = "lost.png"
title = "Lost"
[[style]]
file = "two.png"
title = "Two"
[[pair]]
photo = "one.png"
style = "two.png"
[[pair]]
photo = "lost.png"
style = "two.png"
"""


@pytest.fixture
def folder(tmp_path):
    photo(tmp_path / "one.png")
    painting(tmp_path / "two.png")
    (tmp_path / "index.toml").write_text(INDEX, "utf-8")
    return tmp_path


def test_what_is_not_there_is_left_out(folder):
    found = examples.find(folder)
    assert [sample.title for sample in found.photos] == ["One <b>"]
    assert [sample.title for sample in found.paintings] == ["Two"]
    assert found.pairs == ((0, 0),)
    assert found.painted == {}


def test_a_pair_has_its_painting_where_there_is_one(folder):
    (folder / "painted").mkdir()
    made = photo(folder / "painted" / "one.png")
    assert examples.find(folder).painted == {0: made}


def test_without_an_index_there_are_none(tmp_path):
    found = examples.find(tmp_path)
    assert found == examples.Examples()
