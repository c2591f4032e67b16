"""A style is learned in a real browser, stopped, kept and used."""

from __future__ import annotations

from pathlib import Path

import pytest

import stylize
from stylize.image import read_recipe
from stylize.library import learned
from stylize.recipe import Recipe

from .moves import WIDE, download, first_picture, small

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STYLIZE_STYLES_DIR", str(tmp_path / "mine"))
    return tmp_path / "mine"


def learn_a_few_steps(page):
    """Presses the button, looks at a step and a preview, and stops."""
    page.click("#cell-0 .learn")
    page.wait_for_selector("#cell-0 .compare.busy")
    page.wait_for_selector("#cell-0 .bar:has-text('Step')")
    assert page.locator("#cell-0 .bar strong").inner_text() == "Learning the style"
    page.click("#cell-0 .stop")
    page.wait_for_selector("#cell-0 .input.style .linked")
    page.wait_for_selector("#cell-0 .foot .download")


def run_anew(page):
    """Runs the cell, and waits until there is another picture to download."""
    before = page.get_attribute("#cell-0 .foot .download", "href")
    page.click("#cell-0 .run")
    new = f"#cell-0 .foot .download:not([href='{before}'])"
    page.wait_for_selector(new)


def style_picker(page):
    page.click("#cell-0 .add-style")
    page.wait_for_selector("dialog.picker[open]")


def test_a_style_is_learned_stopped_kept_and_used(visit, mine, tmp_path):
    page = visit()
    first_picture(page)
    small(page, 0)
    learn_a_few_steps(page)
    assert "is one of your styles now" in page.wait_for_selector(".toast.done").inner_text()
    assert not page.locator("#cell-0 .chip.stale").count()
    (style,) = learned.mine()
    assert style.path.parent == mine

    style_picker(page)
    page.fill(".mine input.title", "日の出")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mine button[data-kind=mine][data-name='日の出']")
    with page.expect_download() as waiting:
        page.click(".mine [data-do=export_style]")
    assert waiting.value.suggested_filename == "日の出.style.safetensors"
    saved = tmp_path / "saved.style.safetensors"
    waiting.value.save_as(saved)
    assert stylize.load(saved).learned.name == style.style.name
    page.click(".mine > button")
    page.wait_for_selector("dialog.picker[open]", state="hidden")
    page.wait_for_selector("#cell-0 .share >> nth=1")
    run_anew(page)
    recipe = Recipe.from_json(read_recipe(download(page, 0)))
    assert [each.sha256 for each in recipe.styles] == [style.sha256] * 2

    style_picker(page)
    page.focus(".mine [data-do=ask_style]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mine .answers")
    page.focus(".mine [data-do=delete_style]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mine", state="detached")
    assert learned.mine() == ()
    page.set_input_files("dialog.picker input[type=file]", saved)
    page.wait_for_selector("#cell-0 .share >> nth=2")
    assert [each.name for each in learned.mine()] == ["saved"]
    page.reload()
    page.wait_for_selector("#cell-0 .input.style .linked >> nth=2")


def test_a_phone_has_room_for_it(visit):
    page = visit(390, 844)
    first_picture(page)
    small(page, 0)
    learn_a_few_steps(page)
    style_picker(page)
    page.click(".mine [data-do=ask_style]")
    page.wait_for_selector(".mine .answers")
    assert page.evaluate(WIDE) <= 0
    heights = [each.bounding_box()["height"] for each in page.locator(".mine .answers .button").all()]
    assert all(height >= 44 for height in heights)
