"""Styles that are learned on the page, and the visitor's own."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from notebook.made import learned_style

from stylize import api
from stylize.library import learned
from stylize.notebook import Assets, Example, Named, StyleRef, Upload
from stylize.notebook.archive import load_zip
from stylize.recipe import Recipe
from stylize.webui import files
from stylize.webui.profiles import LOCAL, SHARE

from .bench import Bench

QUICK = replace(LOCAL, learning=0.01)  # seconds: one step
STRANGERS = replace(SHARE, steps=1)


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "page", QUICK, executor=None)


@pytest.fixture
def session(bench):
    return bench.session()


@pytest.fixture
def cell(bench, session):
    return bench.picture(session)


def learn(bench, session, cell, index=0):
    """Learns a style to the end, and gives what then stands in its place."""
    bench.do(session, "learn", cell=cell, index=index)
    assert bench.run_queue.idle(120)
    assert session.live(cell).phase == "done", session.live(cell).error
    return session.book[cell].styles[index].source


def names(bench, session):
    return [each.name for each in bench.page_files.of(session).styles.all()]


def given(bench, session, name="sea"):
    """One of the visitor's styles, of a painter that nobody has: its picture is the style."""
    cell = session.book.ids[0]
    path = bench.upload(f"{name}.style.safetensors", learned_style(name))
    bench.do(session, "upload", cell=cell, what="style", index=0, path=path)
    return session.book[cell].styles[0].source


def test_a_learned_style_takes_its_place_and_the_cell_is_painted_with_it(bench, session, cell, mine):
    found = learn(bench, session, cell)
    assert found.name == "painting.style.safetensors"
    assert session.said[1:] == ("done", "painting is one of your styles now")
    (style,) = learned.mine()
    assert (style.name, style.style.name, style.path.parent) == ("painting", "painting", mine)
    assert style.sha256 == found.asset
    result = session.book[cell].result
    assert result.recipe.styles[0].sha256 == found.asset
    assert cell not in session.book.stale
    assert result.complete
    bench.do(session, "undo")
    assert session.book[cell].styles[0].source.name == "painting.png"


def test_the_result_is_made_again_from_its_recipe(bench, session, cell, tmp_path):
    learn(bench, session, cell)
    own = bench.page_files.of(session)
    picture = own.assets.path(session.book[cell].result.asset)
    recipe = session.book[cell].result.recipe
    content = own.assets.path(recipe.content.sha256)
    again = api.run(recipe, content=content, folder=tmp_path)
    assert again.tobytes() == api.to_pil(api.load(picture).tensor).tobytes()


def test_what_is_one_of_the_styles_learns_more_under_its_name(bench, session, cell):
    first = learn(bench, session, cell)
    form = bench.card(session, cell)[1]
    assert "Learn more" in form
    assert "painting</span>" in form
    second = learn(bench, session, cell)
    assert second.asset != first.asset
    assert second.name == first.name
    assert [each.sha256 for each in learned.mine()] == [second.asset]


def test_names_are_those_of_the_pictures_and_taken_once(bench, session, cell):
    learn(bench, session, cell)
    bench.do(session, "upload", cell=cell, what="style", index=0, path=bench.upload("painting.png"))
    assert learn(bench, session, cell).name == "painting 2.style.safetensors"
    bench.do(session, "choose", cell=cell, what="style", index=0, kind="example", name="sun-mosaic")
    session.language = "zh"
    assert learn(bench, session, cell).name.startswith("太阳")


def begin(bench, session, cell):
    """Learns until somebody stops it; its state once there is a preview."""
    bench.do(session, "learn", cell=cell, index=0)
    live, end = session.live(cell), time.monotonic() + 120
    while (live.update is None or not live.update.step or not live.pair) and time.monotonic() < end:
        time.sleep(0.05)
    return live


@pytest.fixture
def slow(tmp_path):
    return Bench(tmp_path / "slow", replace(LOCAL, learning=600), executor=None)


def test_a_stop_keeps_what_was_learned_so_far(slow):
    bench, session = slow, slow.session()
    cell = bench.picture(session)
    live = begin(bench, session, cell)
    face = bench.card(session, cell)[2]
    assert "Learning the style" in face
    assert "compare busy" in face
    assert "style 0." in face or "style 1." in face
    bench.do(session, "stop", cell=cell)
    assert bench.run_queue.idle(120)
    assert live.phase == "stopped"
    assert names(bench, session) == ["painting"]
    assert session.book[cell].styles[0].source.name == "painting.style.safetensors"
    assert session.book[cell].result is not None


def test_it_waits_its_turn_and_can_leave_the_queue(bench, session, cell, monkeypatch):
    other = bench.picture(session)
    for each in (cell, other):
        bench.do(session, "learn", cell=each, index=0)
    bench.do(session, "learn", cell=other, index=0)  # once more: it waits already
    bench.do(session, "stop", cell=other)
    assert bench.run_queue.idle(120)
    assert session.live(other).phase == "left"
    assert names(bench, session) == ["painting"]


