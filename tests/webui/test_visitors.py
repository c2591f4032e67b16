"""Several people at once, each in a browser of their own."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from .moves import first_picture, long_gatys, pixels, small, until_order

pytestmark = pytest.mark.browser
STORED = "() => JSON.stringify(Object.values(localStorage))"


def test_four_at_once_each_have_their_own(visit):
    pages = [visit() for _ in range(4)]
    for n, page in enumerate(pages):
        page.locator(".pairs button").nth(n).click()
    for n, page in enumerate(pages):
        page.wait_for_selector("#cell-0 .foot .download")
        page.fill("#cell-0 input.title", f"Visitor {n}")
        page.keyboard.press("Tab")
        page.wait_for_function(f"() => ({STORED})().includes('Visitor {n}')")
    pictures = [pixels(page, 0) for page in pages]
    assert not any(one.shape == other.shape and (one == other).all()
                   for one, other in combinations(pictures, 2))  # fmt: skip

    first, *others = pages
    long_gatys(first, 0)
    for before, page in enumerate(others, 1):
        small(page, 0)
        page.wait_for_selector("#cell-0 .chip.stale")
        page.click("#cell-0 .run")
        page.wait_for_selector(f"#cell-0 .bar.waiting:has-text('{before} before this one')")
    others[-1].click("#cell-0 .stop")
    others[-1].wait_for_selector("#cell-0 .bar.idle:has-text('Taken out of the queue')")
    others[-1].click("#cell-0 .run")
    others[-1].wait_for_selector("#cell-0 .bar.waiting:has-text('3 before this one')")
    first.click("#cell-0 .stop")
    for n, page in enumerate(pages):
        page.wait_for_selector("#cell-0 .chip.stale", state="detached")
        page.wait_for_selector("#cell-0 .foot .download")
        assert np.any(pixels(page, 0) != pictures[n])
        until_order(page, 0)
        assert page.locator(".shots img").count() == 2
        seen = page.content() + page.evaluate(STORED)
        assert [other for other in range(4) if f"Visitor {other}" in seen] == [n]


def test_two_windows_of_one_visitor_keep_to_themselves(visit, site):
    page = visit()
    first_picture(page)
    other = page.context.new_page()
    other.goto(site.url)
    other.wait_for_selector(".empty-page")
    other.keyboard.press("Control+b")
    other.wait_for_selector("#cell-0 .form")
    other.fill("#cell-0 input.title", "Elsewhere")
    other.reload()
    other.wait_for_selector("#cell-0 .form")
    other.wait_for_function("() => document.querySelector('#cell-0 input.title').value")
    assert other.input_value("#cell-0 input.title") == "Elsewhere"
    page.reload()
    page.wait_for_selector("#cell-0 .foot .download")
    assert page.input_value("#cell-0 input.title") == "Mountain path"
