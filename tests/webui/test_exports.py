"""What Export writes gives the page's pictures without the page."""

from __future__ import annotations

import json
import runpy
import sys

import numpy as np
import pytest
from PIL import Image

from .moves import below, first_picture, mode, number, pixels, save, small

pytestmark = pytest.mark.browser


def paint(page):
    """A picture whose strength was changed afterwards, and one by another mode that hangs on it."""
    first_picture(page)
    small(page, 0)
    page.wait_for_selector("#cell-0 .chip.stale")
    page.click("#cell-0 .run")
    page.wait_for_selector("#cell-0 .chip.stale", state="detached")
    shown = page.get_attribute("#cell-0 .compare .after", "src")
    page.focus("#cell-0 [data-name=strength]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "old => document.querySelector('#cell-0 .compare .after').getAttribute('src') !== old", arg=shown
    )
    below(page, 0, 1)
    mode(page, 1, "Gatys", "steps")
    number(page, 1, "steps", 3)
    small(page, 1)
    page.click("#cell-1 .run")
    page.wait_for_selector("#cell-1 .foot .download")
    return [pixels(page, n) for n in (0, 1)]


def check(folder, pictures):
    found = sorted(folder.glob("*.png"))
    assert len(found) == len(pictures)
    for path, wanted in zip(found, pictures, strict=True):
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), wanted)


def test_the_script_and_the_jupyter_notebook_give_the_same_pictures(visit, tmp_path, monkeypatch):
    page = visit()
    pictures = paint(page)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["notebook.py", "out"])
    runpy.run_path(str(save(page, "py")), run_name="__main__")
    check(tmp_path / "out", pictures)
    cells = json.loads(save(page, "ipynb").read_text("utf-8"))["cells"]
    monkeypatch.setattr(sys, "argv", ["notebook.ipynb"])
    exec("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), {})
    check(tmp_path / "stylize-output", pictures)
    assert save(page, "html").read_text("utf-8").count("data:image/") >= len(pictures)
