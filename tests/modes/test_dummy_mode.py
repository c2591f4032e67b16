"""A mode that Stylize does not have is there everywhere, with nothing but its folder and its registration.

``stripes`` takes no photo and no style, has settings, presets and a loss curve of its own. What it shows in
one test is what a new mode gets for nothing: see CONTRIBUTING.
"""

from __future__ import annotations

import json
import os
import runpy
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

import stylize
from stylize import modes
from stylize.cli import main
from stylize.errors import SettingsError
from stylize.execution import OneByOne
from stylize.execution.zerogpu import LOADING, lent_for
from stylize.image import read_recipe
from stylize.notebook import Assets, Axis, Notebook
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.export import to_ipynb, to_script
from stylize.recipe import Recipe
from stylize.settings import options
from stylize.webui import launch
from stylize.webui.files import KINDS
from stylize.webui.profiles import SHARE, SPACE
from stylize.webui.runner import follow
from tests.modes.stripes.spec import STRIPES, StripesSettings
from tests.webui.bench import Bench

WIDE = {"width": 16, "side": 64}  # settings of pictures that are compared


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("STYLIZE_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)
    with modes.registered(STRIPES):
        yield
    assert "stripes" not in modes.names()


def pixels(path: str | Path) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(path).convert("RGB"))


def expected(**settings: Any) -> np.ndarray[Any, Any]:
    """What the mode makes, by itself."""
    return np.asarray(stylize.stylize(mode="stripes", **settings).convert("RGB"))


def test_no_two_modes_have_one_name() -> None:
    with pytest.raises(ValueError, match="stripes"), modes.registered(STRIPES):
        pass