def test_a_style_that_was_changed_meanwhile_stays(slow):
    bench, session = slow, slow.session()
    cell = bench.picture(session)
    begin(bench, session, cell)
    bench.do(session, "choose", cell=cell, what="style", index=0, kind="example", name="sun-mosaic")
    bench.do(session, "stop", cell=cell)
    assert bench.run_queue.idle(120)
    assert session.book[cell].styles[0].source == Example("sun-mosaic")
    assert session.book[cell].result is None
    assert names(bench, session) == ["painting"]


def test_the_button_is_where_something_can_be_learned(bench, session, cell):
    assert 'data-do="learn"' in bench.card(session, cell)[1]
    for kind, name, there in (("named", "claude-monet", False), ("example", "sun-mosaic", True)):
        bench.do(session, "choose", cell=cell, what="style", index=0, kind=kind, name=name)
        assert ('data-do="learn"' in bench.card(session, cell)[1]) is there
    for name, value in (("network", "adain-half"), ("color", "linear")):
        bench.do(session, "set", cell=cell, name=name, value=value)
        assert 'data-do="learn"' not in bench.card(session, cell)[1]
        bench.do(session, "of_mode", cell=cell, value="default")
    bench.do(session, "mode", cell=cell, value="gatys")
    assert 'data-do="learn"' not in bench.card(session, cell)[1]
    bench.do(session, "learn", cell=cell, index=0)
    assert bench.run_queue.idle(60)
    assert "Only AdaIN" in str(session.live(cell).error)
    assert "out of date" in bench.fails(session, "learn", cell=cell, index=3)


def test_a_sweep_learns_and_is_left_to_be_run(bench, session):
    cell = bench.picture(session, kind="sweep")
    assert learn(bench, session, cell).name == "painting.style.safetensors"
    assert session.book[cell].result is None
    assert "Learned" in bench.card(session, cell)[2]
    bench.do(session, "axis", cell=cell, n=0, setting="strength", values="0.5, 1")
    bench.run(session, cell)
    assert len(session.book[cell].result.tiles) == 2


def test_three_learned_styles_are_mixed_by_weight(bench, session, cell, tmp_path):
    learn(bench, session, cell)
    for n in (1, 2):
        bench.do(session, "upload", cell=cell, what="style", index=n, path=bench.upload("painting.png"))
        learn(bench, session, cell, n)
    for n, weight in enumerate((0.2, 0.5, 1)):
        bench.do(session, "property", cell=cell, index=n, property="weight", value=weight)
    for name, value in (("strength", 0.8), ("freedom", 0.5), ("brush", 2.0)):
        bench.do(session, "set", cell=cell, name=name, value=value)
    bench.run(session, cell)
    own, book = bench.page_files.of(session), session.book
    paths = [own.assets.path(style.source.asset) for style in book[cell].styles]
    made = api.stylize(
        own.assets.path(book[cell].content.asset), paths, style_weights=[0.2, 0.5, 1], content_side=64,
        strength=0.8, freedom=0.5, brush=2.0,
    )  # fmt: skip
    assert made.tobytes() == api.to_pil(api.load(own.assets.path(book[cell].result.asset)).tensor).tobytes()
    assert Recipe.from_json(made.info["stylize"]).styles[2].weight == 1


def test_a_notebook_with_a_learned_style_goes_out_and_comes_in(bench, session, cell, tmp_path):
    found = learn(bench, session, cell)
    own = bench.page_files.of(session)
    for kind in files.KINDS:
        assert files.export(session.book, kind, own).stat().st_size > 1000
    zip = files.export(session.book, "zip", own)
    assets = Assets(tmp_path / "elsewhere")
    assert load_zip(zip, assets)[cell].styles == session.book[cell].styles
    assert api.load(assets.path(found.asset)).learned.name == "painting"
    text = bench.drawing.changes(session, all_of_it=True).parts["keep"]
    again = bench.session()
    bench.actions.restore(again, text)
    assert again.book[cell].styles == session.book[cell].styles


def test_a_style_of_ones_own_is_found_again_for_a_notebook_without_pictures(bench, session, cell, tmp_path):
    found = learn(bench, session, cell)
    json = files.export(session.book, "json", bench.page_files.of(session))
    other = Bench(tmp_path / "other", QUICK)
    visitor = other.session()
    other.do(visitor, "import", paths=[other.upload("notebook.json", json.read_bytes())])
    assert visitor.book.cells[0].styles == (StyleRef(found),)
    assert found.asset in other.page_files.of(visitor).assets


