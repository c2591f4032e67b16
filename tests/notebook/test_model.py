"""Edits, links, order, staleness and run plans."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylize.errors import NotebookError, SettingsError
from stylize.notebook import (
    Axis,
    Cell,
    Example,
    History,
    Named,
    Notebook,
    Output,
    Result,
    StyleRef,
    Tile,
    Upload,
    points,
)
from stylize.notebook.store import from_json, to_json
from stylize.recipe import Recipe, Source

PICTURES = [f"{n:064x}" for n in range(6)]
KINDS = ("picture", "picture", "sweep", "note")
EDITS = (
    "add", "remove", "move", "duplicate", "strength", "title", "mode", "upload", "link", "style link",
    "styles", "axes", "finish", "finish", "forget", "undo", "redo", "clear",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(EDITS), st.integers(0, 20), st.integers(0, 20)), min_size=10, max_size=50
)


def edited(book: Notebook, edit: str, a: int, b: int) -> Notebook:
    """One edit, chosen by numbers. Raises NotebookError where it makes no sense."""
    if edit == "clear":
        return book.clear() if a == b else book
    if edit == "add" or not book.cells:
        fields = {} if a % 3 else {"content": Upload(PICTURES[b % 6])}
        return book.add(KINDS[b % 4], after=book.ids[a % len(book.ids)] if book.cells else None, **fields)
    cell, other = book.ids[a % len(book.ids)], book.ids[b % len(book.ids)]
    if edit == "move":
        return book.move(cell, ("up", "down", b)[b % 3])
    if edit in ("remove", "duplicate", "forget"):
        return getattr(book, edit)(cell)
    if edit == "finish":
        return book if book[cell].kind == "note" else book.finish(cell, Result(PICTURES[b % 6]))
    mixed = (StyleRef(Output(other), 1 + a), StyleRef(Named("old-master")))
    changes = {
        "strength": {"settings": {"content_side": 64 * b}},
        "title": {"title": f"Title {b}"},
        "mode": {"mode": ("adain", "gatys", "cyclegan")[b % 3]},
        "upload": {"content": Upload(PICTURES[b % 6])},
        "link": {"content": Output(other)},
        "style link": {"styles": mixed},
        "styles": {"styles": (StyleRef(Example("raccoon"), float(b)),)},
        "axes": {"axes": (Axis("content_side", (64, 64 * b)),)},
    }
    return book.change(cell, **changes[edit])


def walked(steps) -> list[Notebook]:
    """Every state of a notebook on its way through edits, undone and redone ones too."""
    history = History()
    states = [history.now]
    for edit, a, b in steps:
        if edit in ("undo", "redo"):
            getattr(history, edit)()
        else:
            try:
                history.do(edited(history.now, edit, a, b))
            except NotebookError:
                continue
        states.append(history.now)
    return states


def sources(cell: Cell):
    return ([cell.content] if cell.content else []) + [style.source for style in cell.styles]


def links(cell: Cell) -> set[str]:
    return {source.cell for source in sources(cell) if isinstance(source, Output)}


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_links_lead_to_pictures_and_never_in_a_circle(steps):
    for book in walked(steps):
        upstream = {cell.id: links(cell) for cell in book.cells}
        for found in upstream.values():
            assert all(book[each].kind == "picture" for each in found)
        for start in upstream:
            seen, front = set(), upstream[start]
            while front:
                assert start not in front
                seen |= front
                front = set().union(*(upstream[each] for each in front)) - seen


@settings(max_examples=40, deadline=None)
@given(STEPS, st.integers(0, 20), st.integers(0, 20))
def test_moving_is_a_permutation(steps, a, b):
    for book in walked(steps):
        assert len(set(book.ids)) == len(book.cells)
        assert sorted(book.dependency_order) == sorted(book.ids)
        if book.cells:
            cell = book.ids[a % len(book.ids)]
            moved = book.move(cell, b)
            assert moved.place(cell) == min(b, len(book.cells) - 1)
            assert [each for each in moved.cells if each.id != cell] == [
                each for each in book.cells if each.id != cell
            ]


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_undo_and_redo_restore_equality(steps):
    history, states = History(), [Notebook()]
    for edit, a, b in steps:
        if edit not in ("undo", "redo"):
            try:
                book = edited(history.now, edit, a, b)
            except NotebookError:
                continue
            if book != history.now:
                history.do(book)
                states.append(book)
    back = [history.now]
    while history.can_undo:
        back.append(history.undo())
    assert back == states[::-1]
    forth = [history.now]
    while history.can_redo:
        forth.append(history.redo())
    assert forth == states


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_json_gives_the_same_notebook_back(steps):
    for book in walked(steps)[-3:]:
        text = to_json(book)
        assert from_json(text) == book
        assert to_json(from_json(text)) == text


def reference_inputs(book: Notebook, cell: str):
    """What a run of the cell would take in, with every link followed to its picture."""

    def followed(source):
        if isinstance(source, Output):
            result = book[source.cell].result
            return Upload(result.asset) if result else "a cell without a picture"
        return Upload(source.asset) if isinstance(source, Upload) else source

    found = book[cell]
    mix = () if found.mode == "cyclegan" else found.styles
    return (found.mode, found.settings, found.axes, followed(found.content),
            [(followed(style.source), style.weight) for style in mix])  # fmt: skip


def reference_stale(book: Notebook, cell: str, made) -> bool:
    found = book[cell]
    if found.result is None:
        return False
    used = [found.content] + [s.source for s in found.styles if found.mode != "cyclegan"]
    upstream = [source.cell for source in used if isinstance(source, Output)]
    if any(book[up].result is None or reference_stale(book, up, made) for up in upstream):
        return True
    return made[found.result] != reference_inputs(book, cell)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_stale_is_what_a_slow_reference_says(steps):
    book, made, count = Notebook(), {}, 0
    for edit, a, b in steps:
        if edit in ("undo", "redo"):
            continue
        if edit == "finish" and book.cells:
            cell = book.ids[a % len(book.ids)]
            if book[cell].kind != "note":
                count += 1  # so that results can be told apart
                book = book.finish(cell, Result(PICTURES[b % 6], seconds=count))
                made[book[cell].result] = reference_inputs(book, cell)
        else:
            try:
                book = edited(book, edit, a, b)
            except NotebookError:
                continue
        assert book.stale == {cell for cell in book.ids if reference_stale(book, cell, made)}


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(("this", "below", "all")), st.integers(0, 20), st.booleans())
def test_plans_run_everything_after_what_it_needs(steps, scope, a, again):
    book = walked(steps)[-1]
    if not book.cells:
        return
    cell = book.ids[a % len(book.ids)]
    fresh = {each.id for each in book.cells if each.result and each.id not in book.stale}
    try:
        plan = book.plan(scope, cell, again=again)
    except NotebookError as error:
        lacking = [each for each in book.ids if book.lacks(each) and book.name_of(each) in str(error)]
        assert lacking
        return
    assert len(set(plan)) == len(plan)
    for n, each in enumerate(plan):
        assert set(book.needs(each)) <= fresh | set(plan[:n])
    asked = {"this": {cell}, "below": set(book.ids[book.place(cell) :]), "all": set(book.ids)}[scope]
    asked = {each for each in asked if book[each].kind != "note"}
    assert (asked if again else asked - fresh) <= set(plan)
    assert again or not fresh & set(plan) or scope == "this"


def linked() -> tuple[Notebook, str, str]:
    """Two cells that have run, the second with the first one's picture."""
    style = (StyleRef(Example("gold-spirals")),)
    book = Notebook().add(title="A", content=Upload(PICTURES[0]), styles=style)
    book = book.add(title="B", content=Output(book.ids[0]), styles=style)
    first, second = book.ids
    book = book.finish(first, Result(PICTURES[1])).finish(second, Result(PICTURES[2]))
    return book, first, second


