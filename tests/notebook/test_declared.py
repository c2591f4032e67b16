"""A field that is declared, and nothing else: JSON, zip, fingerprint, browser, report and exports have it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace

import pytest

from stylize.errors import NotebookError
from stylize.notebook import Assets, Cell, CellResult, Notebook, Output, PictureRef, StyleRef, Upload
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.export import to_ipynb, to_script
from stylize.notebook.references import PICTURE_REF
from stylize.notebook.report import to_html_report
from stylize.notebook.schema.composite import Listed, Maybe, Nested
from stylize.notebook.schema.derived import arguments
from stylize.notebook.schema.fields import Asset, Flag, Number, Text
from stylize.notebook.schema.record import Part, declared
from stylize.notebook.store import from_json, to_json
from stylize.webui.drawing import keepsake
from stylize.webui.session import Live, Session

from .made import chain, png


@dataclass(frozen=True)
class Stenciled(StyleRef):
    """A style that has a picture of its own."""

    stencil: str | None = declared(Maybe(Asset()), None, fingerprint=Part.CHANGED)


@dataclass(frozen=True)
class Wider(Cell):
    """A cell with more fields, one of each sort."""

    styles: tuple[StyleRef, ...] = declared(
        Listed(Nested(Stenciled), 4),
        (),
        fingerprint=Part.ALWAYS,
        applies=lambda cell: cell.mode != "cyclegan",
    )
    mood: str = declared(Text(20, one_line=True), "", fingerprint=Part.CHANGED, label="Mood")
    boost: float = declared(
        Number(0, 4), 1.0, json="gain", earlier=("volume", "loudness"),
        fingerprint=Part.CHANGED, argument=True,
    )  # fmt: skip
    depth: PictureRef | None = declared(Maybe(PICTURE_REF), None, fingerprint=Part.CHANGED)
    scratch: str = declared(Text(100), "", keepsake=False)
    sealed: bool = declared(Flag(), False, changeable=False)


@dataclass(frozen=True)
class Book(Notebook):
    """A notebook of such cells."""

    cells: tuple[Cell, ...] = declared(Listed(Nested(Wider), 20), ())


@pytest.fixture
def assets() -> Assets:
    return Assets()


@pytest.fixture
def book(assets) -> Book:
    """Two cells, of which the second takes the first one's picture as its depth."""
    photo = Upload(assets.add(png(1)), "photo.png")
    style = Stenciled(Upload(assets.add(png(2)), "style.png"), stencil=assets.add(png(3)))
    first = Wider(id="first", content=photo, styles=(style,), mood="calm & <b>clear</b>", boost=2.5)
    second = Wider(id="second", content=photo, styles=(style,), depth=Output("first"), scratch="draft")
    made = Book(cells=(first, second)).finish("first", CellResult(assets.add(png(4))))
    return made.finish("second", CellResult(assets.add(png(5))))


def test_json(book):
    values = json.loads(to_json(book))
    first, second = values["cells"]
    assert (first["mood"], first["gain"], first["depth"]) == ("calm & <b>clear</b>", 2.5, None)
    assert second["depth"] == {"from": "output", "cell": "first"}
    assert second["styles"][0].keys() == {"from", "asset", "name", "weight", "stencil"}
    assert from_json(to_json(book), Book) == book
    for name in ("volume", "loudness"):
        first[name] = first.pop("gain", first.pop("volume", None))
        assert from_json(json.dumps(values), Book) == book


@pytest.mark.parametrize(
    ("name", "value"),
    [("mood", "x" * 21), ("mood", 1), ("gain", 5), ("gain", True), ("depth", {"from": "elsewhere"}),
     ("depth", {"from": "output", "cell": "nobody"}), ("sealed", 1), ("boost", 1.0), ("moods", "")],
)  # fmt: skip
def test_hostile_json_is_refused(book, name, value):
    values = json.loads(to_json(book))
    values["cells"][0][name] = value
    with pytest.raises(NotebookError):
        from_json(json.dumps(values), Book)


