"""How quickly the page comes, as JSON: ``--ready`` without a browser, ``--cells 12`` with one.

Needs Playwright and a Chromium for the second; ``CHROMIUM`` names one that is not on the path.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the package of this clone

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


# Timed in the page: Playwright's own click first waits for the page to have scrolled to the last new cell.
ADD = """wanted => new Promise(done => {
    const start = performance.now(), drawn = () => document.querySelector(wanted)?.getClientRects().length;
    const buttons = [...document.querySelectorAll('[data-do=add][data-kind=picture]')];
    const look = () => drawn() ? done((performance.now() - start) / 1000) : requestAnimationFrame(look);
    buttons.filter(each => each.getClientRects().length).at(-1).click();
    look();
})"""


@contextmanager
def served() -> Iterator[str]:
    """The page's address, while it runs."""
    from stylize.webui import launch

    with tempfile.TemporaryDirectory() as folder:
        built = launch.build(root=Path(folder))
        _, address, _ = launch.launch(built)
        try:
            yield address
        finally:
            built.close()


def ready() -> dict[str, float]:
    """Seconds until the page answers, without gradio's own import, and those of that."""
    start = time.perf_counter()
    import gradio  # noqa: F401

    imported = time.perf_counter()
    with served() as address, urllib.request.urlopen(address) as answer:
        answer.read()
        return {"gradio": imported - start, "ready": time.perf_counter() - imported}


def cells(count: int) -> dict[str, list[float]]:
    """Seconds to open the page again, and for each further cell."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            page = browser.new_context().new_page()
            opened = []
            for _ in range(4):
                start = time.perf_counter()
                page.goto(address)
                page.wait_for_selector(".start [data-do=add]")
                opened.append(time.perf_counter() - start)
            page.click(".start [data-do=add]")
            page.wait_for_selector("#cell-0 .form")
            added = []
            for n in range(1, count):
                added.append(page.evaluate(ADD, f"#cell-{n} .form"))
            return {"open": opened[1:], "add": added}
        finally:
            browser.close()


def main() -> None:
    """One line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ready", action="store_true")
    parser.add_argument("--cells", type=int, default=12)
    options = parser.parse_args()
    found = ready() if options.ready else cells(options.cells)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