def test_nothing_heavy_is_imported():
    code = "import stylize.notebook, sys; assert not {'torch', 'gradio', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_changed_cell_and_all_below_it_are_stale_until_they_run():
    book, first, second = linked()
    assert book.stale == set()
    changed = book.change(first, settings={"strength": 0.5})
    assert changed.stale == {first, second}
    assert changed.plan("this", second) == (first, second)
    assert changed.finish(first, Result(PICTURES[1])).stale == set()  # the same picture again
    assert changed.finish(first, Result(PICTURES[3])).stale == {second}
    assert changed.change(first, settings={"strength": 1.0}).stale == set()


def test_titles_folds_and_order_leave_results_alone():
    book, first, second = linked()
    assert book.change(first, title="C", folded=True).move(first, "down").stale == set()
    assert second in book.ids


def test_a_cell_changed_during_its_run_is_stale_when_it_ends():
    book, first, _ = linked()
    before = book.fingerprint(first)
    book = book.change(first, settings={"strength": 0.3})
    assert first in book.finish(first, Result(PICTURES[4], inputs=before)).stale


def test_removing_a_cell_leaves_its_picture_to_those_that_use_it():
    book, first, second = linked()
    rest = book.remove(first)
    assert rest[second].content == Upload(PICTURES[1], "A.png")
    assert rest.stale == set()
    mixed = [StyleRef(Output(first), 2.0), StyleRef(Named("x"), 1.0)]
    styled = book.change(second, styles=mixed).remove(first)
    assert styled[second].styles[0] == StyleRef(Upload(PICTURES[1], "A.png"), 2.0)
    bare = book.forget(first).change(second, styles=mixed).remove(first)
    assert bare[second].content is None
    assert bare[second].styles == (StyleRef(Named("x"), 1.0),)


