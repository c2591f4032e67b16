"""A cell as HTML: every setting with its bounds, and no text of a stranger as HTML."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from stylize import modes
from stylize.settings import options
from stylize.webui.components.losses import plotted
from stylize.webui.profiles import LOCAL, SPACE
from stylize.webui.session import SLOTS

from .bench import Bench

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "{{value}}",
    '"><script>alert(1)</script>',
    "' onx='",
]


class Fields(HTMLParser):
    """The elements of a text with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.all = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))

    def named(self, name):
        return [(tag, about) for tag, about in self.all if about.get("data-name") == name]


@pytest.mark.parametrize("profile", [LOCAL, SPACE], ids=lambda profile: profile.name)
@pytest.mark.parametrize("mode", modes.names())
def test_every_setting_has_a_field_with_its_bounds(tmp_path, mode, profile):
    bench = Bench(tmp_path, profile)
    session = bench.session()
    cell = bench.do(session, "preset", name=mode)
    fields = Fields(bench.card(session, cell)[1])
    for each in options(modes.settings_of(mode)):
        found = fields.named(each.name)
        assert found, each.name
        for tag, about in found:
            assert about["aria-label"] or each.kind is tuple
            assert about["aria-description"] == each.help
            if each.kind in (int, float):
                assert tag == "input"
                assert float(about["min"]) == each.low
                assert float(about["max"]) == profile.highest(each)
                assert float(about["value"]) == pytest.approx(getattr(session.book[cell].settings, each.name))
        if each.kind is tuple:
            assert [about["value"] for _, about in found] == list(each.choices)


def test_rare_settings_are_folded_away(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()
    cell = bench.do(session, "preset", name="gatys")
    text = bench.card(session, cell)[1]
    open_part, folded = text.split("<details", 1)
    for each in options(modes.settings_of("gatys")):
        assert f'data-name="{each.name}"' in (folded if each.rare else open_part)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_texts_of_strangers_stay_text(tmp_path, hostile):
    bench = Bench(tmp_path)
    session = bench.session()
    cell = bench.picture(session)
    bench.do(session, "title", cell=cell, value=hostile)
    bench.do(session, "rename", value=hostile)
    note = bench.do(session, "add", kind="note")
    bench.do(session, "text", cell=note, value=hostile)
    bench.run(session, cell)
    bench.do(session, "pick", cell=bench.do(session, "below", cell=cell), what="content")
    parts = bench.drawing.changes(session).parts
    html = "".join(text for name, text in parts.items() if name != "keep")
    found = Fields(html).all
    assert not {"script", "iframe", "object"} & {tag for tag, _ in found}
    assert not [about for _, about in found for name in about if name.startswith("on")]
    assert not [about for tag, about in found if tag == "img" and about.get("src") == "x"]
    titles = [about for _, about in found if about.get("data-change") == "title"]
    assert titles[0]["value"] == hostile


def test_only_what_changed_is_sent(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()
    cell = bench.picture(session)
    first = bench.drawing.changes(session)
    again = bench.drawing.changes(session)
    assert (again.parts, again.slots) == ({}, {})
    bench.do(session, "title", cell=cell, value="Harbour")
    slot = session.slots[cell]
    titled = bench.drawing.changes(session)
    assert {f"head-{slot}", "keep"} <= titled.parts.keys() <= {f"head-{slot}", f"face-{slot}", "keep", "top"}
    everything = bench.drawing.changes(session, all_of_it=True)
    assert everything.parts.keys() >= first.parts.keys()
    assert everything.slots.keys() == {f"cell-{n}" for n in range(SLOTS)}


def test_a_message_names_the_one_before_it(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()
    first, second, third = (bench.drawing.changes(session) for _ in range(3))
    assert (first.after, second.after, third.after) == (0, first.number, second.number)
    assert first.number < second.number < third.number
    everything = bench.drawing.changes(session, all_of_it=True)
    assert everything.after == 0
    assert everything.number > third.number


def test_styles_to_click_are_there_where_they_take_seconds(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()

    def clicks(cell):
        found = Fields(bench.card(session, cell)[1]).all
        return [about for _, about in found if about.get("data-do") == "paint"]

    cell = bench.do(session, "pair", photo="raccoon", style="lily-pond")
    pressed = [about["data-style"] for about in clicks(cell) if about["aria-pressed"] == "true"]
    assert pressed == ["lily-pond"]
    assert all(about["title"] for about in clicks(cell))
    bench.do(session, "mode", cell=cell, value="gatys")
    assert clicks(cell) == []
    assert clicks(bench.do(session, "add", kind="sweep")) == []
    assert bench.run_queue.idle(60)


def test_a_cell_without_a_picture_has_a_button_for_what_comes_next(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()
    cell = bench.picture(session)

    def asks():
        face = bench.card(session, cell)[2]
        return [
            (about["data-do"], about.get("data-what")) for _, about in Fields(face).all if "data-do" in about
        ]

    assert asks() == [("run", None)]
    bench.do(session, "unstyle", cell=cell, index=0)
    assert asks() == [("pick", "style")]
    session.do(session.book.change(cell, content=None))
    assert asks() == [("pick", "content")]
    bench.do(session, "mode", cell=cell, value="cyclegan")
    bench.do(session, "choose", cell=cell, what="content", kind="example", name="raccoon")
    assert asks() == [("run", None)]


def test_what_went_wrong_stands_above_an_older_picture(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()
    cell = bench.picture(session)
    bench.run(session, cell)
    bench.cell_runner.profile = replace(LOCAL, side=32)
    bench.run(session, cell)
    face = bench.card(session, cell)[2]
    assert 0 < face.index("bar failed") < face.index("<figure") < face.index('class="foot"')


def test_folded_cells_and_free_slots_are_empty(tmp_path):
    bench = Bench(tmp_path)
    session = bench.session()
    cell = bench.picture(session)
    bench.do(session, "fold", cell=cell)
    new = bench.drawing.changes(session)
    slot = session.slots[cell]
    assert new.slots[f"cell-{slot}"] == (0, "picture folded")
    assert new.parts[f"face-{slot}"] == ""
    assert new.slots[f"cell-{slot + 1}"] == (None, "")


def test_losses_are_drawn_within_the_plot():
    points = [tuple(map(float, pair.split(","))) for pair in
              plotted([(step, 100.0 / step) for step in range(1, 500)]).split()]  # fmt: skip
    assert points[0][0] == 0
    assert points[-1][0] == 280
    assert all(0 <= y <= 72 for _, y in points)
    assert [y for _, y in points] == sorted(y for _, y in points)
    assert len(points) < 200
    assert plotted([]) == plotted([(1, 1.0)]) == plotted([(1, float("nan")), (2, 0.0)]) == ""
