"""What a visitor cannot do, without a browser: everything that is refused, and how that is said."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from stylize.errors import CheckpointError
from stylize.webui.commands import TABLE
from stylize.webui.profiles import SPACE
from stylize.webui.texts import say
from stylize.weights import checkpoints

from .bench import Bench
from .made import bomb


def test_a_sweep_of_strangers_has_a_limit(tmp_path):
    bench = Bench(tmp_path, replace(SPACE, sweep_megapixels=0.02))  # of 96 x 64 pixels each
    session = bench.session()
    cell = bench.picture(session, kind="sweep")
    bench.run(session, cell)
    assert "4 pictures" in str(session.lives[cell].error)
    bench.do(session, "set", cell=cell, name="full_size", value=False)
    bench.run(session, cell)
    assert session.book[cell].result.complete, session.lives[cell].error


@pytest.mark.parametrize("path", ["/etc/passwd", __file__, "app.py", "", None, 7, "\0", "../../etc/passwd"])
def test_no_other_file_of_the_server_is_an_upload(bench, session, path):
    cell = bench.picture(session)
    assert "did not arrive" in bench.fails(session, "upload", cell=cell, what="content", path=path)
    assert "did not arrive" in bench.fails(session, "import", paths=[path])


def test_what_is_stored_is_no_upload_either(bench, session):
    cell = bench.picture(session)
    asset = str(bench.page_files.of(session).assets.path(session.book[cell].content.asset))
    assert "did not arrive" in bench.fails(session, "import", paths=[asset])


def test_pictures_that_are_none_are_refused(bench, session, tmp_path):
    cell = bench.picture(session)
    bad = bench.upload("bad.jpg", b"hello")
    assert "bad.jpg is not a picture" in bench.fails(session, "upload", cell=cell, what="content", path=bad)
    large = bench.upload("bomb.png", bomb(tmp_path / "b.png").read_bytes())
    assert "10000 x 10000" in bench.fails(session, "upload", cell=cell, what="content", path=large)


@pytest.mark.parametrize(
    ("do", "data", "message"),
    [
        ("set", {"name": "strength", "value": 5}, "Strength is 5, but it must be from 0 to 1"),
        ("set", {"name": "content_side", "value": None}, "Working size is empty, but it must be a whole"),
        ("set", {"name": "network", "value": "/etc/passwd"}, "names a folder"),
        ("set", {"name": "network", "value": "mine.pth"}, "one of the choices"),
        ("set", {"name": "nonsense", "value": 1}, "out of date"),
        ("mode", {"value": "nonsense"}, "no mode"),
        ("property", {"index": 0, "property": "weight", "value": -1}, "weight"),
        ("property", {"index": 9, "property": "weight", "value": 1}, "out of date"),
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


def test_strangers_have_limits(tmp_path):
    bench = Bench(tmp_path, SPACE)
    session = bench.session()
    cell = bench.do(session, "preset", name="gatys-fine")
    assert session.book[cell].settings.steps <= SPACE.steps
    bench.do(session, "set", cell=cell, name="steps", value=5000)
    bench.run(session, cell)
    assert "up to" in str(session.lives[cell].error)
    assert "weight files" in bench.fails(session, "network", cell=cell, path=bench.upload("x.pth", b"x"))


def test_a_chinese_refusal_is_chinese_all_through(bench, tmp_path):
    session = bench.session("zh")
    cell = bench.picture(session)
    for name, value, said in (
        ("content_side", None, "工作尺寸是空的，但必须是整数。"),
        ("strength", 2.0, "强度是 2，但必须在 0 到 1 之间。"),
    ):
        assert bench.fails(session, "set", cell=cell, name=name, value=value) == said
    sweep = bench.picture(session, kind="sweep")
    varied = bench.fails(session, "axis", cell=sweep, n=0, setting="strength", values="2")
    assert varied == "强度是 2，但必须在 0 到 1 之间。"
    strange = tmp_path / "strange.pth"
    torch.save({f"layer{n}.weight": torch.ones(2, 3) for n in range(9)}, strange)
    with pytest.raises(CheckpointError) as refused:
        checkpoints.load_generator(strange)
    said = say(refused.value, "zh")
    assert "及另外 6 个" in said
    assert not re.search(r"\b(and|or|more)\b", said.replace("CycleGAN-and-pix2pix", ""))
