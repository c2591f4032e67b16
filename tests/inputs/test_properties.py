"""A property of styles that is declared, and nothing else, is there everywhere.

The test declares a number, a choice and a picture. ``patches`` is a mode that makes use of them.
"""

from __future__ import annotations

import io
import json
import runpy
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stylize
from stylize import modes
from stylize.cli import main
from stylize.errors import NotebookError, RecipeError, SettingsError
from stylize.execution import OneByOne
from stylize.execution.crossing import packed_job, unpacked_job
from stylize.image import read_recipe
from stylize.inputs import StyleProperties, style_properties
from stylize.inputs.properties import picture
from stylize.notebook import Assets, Cell, CellResult, Notebook, Output, StyleRef, Upload
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.export import to_ipynb, to_script
from stylize.notebook.recipes import from_recipe, missing
from stylize.notebook.report import to_html_report
from stylize.notebook.store import from_json, to_json
from stylize.notebook.work import jobs
from stylize.recipe import FileRef, Recipe
from stylize.settings import option
from tests.webui.bench import Bench

from .extended import declared
from .patches import PATCHES

SIZE = (32, 24)
FURTHER: dict[str, Any] = {"gain": 0.5, "paint": "wet"}


@pytest.fixture(autouse=True)
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)
    gain = option(1.0, low=0.25, high=4, step=0.25, label="Gain", help="how strong it is")
    paint = option("dry", choices=("dry", "wet"), label="Paint", help="how wet it is")
    stencil = picture(label="Stencil", help="where it counts")
    names = [each.name for each in style_properties()]
    properties = {"gain": (gain, "float"), "paint": (paint, "str"), "stencil": (stencil, "P | None")}
    with declared(**properties), modes.registered(PATCHES):
        assert [each.name for each in style_properties()] == [*names, *properties]
        for name, data in files().items():
            Path(name).write_bytes(data)
        yield
    assert [each.name for each in style_properties()] == names
    assert StyleRef(Upload("0" * 64)).__dict__.keys() == {"source", *names}


