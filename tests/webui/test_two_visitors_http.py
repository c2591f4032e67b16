"""By HTTP, a visitor who knows everything that another one ever showed gets nothing of that visitor's photo:
neither by any path that a server might hand out, nor by any endpoint. See ``test_two_visitors.py``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import urllib.error
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from stylize.webui.files import KINDS

from .loot import SERVED, Loot, addresses, guesses, photo, shows


@pytest.fixture(scope="module")
def robbed(shared_site, tmp_path_factory):
    """A visitor of a running page who paints a photo, and what another one knows of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(shared_site.built.page_files.store.uploads))
        file = tmp_path_factory.mktemp("robbed") / "home.jpg"
        loot = Loot(photo())
        file.write_bytes(loot.photo)
        visitor = shared_site.visitor()
        visitor.open()
        visitor.act("add", kind="picture")
        cell = visitor.book["cells"][0]["id"]
        visitor.act("upload", cell=cell, what="content", path=visitor.upload(file))
        visitor.act("set", cell=cell, name="content_side", value=64)
        visitor.act("run", cell=cell)
        assert shared_site.built.run_queue.idle(120)
        visitor.open()
        loot.addresses = addresses(visitor.parts)
        loot.book = visitor.parts["keep"]
        result = visitor.book["cells"][0]["result"]["asset"]
        loot.shas = [
            hashlib.sha256(loot.photo).hexdigest(),
            visitor.book["cells"][0]["content"]["asset"],
            result,
        ]
        (link,) = re.findall(rf'href="({SERVED}[^"]+)"', visitor.parts["face-0"])
        loot.made, loot.key, loot.browser = visitor.get(link), visitor.key, visitor.browser
        assert any(shows(visitor.get(each), loot) for each in loot.addresses), "the visitor sees the photo"
        yield loot


@pytest.fixture
def thief(shared_site, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(shared_site.built.page_files.store.uploads))
    visitor = shared_site.visitor()
    visitor.open()
    return visitor


def test_hashes_make_no_address(shared_site, thief, robbed):
    store = shared_site.built.page_files.store
    known = [unquote(each[len(SERVED) :]) for each in robbed.addresses if "/pictures/" in each]
    served = store.pictures, store.uploads
    real = [str(path) for path in store.root.rglob("*") if path.is_file() and not {*served} & {*path.parents}]
    assert any(robbed.shas[2] in each for each in real), "what is looked for is there"
    tried = [*guesses(store.root, robbed.shas, known), *guesses(store.server.folder, robbed.shas, []), *real]
    around = [f"{store.pictures}/../{Path(each).relative_to(store.root)}" for each in real]
    encoded = [quote(each, safe="").replace("..", "%2e%2e") for each in around]
    for path in [*tried, *around, *encoded, str(store.root), str(store.uploads)]:
        assert thief.status(f"{SERVED}{quote(path)}") in (403, 404), path


def test_no_endpoint_takes_a_path_of_somebody_elses(shared_site, thief, robbed):
    store = shared_site.built.page_files.store
    known = [unquote(each[len(SERVED) :]) for each in robbed.addresses if "/pictures/" in each]
    real = [
        str(path) for path in store.root.rglob("*") if path.is_file() and store.uploads not in path.parents
    ]
    paths = [*real, *known, *guesses(store.root, robbed.shas[:1], known)[:20]]
    for path in paths:
        for given in ({"path": path}, {"path": path, "url": f"{thief.url}{SERVED}{path}"}):
            given["meta"] = {"_type": "gradio.FileData"}
            body = {"content": given, "style_name": "claude-monet", "side": 64}
            assert refused(thief, body), path


def refused(visitor, body) -> bool:
    """Whether the endpoint answers with an error, at once or as an event."""
    try:
        asked = visitor.post("gradio_api/call/v2/stylize", body)
        answer = visitor.get(f"gradio_api/call/stylize/{json.loads(asked)['event_id']}").decode()
    except urllib.error.HTTPError as error:
        return 400 <= error.code < 500
    return "event: error" in answer and "event: complete" not in answer


def test_the_key_of_a_tab_opens_nothing_in_another_browser(shared_site, robbed):
    other = shared_site.visitor()
    other.key = robbed.key
    assert '"unknown": true' in other.act("export", kind="zip")["pulse"]
    assert not addresses({name: part for name, part in other.open(robbed.book).items() if "face" in name})
    assert all(cell["result"] is None for cell in other.book["cells"])


def test_a_browsers_secret_is_told_nowhere(shared_site, robbed):
    assert not any(robbed.browser in each for each in (*robbed.addresses, robbed.book))
    assert not [
        path for path in shared_site.built.page_files.store.root.rglob("*") if robbed.browser in str(path)
    ]


def test_no_upload_is_a_file_of_somebody_elses(shared_site, thief, robbed):
    store = shared_site.built.page_files.store
    thief.act("add", kind="picture")
    cell = thief.book["cells"][0]["id"]
    for path in [str(path) for path in store.root.rglob("*") if path.is_file()]:
        if store.uploads not in Path(path).parents:
            with contextlib.suppress(urllib.error.HTTPError):  # gradio refuses some itself
                thief.act("upload", cell=cell, what="content", path=path)
            assert thief.book["cells"][0]["content"]["from"] == "example"


def test_what_is_dropped_on_the_page_brings_nothing_back(shared_site, thief, robbed, tmp_path):
    (tmp_path / "made.png").write_bytes(robbed.made)
    (tmp_path / "book.json").write_text(robbed.book)
    for name in ("made.png", "book.json"):
        thief.act("import", paths=[thief.upload(tmp_path / name)])
    for cell in thief.book["cells"]:
        for sha in robbed.shas:
            thief.act("choose", cell=cell["id"], what="content", kind="upload", name=sha)
            thief.act("shot", asset=sha)
    for kind in KINDS:
        thief.act("export", kind=kind)
        found = [*addresses(thief.open()), thief.pulse["download"][1]]
        assert not any(shows(thief.get(each), robbed) for each in found if each)
    assert addresses(thief.parts)
