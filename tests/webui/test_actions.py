"""What a visitor can do, without a browser: edits, runs, files, and everything that is refused."""

from __future__ import annotations

import base64
import gc
import json
import re
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from stylize import weights
from stylize.errors import SettingsError, note
from stylize.execution import OneByOne
from stylize.image import read_recipe
from stylize.notebook import Example, Output, Upload
from stylize.progress import Progress
from stylize.webui.commands import TABLE
from stylize.webui.profiles import SPACE
from stylize.webui.session import SLOTS

from .bench import Bench, instant
from .made import bomb, photo


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def session(bench):
    return bench.session()


def test_a_new_cell_begins_with_the_pictures_of_the_last(bench, session):
    first = bench.picture(session)
    second = bench.do(session, "add", kind="picture")
    assert session.book[second].content == session.book[first].content
    assert session.book[second].styles == session.book[first].styles


def test_the_first_cell_begins_with_examples(bench, session):
    cell = bench.do(session, "add", kind="picture")
    assert isinstance(session.book[cell].content, Example)
    assert isinstance(session.book[cell].styles[0].source, Example)


def test_a_pair_of_examples_is_painted_at_once(bench, session):
    cell = bench.do(session, "pair", photo="raccoon", style="lily-pond", title="Raccoon")
    assert bench.run_queue.idle(60)
    assert session.book[cell].result.complete
    assert session.shots[0].title == "Raccoon"


def test_three_linked_cells_go_stale_and_run_in_order(bench, session):
    first = bench.picture(session)
    second = bench.do(session, "below", cell=first)
    third = bench.do(session, "below", cell=second)
    assert session.book[third].content == Output(second)
    bench.run(session)
    assert session.book.stale == frozenset()
    bench.do(session, "set", cell=first, name="passes", value=2)
    assert session.book.stale == {first, second, third}
    bench.do(session, "set", cell=first, name="style_side", value=256)
    bench.run(session)
    assert session.book.stale == frozenset()


def test_the_result_carries_its_recipe_and_no_name(bench, session):
    cell = bench.picture(session, strength=0.5)
    bench.run(session, cell)
    recipe = json.loads(read_recipe(bench.page_files.of(session).assets.get(session.book[cell].result.asset)))
    assert recipe["settings"]["strength"] == 0.5
    assert recipe["content"]["name"] == ""
    assert [name for name, _ in session.book[cell].result.losses] == ["total"]


def test_delete_clear_undo_and_redo(bench, session):
    cell = bench.picture(session)
    bench.run(session, cell)
    full = session.book
    bench.do(session, "delete", cell=cell)
    assert session.said[1] == "undo"
    assert cell not in session.slots
    bench.do(session, "undo")
    assert session.book == full
    bench.do(session, "clear")
    assert session.book.cells == ()
    bench.do(session, "undo")
    bench.do(session, "redo")
    assert session.book.cells == ()


def test_slots_stay_while_cells_move(bench, session):
    cells = [bench.do(session, "add", kind="note") for _ in range(3)]
    before = dict(session.slots)
    bench.do(session, "move", cell=cells[2], way="up")
    bench.do(session, "move", cell=cells[2], way="up")
    assert session.book.ids == (cells[2], cells[0], cells[1])
    assert session.slots == before
    bench.do(session, "delete", cell=cells[0])
    newest = bench.do(session, "duplicate", cell=cells[1])
    assert session.slots[newest] == before[cells[0]]


def test_there_is_room_for_so_many_cells(bench, session):
    for _ in range(SLOTS):
        bench.do(session, "add", kind="note")
    assert f"room for {SLOTS} cells" in bench.fails(session, "add", kind="note")