def flat(color: tuple[int, int, int], left: tuple[int, int, int] | None = None) -> bytes:
    """A picture of one color, the left half of another."""
    found = Image.new("RGB", SIZE, color)
    found.paste(left or color, (0, 0, SIZE[0] // 2, SIZE[1]))
    buffer = io.BytesIO()
    found.save(buffer, "PNG")
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """A photo, two styles and a stencil of the left half."""
    return {
        "photo.png": flat((0, 0, 0)),
        "red.png": flat((200, 0, 0)),
        "blue.png": flat((0, 0, 200)),
        "left.png": flat((0, 0, 0), (255, 255, 255)),
    }


def pixels(made: Any) -> np.ndarray[Any, Any]:
    return np.asarray((Image.open(made) if isinstance(made, (str, Path)) else made).convert("RGB"))


# Red everywhere, at its full strength; blue on the left, a half by its gain and that by half for its paint.
EXPECTED = [[0, 0, 50], [200, 0, 0]]
ARGUMENTS: dict[str, Any] = {
    "style_gains": [1, 0.5],
    "style_paints": ["dry", "wet"],
    "style_stencils": [None, "left.png"],
}
BOTH = ["red.png", "blue.png"]


def check(made: Any) -> None:
    found = pixels(made)
    assert found.shape == (SIZE[1], SIZE[0], 3)
    assert found[12, [4, 28]].tolist() == EXPECTED


def test_the_api_and_recipes() -> None:
    made = stylize.stylize("photo.png", BOTH, mode="patches", **ARGUMENTS)
    check(made)
    recipe = Recipe.from_json(made.info["stylize"])
    assert Recipe.from_json(recipe.to_json()) == recipe
    red, blue = json.loads(recipe.to_json())["styles"]
    assert red.keys() == {"name", "sha256", "weight"}
    assert {name: blue[name] for name in FURTHER} == FURTHER
    assert blue["stencil"] == {"name": "left.png", "sha256": recipe.inputs[-1].sha256}
    check(stylize.run(recipe))
    Path("left.png").rename("other.png")
    with pytest.raises(RecipeError, match=r"left\.png"):
        stylize.run(recipe)
    check(stylize.run(recipe, style_stencils=[None, "other.png"]))
    one = stylize.stylize(
        "photo.png", "blue.png", mode="patches", style_stencils="other.png", style_gains=0.25
    )
    assert pixels(one)[12, [4, 28]].tolist() == [[0, 0, 50], [0, 0, 0]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"style_gains": [1]}, "2 styles but 1 gains"),
        ({"style_gains": [1, 9]}, "gain is 9, but it must be from 0.25 to 4"),
        ({"style_paints": ["dry", "damp"]}, "dry, wet"),
        ({"style_stencils": "left.png"}, "2 styles but 1 stencils"),
        ({"style_hues": [1, 2]}, "style_hues"),
    ],
)
def test_what_the_api_refuses(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        stylize.job("photo.png", BOTH, mode="patches", **wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [("gain", 9), ("gain", "1"), ("paint", "damp"), ("stencil", 1), ("stencil", {"name": "a/b"})],
)
def test_hostile_recipes_are_refused(name: str, value: Any) -> None:
    values = json.loads(stylize.job("photo.png", BOTH, mode="patches").recipe().to_json())
    values["styles"][1][name] = value
    with pytest.raises(RecipeError):
        Recipe.from_json(json.dumps(values))


def test_another_process() -> None:
    job = stylize.job("photo.png", BOTH, mode="patches", **ARGUMENTS)
    again = unpacked_job(packed_job(job))
    assert again.styles[1].identity == job.styles[1].identity != job.styles[0].identity
    *_, last = again.run()
    assert last.picture is not None
    check(stylize.stylize(again.content, BOTH, mode="patches", **ARGUMENTS))
    assert (last.picture[0, :, 12, [4, 28]].T * 255).round().int().tolist() == EXPECTED


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    styles = ["--style", "red.png", "--style", "blue.png"]
    stencils = ["--style-stencil", "none", "--style-stencil", "left.png"]
    further = ["--style-gains", "1,0.5", "--style-paints", "dry,wet", *stencils]
    assert main(["patches", "photo.png", *styles, *further, "-q", "-o", "out.png"]) == 0
    check("out.png")
    assert main(["patches", "photo.png", "red.png", *styles, *further, "-q", "-o", "many"]) == 0
    check("many/photo-patches.png")
    assert main(["run", "out.png", "-q", "-o", "again.png"]) == 0
    check("again.png")
    Path("left.png").rename("other.png")
    assert main(["run", "out.png", "-q", "-o", "third.png"]) == 2
    stencils = ["--style-stencil", "none", "--style-stencil", "other.png"]
    assert main(["run", "out.png", *stencils, "-q", "-o", "third.png"]) == 0
    check("third.png")
    capsys.readouterr()
    for wrong, said in (
        (["--style-gains", "1,9"], "from 0.25 to 4"),
        (["--style-gains", "1"], "2 styles but 1 gains"),
        ([*stencils, "--styles", "each"], "--style-stencil is for a mix"),
        ([*stencils, "-o", "other.png"], "is an input"),
    ):
        assert main(["patches", "photo.png", *styles, *wrong, "-q"]) == 2
        assert said in capsys.readouterr().err
    assert main(["cyclegan", "photo.png", "--style-stencil", "other.png"]) == 2
    assert main(["patches", "--help"]) == 0
    assert "where it counts" in capsys.readouterr().out


# Notebooks


@pytest.fixture
def assets() -> Assets:
    return Assets()


@pytest.fixture
def cell(assets: Assets) -> Cell:
    uploads = {name: Upload(assets.add(data), name) for name, data in files().items()}
    properties: dict[str, Any] = {**FURTHER, "stencil": uploads["left.png"]}
    styles = (StyleRef(uploads["red.png"]), StyleRef(uploads["blue.png"], **properties))
    return Cell(title="One", mode="patches", content=uploads["photo.png"], styles=styles)


def changed(cell: Cell, **properties: Any) -> tuple[StyleRef, ...]:
    return (cell.styles[0], replace(cell.styles[1], **properties))


def test_json_and_a_zip(cell: Cell, assets: Assets) -> None:
    book = Notebook(cells=(cell,))
    blue = json.loads(to_json(book))["cells"][0]["styles"][1]
    assert blue["stencil"]["from"] == "upload"
    assert {name: blue[name] for name in FURTHER} == FURTHER
    assert from_json(to_json(book)) == book
    save_zip(book, assets, Path("book.zip"))
    stencil = cell.styles[1].stencil.asset
    assert zipfile.ZipFile("book.zip").read("pictures/left.png") == files()["left.png"]
    again = Assets()
    assert load_zip(Path("book.zip"), again) == book
    assert again.get(stencil) == files()["left.png"]
    assert main(["run", "book.zip", "-q", "-o", "made"]) == 0
    check("made/01-one.png")


def saved() -> tuple[str, dict[str, str]]:
    """A notebook of an earlier version as it is written now, and the fingerprints of its cells."""
    book = from_json((Path(__file__).parents[1] / "notebook" / "saved" / "notebook.json").read_text())
    return to_json(book), {cell: book.fingerprint(cell) for cell in book.ids}


BEFORE = saved()


def test_a_notebook_from_before_the_properties_is_the_same_with_them() -> None:
    assert saved() == BEFORE


@pytest.mark.parametrize("name", ["gain", "paint", "stencil"])
def test_fingerprint(cell: Cell, assets: Assets, name: str) -> None:
    book = Notebook(cells=(cell,)).finish(cell.id, CellResult(assets.add(flat((1, 2, 3)))))
    assert book.stale == set()
    default = next(each.default for each in style_properties() if each.name == name)
    assert book.change(cell.id, styles=changed(cell, **{name: default})).stale == {cell.id}


def test_a_picture_of_another_cell(cell: Cell, assets: Assets) -> None:
    first = replace(
        cell, id="first", title="Stencil", styles=(StyleRef(Upload(assets.add(flat((255,) * 3)))),)
    )
    book = Notebook(cells=(first, replace(cell, styles=changed(cell, stencil=Output("first")))))
    assert book.needs(cell.id) == ("first",)
    made = book.finish("first", CellResult(assets.add(files()["left.png"])))
    (job,) = jobs(made, cell.id, assets)
    assert job.recipe().styles[1].stencil.sha256 == made["first"].result.asset
    kept = made.remove("first")
    assert kept[cell.id].styles[1].stencil.asset == made["first"].result.asset
    run_script(to_script(book, assets))
    assert pixels("made/02-one.png")[12, 28].tolist() == [0, 0, 50]  # the first cell's picture is white


@pytest.mark.parametrize("wrong", [{"gain": 9}, {"paint": "damp"}, {"stencil": 1}])
def test_what_a_notebook_refuses(cell: Cell, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotebookError):
        changed(cell, **wrong)


def test_a_notebook_from_a_recipe(cell: Cell, assets: Assets) -> None:
    (job,) = jobs(Notebook(cells=(cell,)), cell.id, assets)
    found = from_recipe(job.recipe())
    assert found.styles == cell.styles
    lost = Notebook(cells=(found,))
    assert [each.name for each in missing(lost, Assets())[found.id]] == list(files())
    unknown = replace(job.recipe().styles[1], stencil=FileRef("left.png", ""))
    (without,) = from_recipe(replace(job.recipe(), styles=(unknown,))).styles
    assert without.stencil is None


def run_script(text: str) -> None:
    Path("book.py").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["book.py", "made"])
        runpy.run_path("book.py", run_name="__main__")


