"""What a visitor brings in and takes out, without a browser: notebooks, pictures, addresses."""

from __future__ import annotations

import base64
import json
from urllib.parse import unquote

import pytest

from stylize.notebook import Upload


@pytest.mark.parametrize("kind", ["zip", "ipynb", "py", "html", "json"])
def test_every_kind_of_file_is_written(bench, session, kind):
    bench.run(session, bench.picture(session))
    bench.do(session, "export", kind=kind)
    number, address, name = session.download
    assert (number, name) == (1, f"stylize-notebook.{kind}")
    assert address.startswith("gradio_api/file=")
    bench.do(session, "rename", value="By the Sea: 海边")
    bench.do(session, "export", kind=kind)
    assert session.download[2] == f"by-the-sea-海边.{kind}"
    assert unquote(session.download[1]).endswith(f"/by-the-sea-海边.{kind}")


def test_out_clear_and_in_again_is_the_same(bench, session):
    first = bench.picture(session)
    bench.do(session, "below", cell=first)
    bench.run(session)
    cells = session.book.cells
    bench.do(session, "export", kind="zip")
    data = next(bench.page_files.store.pictures.rglob("*.zip")).read_bytes()
    bench.do(session, "clear")
    bench.do(session, "import", paths=[bench.upload("book.zip", data)])
    assert session.book.cells == cells
    bench.do(session, "import", paths=[bench.upload("book.zip", data)])  # beside cells of the same ids
    assert len(set(session.book.ids)) == 4
    assert session.book.stale == frozenset()


def test_a_picture_that_was_made_here_becomes_its_cell(bench, session):
    bench.run(session, bench.picture(session, strength=0.25))
    data = bench.page_files.of(session).assets.get(session.book.cells[0].result.asset)
    cell = bench.do(session, "import", paths=[bench.upload("made.png", data)])
    assert session.book[cell].settings.strength == 0.25
    assert session.book[cell].content == Upload(session.book.cells[0].content.asset)
    assert session.book[cell].result.asset == session.book.cells[0].result.asset


def test_several_files_come_in_their_order_and_a_bad_one_keeps_none_out(bench, session):
    paths = [bench.upload(name) for name in ("c.png", "a.png", "b.png")]
    bench.actions.act(
        session, {"do": "import", "paths": [paths[0], bench.upload("x.jpg", b"hello"), *paths[1:]]}
    )
    assert [cell.title for cell in session.book.cells] == ["c", "a", "b"]
    assert "x.jpg is not a picture" in session.said[2]
    many = bench.fails(session, "import", paths=["x"] * 25)
    assert many == "At most 24 files are taken at once."


@pytest.mark.parametrize("paths", [None, "x", [7], [None], {}, [[]]])
def test_what_is_no_path_is_no_file(bench, session, paths):
    assert bench.fails(session, "import", paths=paths) == "This file did not arrive: choose it again."


def test_a_picture_without_a_recipe_becomes_a_photo(bench, session):
    cell = bench.do(session, "import", paths=[bench.upload("my_beach.png")])
    assert session.book[cell].content.name == "my_beach.png"
    assert session.book[cell].title == "my beach"
    assert session.book[cell].styles, "so that one click paints it"
    bench.run(session, cell)
    assert session.book[cell].result.complete


def test_addresses_may_ask_for_a_preset_or_bring_a_recipe(bench, session):
    bench.actions.begin(session, {"preset": "gatys-draft"})
    assert session.book.cells[0].settings.steps == 80
    recipe = {"format": 1, "mode": "adain", "settings": {"strength": 0.3},
              "content": {"name": "a.png", "sha256": "0" * 64}}  # fmt: skip
    text = base64.urlsafe_b64encode(json.dumps(recipe).encode()).decode().rstrip("=")
    bench.actions.begin(session, {"recipe": text})
    assert session.book.cells[1].settings.strength == 0.3
    assert session.said[0] == 0
    for bad in ("!!!", "A" * 10_000, base64.urlsafe_b64encode(b"{}").decode()):
        number = session.said[0]
        bench.actions.begin(session, {"recipe": bad})
        assert session.said[0] == number + 1
    assert len(session.book.cells) == 2


def test_what_the_browser_kept_comes_back(bench, session):
    from stylize.webui.drawing import keepsake

    bench.run(session, bench.picture(session))
    text = keepsake(session.book)
    again = bench.session()
    bench.actions.restore(again, text)
    assert again.book.ids == session.book.ids
    assert again.book.cells[0].result.asset == session.book.cells[0].result.asset
    assert not again.history.can_undo
    bench.page_files.of(session).assets.keep(())
    lost = bench.session()
    bench.actions.restore(lost, text)
    assert lost.book.cells[0].settings == session.book.cells[0].settings
    assert lost.book.cells[0].result is None
    for nonsense in (None, 7, "", "{}", "x" * 100, text.replace("adain", "/etc")):
        odd = bench.session()
        bench.actions.restore(odd, nonsense)
        assert odd.book.cells == ()


def test_what_an_editor_saved_comes_in_again(bench, session):
    bench.picture(session)
    bench.do(session, "export", kind="json")
    text = next(bench.page_files.store.pictures.rglob("*.json")).read_text("utf-8")
    bench.do(session, "import", paths=[bench.upload("marked.json", text.encode("utf-8-sig"))])
    assert len(session.book.cells) == 2
    said = bench.fails(session, "import", paths=[bench.upload("wide.json", text.encode("utf-16"))])
    assert said == "wide.json is saved as UTF-16: save it as UTF-8."