def test_a_sweep_becomes_a_sheet_whose_tiles_open_as_cells(bench, session):
    cell = bench.picture(session, kind="sweep")
    bench.do(session, "axis", cell=cell, n=0, setting="strength", values="0.2, 0.8")
    bench.do(session, "axis", cell=cell, n=1, setting="style_side", values="64 128")
    bench.run(session, cell)
    tiles = session.book[cell].result.tiles
    assert [(tile.column, tile.row) for tile in tiles] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    opened = bench.do(session, "tile", cell=cell, n=3)
    assert session.book[opened].settings.strength == 0.8
    assert session.book[opened].settings.style_side == 128
    assert session.book[opened].result.asset == tiles[3].asset
    bench.do(session, "axis", cell=cell, n=1, setting="")
    assert len(session.book[cell].axes) == 1
    assert "no number" in bench.fails(session, "axis", cell=cell, n=0, setting="strength", values="a lot")


@pytest.mark.parametrize("kind", ["picture", "sweep"])
def test_a_sweep_keeps_no_picture_in_full_size(bench, session, kind):
    """At each tile's start there is the photo and nothing else of its size."""
    seen = []

    def count(job):
        gc.collect()
        width, height = job.content.size
        found = gc.get_objects()
        tensors = [each for each in found if isinstance(each, torch.Tensor)]
        places = {each.data_ptr() for each in tensors if each.shape[-2:] == (height, width)}
        images = [each for each in found if isinstance(each, Image.Image) and each.size == (width, height)]
        seen.append((len(places), len(images)))
        yield from instant(job)

    bench.cell_runner.executor = OneByOne(count)
    cell = bench.picture(session, kind=kind)
    large = bench.upload("large.png", b"")
    photo(Path(large), 1210, 1021)
    bench.do(session, "upload", cell=cell, what="content", path=large)
    bench.run(session, cell)
    bench.run(session, cell)
    assert session.book[cell].result.complete
    assert len(seen) == (8 if kind == "sweep" else 2)
    assert set(seen) == {(1, 0)}


def test_a_run_that_failed_keeps_no_picture(bench, session):
    seen = []

    def fail(job):
        seen.append(weakref.ref(job.content))
        yield Progress(1, 2, job.content.tensor)
        raise SettingsError("too wild")

    bench.cell_runner.executor = OneByOne(fail)
    cell = bench.picture(session)
    gc.disable()
    try:
        bench.run(session, cell)
        assert str(session.lives[cell].error) == "too wild"
        assert seen[0]() is None
    finally:
        gc.enable()


def test_a_sweep_of_strangers_has_a_limit(tmp_path):
    bench = Bench(tmp_path, replace(SPACE, sweep_megapixels=0.02))  # of 96 x 64 pixels each
    session = bench.session()
    cell = bench.picture(session, kind="sweep")
    bench.run(session, cell)
    assert "4 pictures" in str(session.lives[cell].error)
    bench.do(session, "set", cell=cell, name="full_size", value=False)
    bench.run(session, cell)
    assert session.book[cell].result.complete, session.lives[cell].error


def test_styles_are_added_weighed_and_removed(bench, session):
    cell = bench.picture(session)
    bench.do(session, "choose", cell=cell, what="style", index=1, kind="example", name="lily-pond")
    bench.do(session, "weight", cell=cell, index=1, value=0.25)
    assert [style.weight for style in session.book[cell].styles] == [1.0, 0.25]
    bench.do(session, "unstyle", cell=cell, index=0)
    assert [style.source for style in session.book[cell].styles] == [Example("lily-pond")]


def test_the_dialog_marks_what_is_chosen_already(bench, session):
    cell = bench.do(session, "pair", photo="raccoon", style="lily-pond")
    chosen = []
    for what, index in (("content", 0), ("style", 0), ("style", 1), ("style", -7)):
        bench.do(session, "pick", cell=cell, what=what, index=index)
        drawn = bench.drawing.changes(session, all_of_it=True).parts["picker"]
        chosen.append(re.findall(r'data-name="([^"]+)"[^>]* aria-pressed="true"', drawn))
    assert chosen == [["raccoon"], ["lily-pond"], [], []]
    assert bench.run_queue.idle(60)


