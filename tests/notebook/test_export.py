"""Scripts, Jupyter notebooks and reports: they run, they give the same pictures, and no text gets out."""

from __future__ import annotations

import ast
import base64
import html
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylize import cli
from stylize.errors import NotebookError
from stylize.notebook import Assets, Axis, CellResult, Notebook, Output, StyleRef, Tile, Upload
from stylize.notebook.archive import save_zip
from stylize.notebook.export import to_ipynb, to_script
from stylize.notebook.recipes import file_names
from stylize.notebook.report import to_html_report
from stylize.notebook.work import jobs
from stylize.progress import Progress
from stylize.webui import texts

from .made import chain, learned_style, png

HOSTILE = [
    "\"\"\"\n'''\nraise SystemExit(3)\n#",
    "{__import__('os')._exit(3)}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "](javascript:alert(1)) `x` ![p](http://example.com/p.png)",
    "-*- coding: utf-7 -*-\u2028raise SystemExit(3)\x85raise SystemExit(3)\\",
    "</style></title>--><svg onload=alert(1)>&lt;b&gt;",
]


def finished(job) -> np.ndarray:
    """What a job makes, (H, W, 3) uint8."""
    last: list[Progress] = [step for step in job.run() if step.picture is not None]
    return (job.finish(last[-1].picture)[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def made() -> tuple[Notebook, Assets, dict[str, np.ndarray]]:
    """A small notebook, and its pictures by the names of their files as the API makes them."""
    assets = Assets()
    book, first, sweep = chain(assets)
    names = file_names(book)
    (job,) = jobs(book, first, assets)
    pictures = {f"{names[first]}.png": finished(job)}
    buffer = io.BytesIO()
    Image.fromarray(pictures[f"{names[first]}.png"]).save(buffer, "PNG")
    after = book.finish(first, CellResult(assets.add(buffer.getvalue())))
    for n, job in enumerate(jobs(after, sweep, assets), 1):
        pictures[f"{names[sweep]}-{n:02}.png"] = finished(job)
    return book, assets, pictures


def check(folder: Path, pictures: dict[str, np.ndarray]) -> None:
    """The folder has these very pictures, and a contact sheet."""
    assert {path.name for path in folder.iterdir()} == {*pictures, "03-sweep.png"}
    for name, wanted in pictures.items():
        np.testing.assert_array_equal(pixels(folder / name), wanted)
    assert pixels(folder / "03-sweep.png").shape[:2] == (2 * 40 + 8, 2 * 48 + 8)


def test_the_script_gives_the_same_pictures(made, tmp_path):
    book, assets, pictures = made
    script = tmp_path / "notebook.py"
    script.write_text(to_script(book, assets), "utf-8")
    subprocess.run([sys.executable, script, tmp_path / "out"], check=True, cwd=tmp_path, capture_output=True)
    check(tmp_path / "out", pictures)


def test_the_jupyter_notebook_gives_the_same_pictures(made, tmp_path, monkeypatch):
    book, assets, pictures = made
    values = json.loads(to_ipynb(book, assets))
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    for cell in values["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), scope)
    check(tmp_path / "stylize-output", pictures)


def test_the_jupyter_notebook_runs_in_a_kernel(made, tmp_path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    book, assets, pictures = made
    notebook = nbformat.reads(to_ipynb(book, assets), as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    check(tmp_path / "stylize-output", pictures)
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert any("image/png" in output.get("data", {}) for cell in shown for output in cell.outputs)


def test_the_command_line_gives_the_same_pictures(made, tmp_path, capsys):
    book, assets, pictures = made
    save_zip(book, assets, tmp_path / "book.zip")
    assert cli.main(["run", str(tmp_path / "book.zip"), "-o", str(tmp_path / "out"), "-q"]) == 0
    check(tmp_path / "out", pictures)
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert cli.main(["run", str(tmp_path / "book.zip"), "-o", str(tmp_path / "out.png")]) == 2
    assert cli.main(["run", str(tmp_path / "book.zip"), "--content", "x.png"]) == 2
    assert "leave out" in capsys.readouterr().err


def test_the_jupyter_notebook_has_the_format_it_says(made):
    book, assets, _ = made
    values = json.loads(to_ipynb(book.rename("A *star*"), assets))
    assert (values["nbformat"], values["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in values["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in values["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        assert all(isinstance(line, str) for line in cell["source"])
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | code
    assert values["cells"][0]["source"][0] == "# A \\*star\\*\n"


def hostile(text: str) -> tuple[Notebook, Assets]:
    """A notebook that says a text wherever a user can."""
    assets = Assets()
    book, first, sweep = chain(assets, title=text[:200])
    content = Upload(assets.add(png(1)), text[:200])
    book = book.rename(text[:200]).change(first, content=content).change(sweep, title=text[:200])
    book = book.change(book.ids[1], title=text[:200], text=f"{text}\n\n# {text}\n\n- {text}\n\n`{text}`")
    tile = Tile(0, 0, assets.add(png(5)))
    return book.finish(sweep, CellResult(assets.add(png(6)), tiles=(tile,), log=(text,))), assets


def shape(code: str) -> str:
    """The code without its literals: its tree with every text and number as the same one."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = 0
        elif isinstance(node, ast.Name):
            node.id = re.sub(r"^cell_\w+", "cell", node.id)
    return ast.dump(tree)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_code(text):
    tame, evil = hostile("Tame"), hostile(text)
    assert shape(to_script(*evil)) == shape(to_script(*tame))
    for scripts in (to_script(*evil), to_script(*evil).encode()):
        compile(scripts, "notebook.py", "exec")
    for one, other in zip(*(json.loads(to_ipynb(*each))["cells"] for each in (tame, evil)), strict=True):
        assert one["cell_type"] == other["cell_type"]
        if one["cell_type"] == "code":
            assert shape("".join(one["source"])) == shape("".join(other["source"]))
        else:
            said = "".join(other["source"])
            assert "<" not in said
            assert "](javascript:" not in said
            assert "![" not in said


class Tags(HTMLParser):
    """Every element and attribute name of a page, and its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.add((tag, *sorted(name for name, _ in attrs)))
        self.links += [value for name, value in attrs if name in ("src", "href")]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_html(text):
    page = to_html_report(*hostile(text))
    tags = Tags(page)
    marks = {("p",), ("br",), ("code",), ("em",), ("h3",), ("ul",), ("ol",), ("li",), ("a", "href", "rel")}
    assert tags.found <= Tags(to_html_report(*hostile("Tame"))).found | marks
    assert all(link.startswith(("data:image/png;base64,", "http://example.com/")) for link in tags.links)
    assert html.escape(text.split("\n")[0][:20]) in page


def test_the_report_has_the_pictures_and_no_scripts(made):
    book, assets, _ = made
    done = book.finish(book.ids[0], CellResult(assets.add(png(9)), seconds=2.0))
    page = to_html_report(done.change(book.ids[1], text="See [this](https://example.org/a) **now**"), assets)
    tags = Tags(page)
    assert not {tag for tag, *_ in tags.found} & {"script", "iframe", "link", "object", "form"}
    assert sum(link.startswith("data:image/png;base64,") for link in tags.links) == 5
    assert "https://example.org/a" in tags.links
    assert "<strong>now</strong>" in page
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page
    assert ("img", "alt", "src") in tags.found


def test_a_learned_style_goes_into_every_export(tmp_path):
    assets = Assets()
    book, first, _ = chain(assets)
    sea = StyleRef(Upload(assets.add(learned_style()), "sea.style.safetensors"))
    book = book.change(first, styles=(sea, *book[first].styles)).remove(book.ids[2])
    report = to_html_report(book, assets)
    shown = report.split('sea.style.safetensors" src="data:image/jpeg;base64,')[1].split('"')[0]
    with Image.open(io.BytesIO(base64.b64decode(shown))) as image:
        assert (image.format, image.size) == ("JPEG", (40, 40))
    (job,) = jobs(book, first, assets)
    script = tmp_path / "notebook.py"
    script.write_text(to_script(book, assets), "utf-8")
    subprocess.run([sys.executable, script, tmp_path / "out"], check=True, capture_output=True)
    (path,) = (tmp_path / "out").iterdir()
    np.testing.assert_array_equal(pixels(path), finished(job))
    assert "sea.style.safetensors" in to_ipynb(book, assets)


def large(seed: int, alpha: bool = False) -> bytes:
    """A picture of 2400 pixels whose file is large."""
    noise = np.random.default_rng(seed).integers(0, 256, (1200, 2400, 4 if alpha else 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def embedded(text: str) -> list[Image.Image]:
    """The pictures in a report or a Jupyter notebook."""
    found = re.findall(r'data:image/\w+;base64,([^"]+)"', text) or re.findall(r'"image/\w+": "([^"]+)"', text)
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in found]


def test_the_report_has_smaller_copies_of_large_pictures():
    assets = Assets()
    book, first, sweep = chain(assets)
    made, see_through = large(1), large(2, alpha=True)
    book = book.change(first, content=Upload(assets.add(see_through), "photo.png"))
    book = book.finish(first, CellResult(assets.add(made)))
    tile = Tile(0, 0, assets.add(large(3)))
    book = book.finish(sweep, CellResult(assets.add(png(6)), tiles=(tile,)))
    page = to_html_report(book, assets)
    shown = [(each.format, each.size) for each in embedded(page)]
    assert ("JPEG", (1600, 800)) in shown, "the result"
    assert ("PNG", (480, 240)) in shown, "the photo, which is transparent"
    assert ("JPEG", (640, 320)) in shown, "a picture of the sweep"
    assert ("PNG", (48, 40)) in shown, "the style, which is small"
    assert len(page) < (len(made) + len(see_through)) / 3


def test_a_jupyter_notebook_shows_what_is_up_to_date(made):
    book, assets, _ = made
    assert not embedded(to_ipynb(book, assets))
    done = book.finish(book.ids[0], CellResult(assets.add(png(9))))
    values = json.loads(to_ipynb(done, assets))
    cells = [each for each in values["cells"] if each["cell_type"] == "code"]
    assert [each["execution_count"] for each in cells] == [None, None, 3, None]
    (output,) = cells[2]["outputs"]
    assert output["output_type"] == "execute_result"
    assert output["execution_count"] == 3
    assert base64.b64decode(output["data"]["image/png"]) == png(9)
    changed = done.change(done.ids[0], settings=done[done.ids[0]].settings.changed(strength=0.1))
    assert not embedded(to_ipynb(changed, assets)), "it shows no picture that its code does not make"
    assets.drop([done[done.ids[0]].result.asset])
    assert not embedded(to_ipynb(done, assets))


def test_a_jupyter_notebook_shows_a_large_picture_smaller():
    assets = Assets()
    book, first, _ = chain(assets)
    book = book.finish(first, CellResult(assets.add(large(1))))
    (shown,) = embedded(to_ipynb(book, assets))
    assert (shown.format, shown.size) == ("JPEG", (1024, 512))


def test_the_report_speaks_chinese(made):
    book, assets, _ = made
    page = to_html_report(book, assets, texts.translations("zh").__getitem__, "zh-CN")
    assert '<html lang="zh-CN">' in page
    assert "还没有图片。" in page
    assert "No picture" not in page


def test_cells_that_lack_something_are_left_out_of_scripts(made):
    book, assets, _ = made
    first, _, sweep = book.ids
    book = book.change(first, content=None).add(content=book[first].content, styles=book[first].styles)
    code = to_script(book, assets)
    assert "04-picture" in code
    assert "01-first" not in code
    assert "03-sweep" not in code
    assert sweep in book.ids


def test_a_cell_above_the_one_that_it_uses_still_comes_after_it(made):
    book, assets, _ = made
    moved = book.move(book.ids[2], 0)
    code = to_script(moved, assets)
    assert code.index("02-first") < code.index("01-sweep")


def test_pictures_with_the_same_name_stay_apart_and_lost_ones_are_named():
    assets = Assets()
    one, two = (Upload(assets.add(png(n)), "same.png") for n in (1, 2))
    book = Notebook().add(content=one, styles=(StyleRef(two),), title="A")
    code = to_script(book, assets)
    assert "'same.png'" in code
    assert "'2-same.png'" in code
    assets.drop([two.asset])
    with pytest.raises(NotebookError, match=r"A needs the picture same\.png"):
        to_script(book, assets)
    linked = book.add(content=Output(book.ids[0]), styles=(StyleRef(one),))
    with pytest.raises(NotebookError, match="A, which has none yet"):
        jobs(linked, linked.ids[1], assets)


def test_a_sweep_of_all_settings_is_written_out():
    assets = Assets()
    photo = Upload(assets.add(png(1)))
    book = Notebook().add("sweep", content=photo, mode="gatys", styles=(StyleRef(photo),),
                          axes=(Axis("style_layers", (("relu1_1",), ("relu1_1", "relu2_1"))),))  # fmt: skip
    code = to_script(book, assets)
    assert "style_layers=['relu1_1', 'relu2_1']" in code
    assert "content_side=768" in code
