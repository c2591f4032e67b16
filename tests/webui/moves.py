"""What visitors do on the page, for the tests that drive it in a browser."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

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


CELLS = """[...document.querySelectorAll('.cell')].filter(each => each.querySelector('.head'))
    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)"""
SLOTS = f"() => {CELLS}.map(each => Number(each.id.slice(5)))"
STATE = f"""() => {CELLS}.map(each => [
    each.querySelector('input.title').value,
    [...each.querySelectorAll('[data-change]:not(.title)')].map(field => field.checked || field.value),
    each.querySelector('.download')?.getAttribute('href') || ''])"""


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
    mode(page, n, "Gatys", "steps")
    small(page, n, 128)
    number(page, n, "steps", 5000)
    page.click(f"{cell(n)} .run")
    page.wait_for_selector(f"{cell(n)} .compare.busy")


def pixels(page, n):
    """A cell's downloaded picture, (H, W, 3)."""
    with Image.open(io.BytesIO(download(page, n))) as image:
        return np.asarray(image.convert("RGB"))


def tool(page, name):
    """Presses a button of the bar at the top, which is unfolded first where there is no room for it."""
    button = page.locator(f".top [data-do={name}]")
    if not button.is_visible():
        page.click(".top .more-button")
    button.click()


def mode(page, n, name, setting):
    """Chooses a mode and waits for the form with one of its settings."""
    page.locator(f"{cell(n)} .segments label", has_text=name).click()
    page.wait_for_selector(f"{cell(n)} [data-name={setting}]")


def below(page, n, new):
    """A new cell with this one's picture as its photo."""
    page.click(f"{cell(n)} [data-do=below]")
    page.wait_for_selector(f"{cell(new)} .input.content .linked")


def run_all(page):
    page.click(".run-all")
    page.wait_for_selector(".stop-all")
    page.wait_for_selector(".run-all")


DROP = """([data, name]) => {
    const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0)), files = new DataTransfer();
    files.items.add(new File([bytes], name, {type: "image/png"}));
    const event = new DragEvent("drop", {dataTransfer: files, bubbles: true});
    document.querySelector("#desk").dispatchEvent(event);
}"""


def drop(page, data, name="made.png"):
    """A file from elsewhere, let go over the page."""
    page.evaluate(DROP, [base64.b64encode(data).decode(), name])


def until_stale(page, *slots):
    """Waits until just these cells are out of date."""
    wanted = [f"cell-{n}" for n in sorted(slots)]
    page.wait_for_function(
        "ids => JSON.stringify([...document.querySelectorAll('.chip.stale')].map(each => "
        "each.closest('.cell').id).sort()) === JSON.stringify(ids)",
        arg=wanted,
    )
