"""Nothing is lost when the connection breaks, or when the server is started again."""

from __future__ import annotations

import pytest

from stylize.webui.profiles import LOCAL

from .conftest import serve
from .moves import STATE, download, first_picture, long_gatys, number, until_order
from .wire import Wire

pytestmark = pytest.mark.browser


@pytest.fixture
def wire(site):
    wire = Wire(site.url)
    yield wire
    wire.cut()


@pytest.fixture
def restarted(site):
    """The server as it comes back: the same folder, and no memory of its visitors."""
    yield from serve(LOCAL, site.built.page_files.store.root)


def test_a_run_goes_on_while_the_connection_is_cut(site, wire, visit):
    page = visit(url=wire.url)
    first_picture(page)
    page.fill("#cell-0 input.title", "Harbour")
    long_gatys(page, 0)
    wire.cut()
    seen = site.watch.steps
    with site.watch.moved:
        assert site.watch.moved.wait_for(lambda: site.watch.steps > seen + 3, 60)
    assert "comes back by itself" in page.wait_for_selector(".toast.failed").inner_text()
    assert not page.locator(".toast-item:visible").count()
    wire.mend()
    step = "() => Number(document.querySelector('#cell-0 [role=progressbar]')?.getAttribute('aria-valuenow'))"
    page.wait_for_function(f"old => ({step})() > old", arg=page.evaluate(step) or 0)
    assert page.input_value("#cell-0 input.title") == "Harbour"
    page.click("#cell-0 .stop")
    page.wait_for_selector("#cell-0 .foot .download")
    assert "Stopped, with the picture so far" in page.inner_text("#cell-0 .bar")


def test_after_a_restart_all_is_there_and_the_last_words_count(restarted, wire, visit):
    page = visit(url=wire.url)
    first_picture(page)
    page.click(".next [data-kind=note]")
    page.fill("#cell-1 textarea", "Plans")
    page.keyboard.press("Alt+ArrowUp")
    until_order(page, 1, 0)
    number(page, 0, "style_side", 128)
    page.wait_for_selector("#cell-0 .chip.stale")
    data = download(page, 0)
    (_, *note), photo = page.evaluate(STATE)
    wire.cut()
    wire.mend(restarted.url)
    page.fill("#cell-1 input.title", "To do")
    page.keyboard.press("Control+b")
    page.wait_for_selector("#cell-2 .form")
    until_order(page, 0, 1, 2)
    assert page.evaluate(STATE)[:2] == [["To do", *note], photo]
    assert download(page, 1) == data
    page.fill("#cell-0 input.title", "To do soon")
    page.reload()  # in the very moment, before the page has said so
    page.wait_for_selector("#cell-2 .form")
    page.wait_for_function("() => document.querySelector('#cell-0 input.title').value === 'To do soon'")


def swallow_next(page):
    """Loses the next answer to a command, and tells when that has happened by what it holds then."""
    missed = []

    def swallow(route):
        answer = route.fetch()
        message = answer.json()
        missed.extend(message["data"])
        route.fulfill(response=answer, json={**message, "data": [{"__type__": "update"}]})

    page.route("**/run/predict*", swallow, times=1)
    return missed


def until_missed(page, missed):
    while not missed:
        page.wait_for_timeout(50)


def test_what_a_page_missed_is_asked_for(wire, visit):
    page = visit(url=wire.url)
    page.click("text=New cell")
    page.wait_for_selector("#cell-0 .form")
    missed = swallow_next(page)
    page.click(".next [data-kind=note]")
    until_missed(page, missed)
    assert not page.locator("#cell-1 textarea").count()
    page.fill("#cell-0 input.title", "Harbour")
    page.wait_for_selector("#cell-1 textarea")
    assert page.input_value("#cell-0 input.title") == "Harbour"
    until_order(page, 0, 1)


def test_what_a_page_missed_is_asked_for_while_a_run_sends_one_message_after_another(wire, visit):
    page = visit(url=wire.url)
    first_picture(page)
    long_gatys(page, 0)
    missed = swallow_next(page)
    page.click(".next [data-kind=note]")
    until_missed(page, missed)
    page.wait_for_selector("#cell-1 textarea", timeout=15000)
    assert page.locator("#cell-0 .stop").count()
    page.click("#cell-0 .stop")
    page.wait_for_selector("#cell-0 .foot .download")
