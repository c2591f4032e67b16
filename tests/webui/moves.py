"""What visitors do on the page, for the tests that drive it in a browser."""

from __future__ import annotations

from pathlib import Path

WIDE = "() => document.documentElement.scrollWidth - innerWidth"


def cell(n):
    return f"#cell-{n}"


def first_picture(page):
    page.locator(".pairs button").first.click()
    page.wait_for_selector("#cell-0 .foot .download")


def number(page, n, name, value):
    page.fill(f"#cell-{n} [data-name={name}]", str(value))
    page.keyboard.press("Tab")


def small(page, n, side=96):
    number(page, n, "content_side", side)


SLOTS = """() => [...document.querySelectorAll('.cell')].filter(each => each.querySelector('.head'))
    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
    .map(each => Number(each.id.slice(5)))"""


def until_order(page, *slots):
    """Waits until these slots stand from top to bottom."""
    page.wait_for_function(f"slots => JSON.stringify(({SLOTS})()) === JSON.stringify(slots)", arg=list(slots))


def download(page, n):
    with page.expect_download() as waiting:
        page.click(f"{cell(n)} .foot .download")
    return Path(waiting.value.path()).read_bytes()


def save(page, kind):
    page.click(".menu.export summary")
    with page.expect_download() as waiting:
        page.click(f".menu.export [data-kind={kind}]")
    assert waiting.value.suggested_filename == f"stylize-notebook.{kind}"
    return Path(waiting.value.path())


def long_gatys(page, n):
    page.locator(f"{cell(n)} .segments label", has_text="Gatys").click()
    page.wait_for_selector(f"{cell(n)} [data-name=steps]")
    small(page, n, 128)
    number(page, n, "steps", 5000)
    page.click(f"{cell(n)} .run")
    page.wait_for_selector(f"{cell(n)} .compare.busy")