def test_they_are_chosen_renamed_exported_and_deleted(bench, session, cell, mine):
    found = given(bench, session)
    bench.do(session, "choose", cell=cell, what="style", index=0, kind="example", name="sun-mosaic")
    bench.do(session, "pick", cell=cell, what="style", index=0)
    dialog = bench.drawing.changes(session).parts["picker"]
    assert "My styles" in dialog
    assert 'data-kind="mine" data-name="sea"' in dialog
    bench.do(session, "rename_style", name="sea", value=" 日の出 ")
    assert names(bench, session) == ["日の出"]
    assert "cannot be the name" in bench.fails(session, "rename_style", name="日の出", value="../a")
    bench.do(session, "choose", cell=cell, what="style", index=0, kind="mine", name="日の出")
    assert session.book[cell].styles[0].source == Upload(found.asset, "日の出.style.safetensors")
    bench.do(session, "export_style", name="日の出")
    _, address, name = session.download
    assert name == "日の出.style.safetensors"
    assert address.startswith("gradio_api/file=")
    bench.do(session, "pick", cell=cell, what="style", index=0)
    assert 'aria-pressed="true"' in bench.drawing.changes(session).parts["picker"]
    bench.do(session, "ask_style", name="日の出")
    assert "Delete this style?" in bench.drawing.changes(session).parts["picker"]
    bench.do(session, "ask_style", name="")
    assert "Delete this style?" not in bench.drawing.changes(session).parts["picker"]
    bench.do(session, "delete_style", name="日の出")
    assert list(mine.iterdir()) == []
    assert "My styles" not in bench.drawing.changes(session).parts["picker"]
    bench.run(session, cell)
    assert session.book[cell].result.complete


def test_files_are_imported_once_wherever_they_are_dropped(bench, session, cell):
    found = given(bench, session)
    data = bench.page_files.of(session).assets.get(found.asset)
    bench.do(session, "import", paths=[bench.upload("sea.style.safetensors", data)])
    assert session.said[1:] == ("done", "sea is one of your styles now")
    assert names(bench, session) == ["sea"]
    assert len(session.book.cells) == 1
    given(bench, session, "other")
    bench.do(session, "import", paths=[bench.upload("sea.style.safetensors", learned_style("another"))])
    assert names(bench, session) == ["other", "sea", "sea 2"]


def test_hostile_files_are_refused(bench, session, cell):
    whole = learned_style()
    broken = (whole[:-30], whole + b"0", (9**9).to_bytes(8, "little") + whole[8:],
              whole[:8] + whole[8:].replace(b'"F32"', b'"F64"', 1))  # fmt: skip
    for n, data in enumerate(broken):
        path = bench.upload(f"{n}.style.safetensors", data)
        before = session.book[cell].styles
        for do in ({"do": "import"}, {"do": "upload", "cell": cell, "what": "style", "index": 0}):
            assert f"{n}.style.safetensors" in bench.fails(session, path=path, paths=[path], **do)
        assert session.book[cell].styles == before
    assert names(bench, session) == []


def test_each_visitor_of_a_shared_page_has_styles_of_their_own(tmp_path, mine):
    bench = Bench(tmp_path / "page", STRANGERS, executor=None)
    one, two = bench.session(), bench.session()
    cells = [bench.picture(each) for each in (one, two)]
    learned.add(learned_style("the owner's"))
    bench.do(one, "learn", cell=cells[0], index=0)
    live = one.live(cells[0])
    assert bench.run_queue.idle(120)
    assert (live.phase, live.update.total) == ("done", 1)
    assert (names(bench, one), names(bench, two)) == (["painting"], [])
    assert [each.name for each in learned.mine()] == ["the owner's"]
    (file,) = tmp_path.glob("page/visitors/*/styles/*")
    assert bench.page_files.of(one).name in file.parts
    for name in ("painting", "the owner's", "../../styles/painting"):
        for do in ("delete_style", "export_style"):
            bench.fails(two, do, name=name)
        bench.fails(two, "rename_style", name=name, value="mine")
        bench.fails(two, "choose", cell=cells[1], what="style", index=0, kind="mine", name=name)
    assert file.is_file()


def test_a_visitor_has_so_many_styles_and_no_more(tmp_path):
    bench = Bench(tmp_path / "page", replace(STRANGERS, styles=1), executor=None)
    session = bench.session()
    cell = bench.picture(session)
    given(bench, session)
    bench.do(session, "upload", cell=cell, what="style", index=0, path=bench.upload("painting.png"))
    assert learn(bench, session, cell).name == "painting.style.safetensors"
    assert session.said[1:] == ("failed", "You have 1 styles already: delete one first.")
    assert names(bench, session) == ["sea"]


def test_a_named_style_is_not_learned(bench, session, cell):
    bench.do(session, "choose", cell=cell, what="style", index=0, kind="named", name="claude-monet")
    bench.do(session, "learn", cell=cell, index=0)
    assert bench.run_queue.idle(60)
    assert "one picture" in str(session.live(cell).error)
    assert session.book[cell].styles[0].source == Named("claude-monet")
