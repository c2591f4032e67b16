"""One long afternoon with the notebook, in one window: from the empty page to a phone in Chinese."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from stylize.image import read_recipe

from . import moves
from .moves import below, download, first_picture, mode, number, pixels, small, tool, until_order, until_stale

pytestmark = pytest.mark.browser


def chain(page):
    """Three linked cells of three modes."""
    first_picture(page)
    small(page, 0)
    until_stale(page, 0)
    below(page, 0, 1)
    mode(page, 1, "CycleGAN", "translation")
    assert page.input_value("#cell-1 [data-name=translation]") == "photo2vangogh"
    small(page, 1)
    page.click("#cell-0 .run")
    page.click("#cell-1 .run")
    page.wait_for_selector("#cell-1 .foot .download")
    below(page, 1, 2)
    mode(page, 2, "Gatys", "steps")
    number(page, 2, "steps", 3)
    small(page, 2)
    moves.run_all(page)
    page.wait_for_selector("#cell-2 .losses polyline", state="attached")
    assert not page.locator(".chip.stale").count()
    return [pixels(page, n) for n in range(3)]


def change_the_first(page, before):
    """Its picture follows at once, without a run; what hangs on it is out of date until all is run."""
    shown = page.get_attribute("#cell-0 .compare .after", "src")
    page.focus("#cell-0 [data-name=strength]")
    page.keyboard.press("Home")
    page.wait_for_function(
        "old => document.querySelector('#cell-0 .compare .after').getAttribute('src') !== old", arg=shown
    )
    until_stale(page, 1, 2)
    moves.run_all(page)
    until_stale(page)
    assert all(np.any(pixels(page, n) != old) for n, old in enumerate(before))


def rearrange_during_a_run(page, site):
    moves.long_gatys(page, 2)
    page.click("#cell-2 [data-way=up]")
    until_order(page, 0, 2, 1)
    page.click("#cell-0 [data-do=duplicate]")
    until_order(page, 0, 3, 2, 1)
    assert page.locator("#cell-2 .stop").is_visible()
    page.click("#cell-2 .stop")
    page.wait_for_selector("#cell-2 .foot .download")
    assert "Stopped, with the picture so far" in page.inner_text("#cell-2 .bar")
    assert site.watch.idle()


def sweep(page):
    page.click(".next [data-kind=sweep]")
    page.wait_for_selector("#cell-4 .axes")
    mode(page, 4, "AdaIN", "style_side")
    small(page, 4)
    page.fill("#cell-4 [data-field=values]", "0.3, 1")
    page.keyboard.press("Tab")
    page.click("#cell-4 .run")
    page.wait_for_selector("#cell-4 .sheet button >> nth=1")


def delete_and_undo(page):
    page.click("#cell-1 [data-do=delete]")
    until_order(page, 0, 3, 2, 4)
    page.click(".toast [data-do=undo]")
    until_order(page, 0, 3, 2, 1, 4)


def away_and_back(page):
    """Reload; export, clear, import: the same pictures."""
    before, pictures = page.evaluate(moves.STATE), [pixels(page, n) for n in (0, 1, 2, 4)]
    page.reload()
    until_order(page, 0, 3, 2, 1, 4)
    page.wait_for_selector("#cell-4 .sheet button >> nth=1")
    assert page.evaluate(moves.STATE) == before
    book = moves.save(page, "zip")
    with zipfile.ZipFile(book) as opened:
        assert opened.testzip() is None
    tool(page, "clear")
    page.wait_for_selector(".empty-page")
    page.set_input_files(".import input", book)
    until_order(page, *range(5))
    page.wait_for_selector("#cell-4 .sheet button >> nth=1")
    assert page.evaluate(moves.STATE) == before
    for n, old in zip((0, 3, 2, 4), pictures, strict=True):  # slots are given out anew, from top to bottom
        np.testing.assert_array_equal(pixels(page, n), old)


def drop_a_picture_back(page):
    data = download(page, 2)
    recipe = json.loads(read_recipe(data))
    moves.drop(page, data)
    page.wait_for_selector("#cell-5 .foot .download")
    assert page.input_value("#cell-5 [data-name=steps]") == str(recipe["settings"]["steps"]) == "5000"
    assert download(page, 5) == data


def on_a_phone(page):
    """In Chinese and in the dark."""
    tool(page, "language")
    page.wait_for_function("() => document.querySelector('#cell-0 .run').innerText === '运行'")
    page.set_viewport_size({"width": 390, "height": 844})
    tool(page, "theme")
    assert page.evaluate("() => document.body.classList.contains('dark')")
    assert page.evaluate(moves.WIDE) <= 0
    page.click("#cell-0 .run")
    page.wait_for_selector("#cell-0 .bar:has-text('完成')")
    assert page.evaluate(moves.WIDE) <= 0
    page.reload()
    page.wait_for_selector("#cell-0 .foot .download")
    assert page.evaluate("() => document.body.classList.contains('dark')")
    assert page.inner_text("#cell-0 .run") == "运行"


def test_an_afternoon(visit, site):
    page = visit()
    before = chain(page)
    change_the_first(page, before)
    rearrange_during_a_run(page, site)
    sweep(page)
    delete_and_undo(page)
    away_and_back(page)
    drop_a_picture_back(page)
    on_a_phone(page)