def test_json_from_before_the_fields_opens_and_stays_up_to_date():
    assets = Assets()
    old, first, sweep = chain(assets)
    old = old.finish(first, CellResult(assets.add(png(3)))).finish(sweep, CellResult(assets.add(png(4))))
    new = from_json(to_json(old), Book)
    assert isinstance(new[first], Wider)
    assert {cell: new.fingerprint(cell) for cell in new.ids} == {
        cell: old.fingerprint(cell) for cell in old.ids
    }
    assert new.stale == old.stale == set()
    with pytest.raises(NotebookError, match="not known"):
        from_json(to_json(new))


def test_zip(book, assets):
    buffer = io.BytesIO()
    save_zip(book, assets, buffer)
    stencil = book["first"].styles[0].stencil
    with zipfile.ZipFile(buffer) as archive:
        assert png(3) in [archive.read(name) for name in archive.namelist()]
    again = Assets()
    assert load_zip(buffer.getvalue(), again, kind=Book) == book
    assert again.get(stencil) == png(3)
    moved = book.with_assets({stencil: "a" * 64})
    assert moved["first"].styles[0].stencil == "a" * 64
    assert moved.stale == book.stale


@pytest.mark.parametrize(
    ("fields", "stale"),
    [
        ({"mood": "wild"}, {"first", "second"}),
        ({"boost": 2.0}, {"first", "second"}),
        ({"scratch": "other"}, set()),
        ({"depth": Upload("c" * 64)}, {"first", "second"}),
    ],
)
def test_fingerprint(book, fields, stale):
    assert book.stale == set()
    assert book.change("first", **fields).stale == stale


def test_a_field_of_a_style_is_part_of_the_cells_fingerprint(book):
    style = book["second"].styles[0]
    assert book.change("second", styles=(replace(style, stencil=None),)).stale == {"second"}
    unused = book.change("second", mode="cyclegan")
    masked = unused.change("second", styles=(replace(style, stencil=None),))
    assert masked.fingerprint("second") == unused.fingerprint("second")


def test_links(book, assets):
    assert book.uses("second") == book.needs("second") == ("first",)
    assert book.remove("first")["second"].depth == Upload(book["first"].result.asset, "picture.png")
    assert book.forget("first").remove("first")["second"].depth is None
    with pytest.raises(NotebookError, match="its own picture"):
        book.change("first", depth=Output("second"))
    other = book.renumbered({"first"})
    assert other.cells[1].depth == Output(other.ids[0]) != Output("first")


def test_what_the_browser_keeps(book):
    kept = from_json(keepsake(book), Book)
    assert kept["first"].mood == book["first"].mood
    assert (book["second"].scratch, kept["second"].scratch) == ("draft", "")


def test_the_page_keeps_the_files_of_a_run(book):
    session = Session("0" * 32, book=book)
    session.lives["second"] = Live(phase="running")
    assert session.in_use == book["second"].assets | {book["first"].result.asset}
    assert book["second"].styles[0].stencil in session.in_use


def test_changes_and_copies(book):
    assert book.change("first", mood="bright")["first"].mood == "bright"
    with pytest.raises(TypeError, match="sealed"):
        book.change("first", sealed=True)
    assert book["first"].derived().mood == book["first"].mood


def test_exports(book, assets):
    plain = book.change("second", depth=None)
    script = to_script(plain, assets)
    compile(script, "notebook.py", "exec")
    assert "# Mood: calm & <b>clear</b>\n" in script
    assert script.count("# Mood") == 1  # not of the cell that has the default
    assert "boost=2.5" in script
    assert arguments(plain["first"])["boost"] == 2.5
    sources = ["".join(cell["source"]) for cell in json.loads(to_ipynb(plain, assets))["cells"]]
    assert any("Mood: calm" in each and "<b>" not in each for each in sources)
    assert any("boost=2.5" in each for each in sources)
    report = to_html_report(plain, assets)
    assert '<th scope="row">Mood</th><td>calm &amp; &lt;b&gt;clear&lt;/b&gt;</td>' in report