def test_a_mode_keeps_what_every_mode_has(bench, session):
    cell = bench.picture(session, full_size=False)
    bench.do(session, "mode", cell=cell, value="gatys")
    assert session.book[cell].settings.full_size is False
    bench.do(session, "of_mode", cell=cell, value="draft")
    assert session.book[cell].settings.steps == 80


def test_stop_takes_a_waiting_cell_out_of_the_queue(bench, session):
    cell = bench.picture(session)
    with bench.run_queue._moved:  # nothing is served meanwhile
        bench.actions.act(session, {"do": "run", "cell": cell})
        bench.actions.act(session, {"do": "stop", "cell": cell})
    assert session.lives[cell].phase == "left"
    assert bench.run_queue.idle(20)
    assert session.book[cell].result is None


def test_deleting_a_running_cell_never_fills_a_new_one(bench, session):
    cell = bench.picture(session)
    with session.lock:
        bench.do(session, "run", cell=cell)
        bench.do(session, "delete", cell=cell)
        new = bench.do(session, "add", kind="picture")
    assert bench.run_queue.idle(60)
    assert session.book[new].result is None
    assert cell not in session.lives


@pytest.mark.parametrize("kind", ["zip", "ipynb", "py", "html", "json"])
def test_every_kind_of_file_is_written(bench, session, kind):
    bench.run(session, bench.picture(session))
    bench.do(session, "export", kind=kind)
    number, address, name = session.download
    assert (number, name) == (1, f"stylize-notebook.{kind}")
    assert address.startswith("gradio_api/file=")


def test_out_clear_and_in_again_is_the_same(bench, session):
    first = bench.picture(session)
    bench.do(session, "below", cell=first)
    bench.run(session)
    cells = session.book.cells
    bench.do(session, "export", kind="zip")
    data = next(bench.page_files.store.pictures.rglob("*.zip")).read_bytes()
    bench.do(session, "clear")
    bench.do(session, "import", path=bench.upload("book.zip", data))
    assert session.book.cells == cells
    bench.do(session, "import", path=bench.upload("book.zip", data))  # beside cells of the same ids
    assert len(set(session.book.ids)) == 4
    assert session.book.stale == frozenset()


def test_a_picture_that_was_made_here_becomes_its_cell(bench, session):
    bench.run(session, bench.picture(session, strength=0.25))
    data = bench.page_files.of(session).assets.get(session.book.cells[0].result.asset)
    cell = bench.do(session, "import", path=bench.upload("made.png", data))
    assert session.book[cell].settings.strength == 0.25
    assert session.book[cell].content == Upload(session.book.cells[0].content.asset)
    assert session.book[cell].result.asset == session.book.cells[0].result.asset


def test_a_picture_without_a_recipe_becomes_a_photo(bench, session):
    cell = bench.do(session, "import", path=bench.upload("my_beach.png"))
    assert session.book[cell].content.name == "my_beach.png"
    assert session.book[cell].title == "my beach"
    assert session.book[cell].styles, "so that one click paints it"
    bench.run(session, cell)
    assert session.book[cell].result.complete


def test_a_click_on_a_style_paints_with_it_alone(bench, session):
    cell = bench.picture(session)
    bench.do(session, "choose", cell=cell, what="style", index=1, kind="example", name="lily-pond")
    bench.do(session, "paint", cell=cell, style="woodblock-waves")
    assert [style.source for style in session.book[cell].styles] == [Example("woodblock-waves")]
    assert bench.run_queue.idle(60)
    assert session.book[cell].result.complete
    assert session.book.stale == frozenset()
    assert "no example" in bench.fails(session, "paint", cell=cell, style="../x")


def test_the_last_of_several_styles_that_are_clicked_is_painted(bench, session):
    cell = bench.picture(session)
    with bench.run_queue._moved:  # nothing is served meanwhile
        for name in ("lily-pond", "ink-mountains", "woodblock-waves"):
            bench.actions.act(session, {"do": "paint", "cell": cell, "style": name})
        assert len(bench.run_queue._waiting) == 1
    assert bench.run_queue.idle(60)
    assert session.book[cell].result.complete
    assert session.book.stale == frozenset()