def test_the_api() -> None:
    seen: list[dict[str, float]] = []
    picture = stylize.stylize(
        mode="stripes", ink="blue", side=64, on_progress=lambda each: seen.append(dict(each.losses))
    )
    assert picture.size == (64, 64)
    assert {picture.getpixel((0, y)) for y in range(64)} == {(255, 255, 255), (0, 0, 255)}
    assert seen == [{"contrast": 3.0}, {"contrast": 1.5}, {"contrast": 1.0}]
    assert np.array_equal(np.asarray(stylize.run(picture.info["stylize"])), np.asarray(picture))
    with pytest.raises(SettingsError, match="takes no photo"):
        stylize.stylize(picture, mode="stripes")
    with pytest.raises(SettingsError, match="takes no style"):
        stylize.stylize(None, picture, mode="stripes")
    with pytest.raises(SettingsError, match="red, blue"):
        stylize.stylize(mode="stripes", ink="green")


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stripes", "--upright", "--ink", "blue", "--side", "64", "-q"]) == 0
    assert capsys.readouterr().out == "stripes.png\n"
    assert np.array_equal(pixels("stripes.png"), expected(upright=True, ink="blue", side=64))
    assert main(["stripes", "--preset", "wide", "--json", "-o", "wide.png"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(each.get("losses") == {"contrast": 1.0} for each in events)
    assert np.array_equal(pixels("wide.png"), expected(width=16))
    assert main(["stripes", "-q"]) != 0  # the file is there
    assert main(["stripes", "-q", "--skip-existing"]) == 0
    for wrong in (["photo.jpg"], ["--style", "a.png"], ["--ink", "green"], ["--recursive"]):
        assert main(["stripes", *wrong]) == 2
    capsys.readouterr()
    assert main(["--help"]) == 0
    assert "stripes out of nothing" in capsys.readouterr().out


def test_a_recipe() -> None:
    assert main(["stripes", "--side", "64", "--width", "16", "-q", "-o", "out.png"]) == 0
    text = read_recipe(Path("out.png"))
    assert text is not None
    recipe = Recipe.from_json(text)
    assert (recipe.mode, recipe.settings) == ("stripes", StripesSettings(**WIDE))
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert main(["run", "out.png", "-q", "-o", "again.png"]) == 0
    assert np.array_equal(pixels("again.png"), pixels("out.png"))
    Path("recipe.json").write_text(text)
    assert main(["run", "recipe.json", "-q", "-o", "and-again.png"]) == 0
    assert np.array_equal(pixels("and-again.png"), pixels("out.png"))


# The page


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "page", executor=OneByOne())


def test_the_form_and_a_run(bench: Bench) -> None:
    session = bench.session()
    menu = bench.drawing.changes(session).parts["top"]
    assert 'data-name="stripes-wide"' in menu
    cell = bench.do(session, "preset", name="stripes-wide")
    form = bench.card(session, cell)[1]
    for each in options(StripesSettings):
        assert f'data-name="{each.name}"' in form
    assert 'value="stripes"' in form
    assert STRIPES.summary in form
    assert 'data-what="content"' not in form
    assert 'data-what="style"' not in form
    assert "Use your own network" not in form
    face = bench.card(session, cell)[2]
    assert 'data-do="run"' in face
    bench.do(session, "set", cell=cell, name="side", value=64)
    bench.do(session, "set", cell=cell, name="upright", value=True)
    bench.do(session, "set", cell=cell, name="ink", value="blue")
    bench.run(session, cell)
    result = session.book[cell].result
    assert result is not None
    assert result.complete
    ((name, curve),) = result.losses
    assert (name, curve[0], curve[-1]) == ("contrast", (1, 3.0), (3, 1.0))
    face = bench.card(session, cell)[2]
    assert "<polyline" in face
    assert "contrast 1" in face
    own = bench.page_files.of(session).assets.get(result.asset)
    Path("made.png").write_bytes(own)
    assert np.array_equal(pixels("made.png"), expected(**WIDE, upright=True, ink="blue"))


def test_from_and_to_other_modes(bench: Bench) -> None:
    """What a cell had stays, and nothing of it makes the stripes out of date."""
    session = bench.session()
    cell = bench.picture(session)
    content, styles = session.book[cell].content, session.book[cell].styles
    bench.do(session, "mode", cell=cell, value="stripes")
    assert session.book.lacks(cell) is None
    bench.run(session, cell)
    bench.do(session, "unstyle", cell=cell, index=0)
    bench.do(session, "choose", cell=cell, what="content", kind="example", name="raccoon")
    assert cell not in session.book.stale
    bench.do(session, "undo")
    bench.do(session, "undo")
    bench.do(session, "mode", cell=cell, value="adain")
    assert (session.book[cell].content, session.book[cell].styles) == (content, styles)
    assert cell in session.book.stale


def test_a_sweep(bench: Bench) -> None:
    session = bench.session()
    cell = bench.do(session, "add", kind="sweep")
    bench.do(session, "mode", cell=cell, value="stripes")
    assert session.book[cell].axes == (Axis("ink", ("red", "blue")),)
    bench.do(session, "axis", cell=cell, n=1, setting="upright", values="no yes")
    bench.run(session, cell)
    result = session.book[cell].result
    assert result is not None
    assert [tile.recipe.settings for tile in result.tiles if tile.recipe] == [
        StripesSettings(ink=ink, upright=upright) for upright in (False, True) for ink in ("red", "blue")
    ]
    assert 'class="sheet"' in bench.card(session, cell)[2]


def test_chinese_falls_back_to_what_there_is(bench: Bench, tmp_path: Path) -> None:
    session = bench.session("zh")
    cell = bench.do(session, "preset", name="stripes")
    bench.run(session, cell)
    _, form, face = bench.card(session, cell)
    assert "Edge" in form
    assert "运行" in form
    assert "contrast 1" in face
    assert "stripes" in bench.drawing.changes(session).parts["top"]
    for kind in KINDS:
        bench.do(session, "export", kind=kind)
    report = next((tmp_path / "page").rglob("*.html")).read_text("utf-8")
    assert "Stripe width" in report


def test_limits_of_a_page_that_serves_strangers(tmp_path: Path) -> None:
    """Without a network there is nothing to bring, and a run asks for as long as the mode says."""
    job = stylize.job(mode="stripes", side=256)
    SPACE.check(job.settings, max(job.size))
    assert lent_for(job) == LOADING + 5
    assert list(follow(job, stop=threading.Event()))[-1].phase == "done"


def test_stylize_for_programs(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", os.environ.get("GRADIO_TEMP_DIR", ""))
        built = launch.build(SHARE, root=tmp_path / "page")
        _, url, _ = launch.launch(built)
        try:
            client = Client(url, verbose=False, download_files=str(tmp_path))
            made = client.predict(mode="stripes", preset="wide", api_name="/stylize")
            assert np.array_equal(pixels(made), expected(width=16))
            about = client.view_api(return_format="dict", print_info=False)
            mode = about["named_endpoints"]["/stylize"]["parameters"][3]
            assert "stripes" in mode["type"]["enum"]
        finally:
            built.close()


# Notebooks


@pytest.fixture
def book() -> Notebook:
    book = Notebook("Stripes").add(mode="stripes", title="One", settings=StripesSettings(**WIDE))
    return book.add("sweep", mode="stripes", title="Two", axes=(Axis("ink", ("red", "blue")),))


def test_a_zip(book: Notebook) -> None:
    save_zip(book, Assets(), Path("book.zip"))
    assert load_zip(Path("book.zip"), Assets()).cells == book.cells
    assert main(["run", "book.zip", "-q", "-o", "made"]) == 0
    check_pictures(Path("made"))


def test_a_script(book: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("book.py").write_text(to_script(book, Assets()))
    monkeypatch.setattr("sys.argv", ["book.py", "made"])
    runpy.run_path("book.py", run_name="__main__")
    check_pictures(Path("made"))


def test_a_jupyter_notebook(book: Notebook) -> None:
    values = json.loads(to_ipynb(book, Assets()))
    shared: dict[str, Any] = {}
    for cell in values["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), shared)
    check_pictures(Path("stylize-output"))


def check_pictures(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "01-one.png", "02-two-01.png", "02-two-02.png", "02-two.png",
    ]  # fmt: skip
    assert np.array_equal(pixels(folder / "01-one.png"), expected(**WIDE))
    assert np.array_equal(pixels(folder / "02-two-02.png"), expected(ink="blue"))
