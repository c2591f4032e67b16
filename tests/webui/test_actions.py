"""What a visitor can do, without a browser: edits, styles, sweeps and runs."""

from __future__ import annotations

import gc
import json
import re
import weakref
from pathlib import Path

import pytest
import torch
from PIL import Image

from stylize import weights
from stylize.errors import SettingsError, note
from stylize.execution import OneByOne
from stylize.image import read_recipe
from stylize.notebook import Example, Output
from stylize.progress import Progress
from stylize.webui.session import SLOTS

from .bench import Bench, instant
from .made import photo


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


def test_styles_are_added_weighed_and_removed(bench, session):
    cell = bench.picture(session)
    bench.do(session, "choose", cell=cell, what="style", index=1, kind="example", name="lily-pond")
    bench.do(session, "property", cell=cell, index=1, property="weight", value=0.25)
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
