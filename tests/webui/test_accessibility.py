"""The page for people who do not see it, or use no pointer: axe-core's rules, and where the focus goes."""

from __future__ import annotations

import re
from itertools import groupby, product

import pytest

from .moves import first_picture, long_gatys, number, small, tool, until_order

pytestmark = pytest.mark.browser
RULES = {"resultTypes": ["violations"]}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1360, "height": 860}


@pytest.fixture
def faults():
    """What axe-core finds on a page: rules with the elements that break them."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")

    def found(page):
        broken = axe.Axe().run(page, None, RULES).response["violations"]
        return [(rule["id"], node["target"], node["html"]) for rule in broken for node in rule["nodes"]]

    return found


@pytest.fixture
def still(visit):
    """The page without transitions, half-way through which a color is not yet what it will be."""
    return lambda **more: visit(reduced_motion="reduce", **more)


def test_a_planted_fault_is_found(still, faults):
    page = still()
    page.evaluate("() => document.querySelector('.empty-page').insertAdjacentHTML('beforeend', "
                  "'<img src=\"data:,\"><p style=\"color: #aaa\">Hardly to be read</p>')")  # fmt: skip
    assert {rule for rule, _, _ in faults(page)} == {"image-alt", "color-contrast"}


def test_the_first_steps_have_no_faults(still, faults):
    page = still()
    assert page.locator("#toasts[role=status]").count() == 1
    for size, _ in product((DESK, PHONE), range(2)):
        page.set_viewport_size(size)
        assert faults(page) == []
        tool(page, "theme")
    page.set_viewport_size(DESK)
    first_picture(page)
    assert re.fullmatch(r"Mountain path: Done in .+", page.inner_text("#cell-0 [role=status]"))
    tool(page, "gallery")
    page.click(".menu.add summary")
    assert faults(page) == []
    tool(page, "help")
    assert faults(page) == []


def fill(page):
    """Five cells: finished and out of date, failed, a note, a sweep that waits, and one that runs."""
    first_picture(page)
    page.click("#cell-0 [data-do=below]")
    page.locator("#cell-1 .segments label", has_text="CycleGAN").click()
    page.wait_for_selector("#cell-1 [data-name=translation]")
    page.select_option("#cell-1 [data-name=translation]", "style-monet")
    page.click("#cell-1 .run")
    page.wait_for_selector("#cell-1 .bar.failed[role=alert]")
    page.click(".next [data-kind=note]")
    page.fill("#cell-2 textarea", "# Plans\n\n**Paint** [this](http://example.com) and\n\n- one\n- `two`")
    page.keyboard.press("Tab")
    page.wait_for_selector("#cell-2 .written a")
    page.click(".next [data-kind=sweep]")
    page.wait_for_selector("#cell-3 .axes")
    small(page, 3)
    page.fill("#cell-3 [data-field=values]", "0.3, 1")
    page.keyboard.press("Tab")
    page.click("#cell-3 .run")
    page.wait_for_selector("#cell-3 .sheet button >> nth=1")
    number(page, 0, "style_side", 128)
    page.wait_for_selector("#cell-0 .chip.stale")
    page.click(".next [data-kind=picture]")
    page.wait_for_selector("#cell-4 .form")
    long_gatys(page, 4)
    page.click("#cell-3 .run")
    page.wait_for_selector("#cell-3 .bar.waiting")
    page.click("#cell-4 .more summary")


def test_a_full_notebook_has_no_faults(still, faults):
    page = still()
    fill(page)
    assert faults(page) == []
    tool(page, "theme")
    assert faults(page) == []
    page.click(".stop-all")
    page.wait_for_selector(".run-all")
    tool(page, "language")
    page.wait_for_function("() => document.querySelector('#cell-0 .run').innerText === '运行'")
    page.click("#cell-0 [data-do=fold]")
    page.wait_for_selector("#cell-0 .mini")
    page.set_viewport_size(PHONE)
    assert faults(page) == []
    tool(page, "theme")
    page.click("#cell-3 .input.style")
    page.wait_for_selector("dialog.picker[open] .tiles img")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.picker[open]", state="hidden")
    tool(page, "gallery")
    assert faults(page) == []


STACKED = """() => document.querySelector('#face-0').getBoundingClientRect().bottom <=
    document.querySelector('#form-0').getBoundingClientRect().top"""
# Nothing was drawn for a second: an answer that comes while the keys are pressed would move the focus.
SETTLED = """() => new Promise(resolve => {
    let timer = setTimeout(resolve, 1000);
    const again = () => { clearTimeout(timer); timer = setTimeout(resolve, 1000); };
    new MutationObserver(again).observe(
        document.body, {subtree: true, childList: true, attributes: true, characterData: true});
})"""
AT = "() => document.activeElement.closest('[id^=head-], [id^=form-], [id^=face-]')?.id || ''"


def test_the_tab_key_goes_where_the_eye_goes(visit):
    page = visit()
    first_picture(page)
    page.click(".next [data-kind=note]")
    page.fill("#cell-1 textarea", "Plans")
    page.keyboard.press("Alt+ArrowUp")
    until_order(page, 1, 0)

    def way():
        page.evaluate(SETTLED)
        page.focus("#cell-1 input.title")
        seen = [page.evaluate(AT)]
        while seen[-1] and len(seen) < 100:
            page.keyboard.press("Tab")
            seen.append(page.evaluate(AT))
        return [name for name, _ in groupby(seen)]

    assert way() == ["head-1", "face-1", "head-0", "form-0", "face-0", ""]
    page.set_viewport_size(PHONE)
    page.wait_for_function(STACKED)
    assert way() == ["head-1", "face-1", "head-0", "face-0", "form-0", ""]
    page.focus("#cell-1 textarea")
    assert page.locator("#cell-1 textarea").bounding_box()["height"] > 60


def test_a_dialog_takes_the_focus_and_gives_it_back(visit):
    page = visit()
    page.keyboard.press("Control+b")
    page.wait_for_selector("#cell-0 .form")
    page.focus("#cell-0 .input.style")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.picker[open] .tiles img")
    assert page.evaluate("() => Boolean(document.activeElement.closest('dialog.picker'))")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.picker[open]", state="hidden")
    assert page.evaluate("() => document.activeElement.matches('#cell-0 .input.style')")
