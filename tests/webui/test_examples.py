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


def test_without_an_index_there_are_none(tmp_path):
    found = examples.find(tmp_path)
    assert found == examples.Examples()
    assert examples.strips(found, "en") == ("", "", "")


def test_strips_carry_their_pictures_and_escape_their_titles(folder):
    photos, paintings, pairs = examples.strips(examples.find(folder), "en")
    assert 'alt="One &lt;b&gt;"' in photos
    assert "<b>" not in photos + pairs
    assert paintings.count("data:image/jpeg;base64,") == 1
    assert 'alt="One &lt;b&gt; + Two"' in pairs
    assert 'alt="一"' in examples.strips(examples.find(folder), "zh")[0]


def test_copies_lie_where_the_page_may_read_them(folder, tmp_path):
    target = tmp_path / "page"
    found = examples.copied(examples.find(folder), target)
    assert {sample.path.parent for sample in (*found.photos, *found.paintings)} == {target}
    assert found.pairs == ((0, 0),)
    assert found.photos[0].path.read_bytes() == (folder / "one.png").read_bytes()