@pytest.mark.parametrize("path", ["/etc/passwd", __file__, "app.py", "", None, 7, "\0", "../../etc/passwd"])
def test_no_other_file_of_the_server_is_an_upload(bench, session, path):
    cell = bench.picture(session)
    assert "did not arrive" in bench.fails(session, "upload", cell=cell, what="content", path=path)
    assert "did not arrive" in bench.fails(session, "import", path=path)


def test_what_is_stored_is_no_upload_either(bench, session):
    cell = bench.picture(session)
    asset = str(bench.page_files.of(session).assets.path(session.book[cell].content.asset))
    assert "did not arrive" in bench.fails(session, "import", path=asset)


def test_pictures_that_are_none_are_refused(bench, session, tmp_path):
    cell = bench.picture(session)
    bad = bench.upload("bad.jpg", b"hello")
    assert "bad.jpg is not a picture" in bench.fails(session, "upload", cell=cell, what="content", path=bad)
    large = bench.upload("bomb.png", bomb(tmp_path / "b.png").read_bytes())
    assert "10000 x 10000" in bench.fails(session, "upload", cell=cell, what="content", path=large)


@pytest.mark.parametrize(
    ("do", "data", "message"),
    [
        ("set", {"name": "strength", "value": 5}, "Strength is 5.0, but it must be from 0 to 1"),
        ("set", {"name": "content_side", "value": None}, "must be a whole number"),
        ("set", {"name": "network", "value": "/etc/passwd"}, "names a folder"),
        ("set", {"name": "network", "value": "mine.pth"}, "one of the choices"),
        ("set", {"name": "nonsense", "value": 1}, "out of date"),
        ("mode", {"value": "nonsense"}, "no mode"),
        ("weight", {"index": 0, "value": -1}, "weight"),
        ("weight", {"index": 9, "value": 1}, "out of date"),
        ("choose", {"what": "content", "kind": "named", "name": "x"}, "no style"),
        ("choose", {"what": "content", "kind": "example", "name": "../x"}, "no example"),
        ("choose", {"what": "content", "kind": "upload", "name": "0" * 64}, "no longer here"),
        ("title", {"value": "x" * 1000}, "too long"),
        ("title", {"value": 7}, "out of date"),
        ("preset", {"name": "nonsense"}, "no preset"),
        ("export", {"kind": "../x"}, "not saved"),
    ],
)  # fmt: skip
def test_nonsense_is_explained_and_changes_nothing(bench, session, do, data, message):
    cell = bench.picture(session)
    assert message in bench.fails(session, do, cell=cell, **data)


HOSTILE = (
    None,
    True,
    7,
    -1,
    1e999,
    float("nan"),
    "",
    "nonsense",
    "-1",
    "99999999999",
    "nan",
    [],
    {},
    ["x"],
    {"a": 1},
)
FIELDS = ("cell", "name", "value", "what", "index", "n", "kind", "way", "setting", "values", "path", "asset",
          "photo", "style", "title", "after", "scope")  # fmt: skip


@pytest.mark.parametrize("do", sorted(TABLE))
def test_whatever_a_browser_sends_is_no_fault_of_ours(bench, session, do):
    """Each field left out, and with each value of another kind; a fault would be logged and fail this."""
    cell = bench.picture(session)
    book = session.book
    sound = {"cell": cell, "name": "strength", "value": 0.5, "what": "style", "index": 0, "n": 0,
             "kind": "picture", "way": "up", "setting": "strength", "values": "0.5"}  # fmt: skip
    bench.actions.act(session, {"do": do})
    for field in FIELDS:
        for value in HOSTILE:
            bench.actions.act(session, {"do": do, **sound, field: value})
            session.do(book)
            bench.run_queue.clear(session.owner)
    assert bench.run_queue.idle(60)


@pytest.mark.parametrize("query", [{"preset": [1]}, {"preset": {"a": 1}, "recipe": 7}, {"recipe": [1]}])
def test_whatever_an_address_asks_is_no_fault_of_ours(bench, session, query):
    bench.actions.begin(session, query)
    assert session.said[1] == "failed"