def test_exports(cell: Cell, assets: Assets) -> None:
    book = Notebook(cells=(cell,))
    script = to_script(book, assets)
    assert "style_stencils=[None, picture('left.png')]" in script
    run_script(script)
    check("made/01-one.png")
    shared: dict[str, Any] = {}
    for each in json.loads(to_ipynb(book, assets))["cells"]:
        if each["cell_type"] == "code":
            exec("".join(each["source"]), shared)
    check("stylize-output/01-one.png")
    plain = book.change(cell.id, styles=(cell.styles[0],))
    assert "style_gains" not in to_script(plain, assets)
    assert "style_stencils" not in to_script(plain, assets)
    report = to_html_report(book, assets)
    assert "Gain 0.5" in report
    assert "Stencil: left.png" in report


# The page


def test_the_page(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "page", executor=OneByOne())
    session = bench.session()
    cell = bench.do(session, "preset", name="patches")
    bench.do(session, "upload", cell=cell, what="content", path=bench.upload("a.png", files()["photo.png"]))
    for n, name in enumerate(BOTH):
        bench.do(session, "upload", cell=cell, what="style", index=n, path=bench.upload(name, files()[name]))
    form = bench.card(session, cell)[1]
    for name in ("gain", "paint", "stencil"):
        assert form.count(f'data-property="{name}"') == 2
    assert "how strong it is" in form
    assert '<option value="wet">' in form
    at = {"cell": cell, "index": 1}
    bench.do(session, "property", **at, property="gain", value=0.5)
    bench.do(session, "property", **at, property="paint", value="wet")
    bench.do(session, "pick", **at, what="style", property="stencil")
    picker = bench.drawing.changes(session).parts["picker"]
    assert "<h2>Stencil</h2>" in picker
    assert 'data-property="stencil"' in picker
    assert 'data-kind="named"' not in picker
    path = bench.upload("left.png", files()["left.png"])
    bench.do(session, "upload", **at, what="style", property="stencil", path=path)
    assert session.picker is None
    bench.run(session, cell)
    result = session.book[cell].result
    assert result is not None
    made = bench.page_files.of(session).assets.get(result.asset)
    check(Image.open(io.BytesIO(made)))
    assert read_recipe(made) is not None
    bench.do(session, "upload", **at, what="style", path=bench.upload("new.png", files()["red.png"]))
    style: Any = session.book[cell].styles[1]
    assert (style.source.name, style.stencil.name) == ("new.png", "left.png")
    assert (style.gain, style.paint) == (0.5, "wet")
    assert "Remove: Stencil" in bench.card(session, cell)[1]
    bench.do(session, "property", **at, property="stencil")
    style = session.book[cell].styles[1]
    assert (style.gain, style.stencil) == (0.5, None)
    assert cell in session.book.stale
    for wrong in ({"property": "gain", "value": 9}, {"property": "hue", "value": 1}, {"property": "weight"}):
        bench.fails(session, "property", **at, **wrong)
    bench.fails(session, "property", cell=cell, index=7, property="gain", value=1)
    bench.fails(session, "choose", **at, what="style", property="gain", kind="example", name="raccoon")
    bench.fails(session, "choose", **at, what="style", property="stencil", kind="named", name="claude-monet")


def test_a_class_of_styles_has_them_by_name() -> None:
    style = StyleProperties[str](gain=2.0, stencil="a.png")
    assert style.pictures == ("a.png",)