def test_links_that_make_no_sense_are_refused():
    book, first, second = linked()
    book = book.add("note").add("sweep")
    note, sweep = book.ids[2:]
    for cell, to in ((first, second), (first, first), (first, "gone"), (first, note), (first, sweep)):
        with pytest.raises(NotebookError):
            book.link(cell, to)
    assert book.may_use(first) == ()
    assert book.may_use(second) == (first,)
    assert book.may_use(sweep) == (first, second)


def test_a_plan_names_the_cell_that_lacks_something():
    book, first, second = linked()
    with pytest.raises(NotebookError, match="A has no content"):
        book.change(first, content=None).plan("this", second)
    with pytest.raises(NotebookError, match="B has no style"):
        book.change(second, styles=()).plan()
    with pytest.raises(NotebookError, match="#3 has nothing to vary"):
        book.add("sweep", content=Output(first), styles=book[first].styles).plan()
    assert book.change(second, styles=(), mode="cyclegan").plan() == (first, second)
    assert book.plan(again=False) == ()
    assert book.plan("below", second) == (second,)
    with pytest.raises(ValueError, match="scope"):
        book.plan("some")


def test_unknown_cells_and_fields_are_refused():
    book, first, _ = linked()
    for call in (book.remove, book.duplicate, book.forget, book.change, lambda cell: book.move(cell, "up")):
        with pytest.raises(NotebookError, match="no longer there"):
            call("gone")
    with pytest.raises(TypeError):
        book.change(first, id="x")
    with pytest.raises(SettingsError):
        book.change(first, settings={"strength": 2})
    with pytest.raises(SettingsError):
        book.change(first, mode="oil")
    with pytest.raises(NotebookError):
        book.change(first, settings=Cell(mode="gatys").settings)


def test_a_new_mode_keeps_what_all_modes_have():
    book, first, _ = linked()
    book = book.change(first, settings={"content_side": 8192, "full_size": False, "strength": 0.2})
    changed = book.change(first, mode="gatys")[first]
    assert (changed.settings.content_side, changed.settings.full_size) == (4096, False)
    assert changed.styles == book[first].styles
    both = book.change(first, mode="gatys", settings={"steps": 7})[first]
    assert (both.mode, both.settings.steps) == ("gatys", 7)
    sweep = Cell("sweep", axes=(Axis("strength", (0, 1)), Axis("content_side", (64, 128))))
    assert sweep.moved_to("cyclegan").axes == (Axis("content_side", (64, 128)),)


def test_a_sweep_varies_two_settings_or_the_style():
    styles = (StyleRef(Named("a"), 3.0), StyleRef(Named("b")))
    sweep = Cell("sweep", styles=styles, axes=(Axis("strength", (0.25, 0.5, 1)), Axis("style")))
    found = points(sweep)
    assert [(p.column, p.row) for p in found] == [(c, r) for r in range(2) for c in range(3)]
    assert [p.cell.settings.strength for p in found] == [0.25, 0.5, 1] * 2
    assert [p.cell.styles for p in found] == [(StyleRef(Named(name)),) for name in "aaabbb"]
    single = replace(sweep, axes=(Axis("strength", (0.5,)),))
    assert [p.cell.styles for p in points(single)] == [styles]


@pytest.mark.parametrize(
    "axes",
    [
        (Axis("strength", (2,)),),
        (Axis("strength", ("much",)),),
        (Axis("strength"),),
        (Axis("steps", (1,)),),
        (Axis("strength", (1,)), Axis("strength", (0,))),
        (Axis("strength", (1,)), Axis("style"), Axis("detail", (0,))),
        (Axis("content_side", tuple(range(64, 64 + 9))), Axis("style_side", tuple(range(64, 64 + 8)))),
    ],
)
def test_axes_that_make_no_sense_are_refused(axes):
    with pytest.raises((NotebookError, SettingsError)):
        Cell("sweep", axes=axes)