@pytest.mark.parametrize(
    "error", [KeyError("x"), TypeError("x"), ValueError("x"), StopIteration(), RuntimeError()]
)
def test_a_fault_of_ours_is_logged_and_called_one(bench, session, monkeypatch, internal_errors, error):
    def fail(*given):
        raise error

    cell = bench.picture(session)
    monkeypatch.setattr(type(session.book), "duplicate", fail)
    assert "inside Stylize" in bench.fails(session, "duplicate", cell=cell)
    assert [each.exc_info[1] for each in internal_errors] == [error]
    internal_errors.clear()


def test_a_cell_cannot_use_its_own_picture(bench, session):
    first = bench.picture(session)
    second = bench.do(session, "below", cell=first)
    said = bench.fails(session, "choose", cell=first, what="content", kind="output", name=second)
    assert "its own picture" in said


def test_unknown_actions_and_cells_do_no_harm(bench, session):
    bench.actions.act(session, {"do": "__init__"})
    bench.actions.act(session, {})
    assert session.said[0] == 0
    assert "no longer there" in bench.fails(session, "delete", cell="gone")


def test_messages_are_in_the_visitors_language(bench):
    session = bench.session("zh")
    assert "没有" in bench.fails(session, "preset", name="x")


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


def test_strangers_have_limits(tmp_path):
    bench = Bench(tmp_path, SPACE)
    session = bench.session()
    cell = bench.do(session, "preset", name="gatys-fine")
    assert session.book[cell].settings.steps <= SPACE.steps
    bench.do(session, "set", cell=cell, name="steps", value=5000)
    bench.run(session, cell)
    assert "up to" in str(session.lives[cell].error)
    assert "weight files" in bench.fails(session, "network", cell=cell, path=bench.upload("x.pth", b"x"))


@pytest.mark.parametrize(
    ("mode", "setting", "like"),
    [
        ("adain", "network", "adain-half"),
        ("gatys", "network", "vgg19-half"),
        ("cyclegan", "translation", "photo2vangogh"),
    ],
)
def test_a_network_of_ones_own_runs_in_every_mode(bench, session, mode, setting, like):
    cell = bench.picture(session)
    bench.do(session, "mode", cell=cell, value=mode)
    bench.do(session, "set", cell=cell, name="content_side", value=64)
    if mode == "gatys":
        bench.do(session, "set", cell=cell, name="steps", value=2)
    given = weights.find(like).path.read_bytes()
    bench.do(session, "network", cell=cell, path=bench.upload("mine.safetensors", given))
    assert getattr(session.book[cell].settings, setting) == "mine.safetensors"
    bench.run(session, cell)
    assert session.book[cell].result.complete, session.lives[cell].error


def test_what_a_run_said_changes_its_language_with_the_page(tmp_path):
    def hampered(job):
        said = note("Not enough memory for {side} pixels: working at {smaller}.", side=512, smaller=256)
        yield Progress(1, 1, job.content.tensor, note=said)

    bench = Bench(tmp_path, executor=OneByOne(hampered))
    session = bench.session()
    cell = bench.picture(session)
    bench.run(session, cell)

    def shown():
        return bench.card(session, cell)[2]

    assert "Not enough memory for 512 pixels" in shown()
    bench.do(session, "language", value="zh")
    assert "内存不足以用 512 像素处理" in shown()
    session.lives.clear()  # as after a restart
    assert "Not enough memory for 512 pixels" in shown()


def test_what_an_editor_saved_comes_in_again(bench, session):
    bench.picture(session)
    bench.do(session, "export", kind="json")
    text = next(bench.page_files.store.pictures.rglob("*.json")).read_text("utf-8")
    bench.do(session, "import", path=bench.upload("marked.json", text.encode("utf-8-sig")))
    assert len(session.book.cells) == 2
    said = bench.fails(session, "import", path=bench.upload("wide.json", text.encode("utf-16")))
    assert said == "wide.json is saved as UTF-16: save it as UTF-8."
