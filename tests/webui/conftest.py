"""One server for all tests of the page, and a browser that may talk to it alone."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stylize.execution import OneByOne
from stylize.notebook import examples as samples
from stylize.webui import address, examples, launch
from stylize.webui.profiles import LOCAL, SHARE, Profile
from stylize.webui.session import Session

from .bench import Bench
from .made import painting, photo
from .visitor import Visitor

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]  # fmt: skip

SIDE = 400  # pixels of an example's longer side
LONG = 1000  # steps of a run that is there to be seen running, and to be stopped
PAUSE = 0.1  # seconds after each of its steps
IDLE = 0.02  # seconds between two looks of gradio's at its queue, which are 0.001 and cost much together


class Watch:
    """The page's own work, with every step counted. A long run leaves the processor to others in between."""

    def __init__(self) -> None:
        self.steps = 0
        self.running = 0
        self.moved = threading.Condition()

    def __call__(self, job: Any) -> Iterator[Any]:
        with self.moved:
            self.running += 1
        steps = job.run()
        try:
            for progress in steps:
                with self.moved:
                    self.steps += 1
                    self.moved.notify_all()
                yield progress
                if progress.total >= LONG:
                    time.sleep(PAUSE)
        finally:
            steps.close()
            with self.moved:
                self.running -= 1
                self.moved.notify_all()

    def idle(self, seconds: float = 30) -> bool:
        """Waits until nothing runs."""
        with self.moved:
            return self.moved.wait_for(lambda: self.running == 0, seconds)


@dataclass
class Site:
    """A running page."""

    built: launch.Built
    url: str
    watch: Watch

    def visitor(self, language: str = "en") -> Visitor:
        return Visitor(self.url, language)


def serve(profile: Profile, root: Path, **more: Any) -> Iterator[Site]:
    watch = Watch()
    built = launch.build(profile, root=root, executor=OneByOne(watch))
    _, url, _ = launch.launch(built, **more)
    built.demo._queue.sleep_when_free = IDLE
    yield Site(built, url, watch)
    built.close()


@pytest.fixture(scope="session", autouse=True)
def own_ports(worker_id: str) -> Iterator[None]:
    """Tests that run at the same time take no port from each other between the look and the start."""
    if worker_id == "master":
        yield
        return
    first = address.PORTS[0] + 20 * (int(worker_id.removeprefix("gw")) % 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(address, "PORTS", range(first, first + 20))
        yield


@pytest.fixture(scope="session", autouse=True)
def own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No weights and styles but those that come with Stylize, whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STYLIZE_STYLES_DIR", str(tmp_path_factory.mktemp("styles")))
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        for name in ("STYLIZE_WEIGHTS_DIR", "STYLIZE_MAX_MEGAPIXELS", "STYLIZE_MAX_MEGABYTES", "SPACE_ID"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def small_examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples that come with Stylize, each a third as long: they are painted and shown everywhere."""
    where = tmp_path_factory.mktemp("examples")
    shutil.copytree(samples.folder(), where, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py"))
    for path in where.rglob("*.jpg"):
        with Image.open(path) as image:
            image.thumbnail((SIDE, SIDE))
            image.save(path, quality=90)
    return where


@contextmanager
def taken_from(where: Path) -> Iterator[None]:
    """The page finds its examples there."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (samples, examples):
            patch.setattr(module, "folder", lambda: where)
        samples.files.cache_clear()
        yield
    samples.files.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def few_pixels(small_examples: Path) -> Iterator[None]:
    """In these tests alone, not in others of the same process."""
    with taken_from(small_examples):
        yield


class _Kept(logging.Handler):
    """Keeps the records that carry a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.records.append(record)


@pytest.fixture(autouse=True)
def internal_errors() -> Iterator[list[logging.LogRecord]]:
    """Fails a test during which a fault of Stylize's own was logged; one that wants it clears the list."""
    kept, logger = _Kept(), logging.getLogger("stylize")
    logger.addHandler(kept)
    yield kept.records
    logger.removeHandler(kept)
    formatted = [logging.Formatter().format(each) for each in kept.records]
    assert not formatted, "\n".join(formatted)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, small_examples: Path) -> Iterator[Site]:
    """The page as its owner sees it."""
    served = serve(LOCAL, tmp_path_factory.mktemp("site"))
    with taken_from(small_examples):
        site = next(served)
    yield site
    next(served, None)


@pytest.fixture(autouse=True)
def uploads_of_the_site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """gradio asks the environment at each call where uploads lie; the page that was built last has set it."""
    if "site" in request.fixturenames:
        built = request.getfixturevalue("site").built
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(built.page_files.store.uploads))


@contextmanager
def second(profile: Profile, root: Path, **more: Any) -> Iterator[Site]:
    """A page beside the tests' own."""
    before = os.environ["GRADIO_TEMP_DIR"]
    served = serve(profile, root, **more)
    try:
        site = next(served)
    finally:
        os.environ["GRADIO_TEMP_DIR"] = before  # gradio looks there for uploads at each call
    yield site
    next(served, None)


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory, site: Site, small_examples: Path) -> Iterator[Site]:
    """The page as strangers see it."""
    with ExitStack() as stack:
        with taken_from(small_examples):
            shared = stack.enter_context(second(SHARE, tmp_path_factory.mktemp("shared-site")))
        yield shared


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo, a painting and a text that calls itself a picture."""
    folder = tmp_path_factory.mktemp("pictures")
    photo(folder / "photo.png", 480, 320)
    painting(folder / "painting.png", 256)
    (folder / "bad.jpg").write_text("hello")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium. Without one the browser tests are skipped, but never on CI."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        _no_browser("playwright is not installed")
    with sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        except Error as error:
            _no_browser(f"no Chromium can be started: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


def _no_browser(reason: str) -> Any:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def visit(browser: Any, site: Site) -> Iterator[Any]:
    """Opens the page in a window of its own; any request to elsewhere fails the test.

    ``url`` is where the page is reached, if not at its own address.
    """
    contexts, strayed, faults, homes = [], [], [], {site.url}

    def check(request: Any) -> None:  # not by a route, with which Chromium keeps nothing that it has read
        if not request.url.startswith((*homes, "data:", "blob:")):
            strayed.append(request.url)

    def opened(
        width: int = 1360, height: int = 860, address: str = "", url: str = site.url, **more: Any
    ) -> Any:
        homes.add(url)
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        context.on("request", check)
        page = context.new_page()
        page.set_default_timeout(60000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url + address)
        page.wait_for_selector("#top .top")
        return page

    yield opened
    for context in contexts:
        context.close()
    for session in site.built.sessions.all():
        site.built.run_queue.clear(session.owner)
    assert strayed == []
    assert faults == []
    assert site.watch.idle()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """What is behind a page, over a folder of its own."""
    return Bench(tmp_path)


@pytest.fixture
def session(bench: Bench) -> Session:
    """A visitor of the bench."""
    return bench.session()


@pytest.fixture
def visitor(site: Site) -> Visitor:
    """A visitor of the page without a browser."""
    return site.visitor()


@pytest.fixture(name="photo")
def uploaded_photo(visitor: Visitor, pictures: Path) -> dict[str, Any]:
    """A photo that the visitor has sent, as programs name it."""
    return {"path": visitor.upload(pictures / "photo.png"), "meta": {"_type": "gradio.FileData"}}