def test_a_tile_becomes_a_cell_with_its_picture():
    book, first, _ = linked()
    book = book.add(
        "sweep", content=Output(first), styles=(StyleRef(Named("a")),), axes=(Axis("strength", (0.5, 1)),)
    )
    sweep = book.ids[-1]
    tiles = tuple(Tile(n, 0, PICTURES[3 + n]) for n in range(2))
    book = book.finish(sweep, Result(PICTURES[5], tiles=tiles))
    opened = book.open_tile(sweep, 0)
    cell = opened.cells[-1]
    assert (cell.kind, cell.settings.strength, cell.content) == ("picture", 0.5, Output(first))
    assert cell.result.asset == PICTURES[3]
    assert cell.id not in opened.stale
    stale = book.change(first, settings={"strength": 0.1}).open_tile(sweep, 1)
    assert stale.cells[-1].id in stale.stale
    recipe = Recipe("adain", replace(cell.settings, strength=0.75), Source("", "0" * 64))
    kept = book.finish(sweep, Result(PICTURES[5], tiles=(replace(tiles[0], recipe=recipe),)))
    kept = kept.change(sweep, settings={"detail": 0.1})
    assert kept.open_tile(sweep, 0).cells[-1].settings.strength == 0.75
    with pytest.raises(NotebookError):
        book.open_tile(sweep, 2)


def test_undo_never_takes_a_picture_away():
    book, first, second = linked()
    history = History(book)
    history.do(book.remove(second))
    history.finish(first, Result(PICTURES[5]))
    restored = history.undo()
    assert second in restored
    assert restored[first].result.asset == PICTURES[5]
    history.redo()
    assert history.finish("gone", Result(PICTURES[4])) == history.now
    assert history.assets >= {PICTURES[2], PICTURES[5]}


def test_history_is_bounded_and_joins_letters_typed():
    history = History(Notebook().add(), most=3)
    cell = history.now.ids[0]
    for text in ("H", "Ha", "Har"):
        history.do(history.now.change(cell, title=text), key=f"title {cell}")
    assert history.undo()[cell].title == ""
    for n in range(10):
        history.do(history.now.change(cell, title=str(n)))
    undone = 0
    while history.can_undo:
        history.undo()
        undone += 1
    assert undone == 3
    assert history.now[cell].title == "6"


def test_texts_hold_no_control_characters():
    cell = Cell("note", title="a\nb\x1b[31m\x00\ud800\u202e", text="one\ntwo\x85\r\n\tthree")
    assert cell.title == "a b[31m"
    assert cell.text == "one\ntwo\n\tthree"
    with pytest.raises(NotebookError):
        Cell(title="x" * 201)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cell("film"),
        lambda: Cell(id="../x"),
        lambda: Upload("0" * 63),
        lambda: Example("../raccoon"),
        lambda: Named("/etc/passwd"),
        lambda: Named("photo.jpg"),
        lambda: Cell(content=Named("x")),
        lambda: Cell(styles=(("x", 1.0),)),
        lambda: Cell(styles=(StyleRef(Named("x"), float("nan")),)),
        lambda: Cell(styles=(StyleRef(Named("x"), -1),)),
        lambda: Cell("note", result=Result(PICTURES[0])),
        lambda: Cell(axes=(Axis("strength", (1,)),)),
        lambda: Notebook(cells=(Cell(id="a"), Cell(id="a"))),
        lambda: Notebook(cells=tuple(Cell() for _ in range(101))),
        lambda: Notebook("x" * 201),
        lambda: Result(PICTURES[0], tiles=tuple(Tile(n, 0, PICTURES[0]) for n in range(65))),
    ],
)
def test_what_makes_no_sense_cannot_be_made(make):
    with pytest.raises(NotebookError):
        make()


def test_results_keep_the_end_of_a_long_log_and_thin_long_curves():
    curve = tuple((n, float("nan") if n == 3 else n / 2) for n in range(5000))
    result = Result(PICTURES[0], log=tuple(map(str, range(600))), losses=(("style", curve),))
    assert len(result.log) == 500
    assert result.log[-1] == "599"
    thin = result.losses[0][1]
    assert len(thin) == 1000
    assert (thin[0], thin[-1]) == ((0, 0.0), (4999, 2499.5))
    assert 3 not in dict(thin)


def test_results_whose_pictures_are_lost_are_left_out():
    book, first, second = linked()
    left = book.without_lost({PICTURES[1]})
    assert left[first].result is not None
    assert left[second].result is None
