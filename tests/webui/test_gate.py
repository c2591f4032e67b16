"""What is sent past the page, where it could hold up or fill what belongs to everybody."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from stylize.webui import request_body, routes
from stylize.webui.session import MOST_AT_ONCE

BORDER = "e5f1"
KIND = f"multipart/form-data; boundary={BORDER}"


@pytest.fixture
def visitor(shared_site):
    visitor = shared_site.visitor()
    visitor.open()
    return visitor


def answered(
    visitor: Any, path: str, body: bytes | None = None, kind: str = "application/json", **headers: str
) -> tuple[int, str]:
    """The status and the sentence of an answer."""
    try:
        with visitor.request(path, body, Content_Type=kind, **headers) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def part(name: str, data: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    head = f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def form(**files: bytes) -> bytes:
    parts = (part(name, data, f"{name}.bin") for name, data in files.items())
    return b"".join(parts) + f"--{BORDER}--\r\n".encode()


# Which addresses there are


def templates(found: Any) -> Iterator[str]:
    for each in found:
        inner = getattr(each, "original_router", None)
        if inner is not None:
            yield from templates(inner.routes)
        else:
            yield each.path.removesuffix("/") or "/"


def test_every_address_of_gradios_is_decided_on(shared_site):
    """A new release of gradio that has more of them is to be looked at before it is taken."""
    let_through = [each for known in routes.TAKEN.values() for each in known]
    decided = [*let_through, *routes.REFUSED]
    assert len(decided) == len(set(decided))
    there = set(templates(shared_site.built.demo.app.routes))
    assert len(there) > 40
    assert there - set(decided) == set()
    for each in routes.REFUSED:
        assert routes.taken(each.replace("{", "").replace("}", "").replace(":path", "")) is None


@pytest.mark.parametrize(
    "path",
    ["gradio_api/deep_link?session_hash=x", "monitoring", "gradio_api/monitoring", "gradio_api/vibe-code",
     "gradio_api/proxy=https://example.com/", "gradio_api/stream/x/1/2/playlist.m3u8",
     "gradio_api/file/etc/hosts",
     "gradio_api/file=https://203.0.113.1/x.png", "gradio_api/file=%20HTTP://203.0.113.1/x.png", "nonsense",
     "/gradio_api/file=https://203.0.113.1/x.png"],
)  # fmt: skip
def test_what_the_page_does_not_need_is_not_there(visitor, path):
    status, sentence = answered(visitor, path)
    assert (status, "There is nothing at this address." in sentence) == (404, True)


@pytest.mark.parametrize(
    "path", ["process_recording", "component_server", "vibe-edit", "run-history/connect"]
)
def test_nothing_is_kept_of_what_nobody_asked_for(visitor, path):
    before = set(Path(tempfile.gettempdir()).glob("*"))
    body = form(file=b"x" * 100_000)
    assert answered(visitor, f"gradio_api/{path}", body, KIND)[0] == 404
    assert {each for each in set(Path(tempfile.gettempdir()).glob("*")) - before if each.is_file()} == set()


# Files


@pytest.mark.parametrize(
    "path", ["gradio_api/queue/join", "gradio_api/run/predict", "login", "gradio_api/reset"]
)
def test_a_body_of_files_is_bounded_like_any_other(visitor, path):
    status, sentence = answered(visitor, path, b"x", KIND, Content_Length=str(60_000_000))
    assert (status, "upload the pictures instead" in sentence) == (413, True)


def test_a_few_words_are_not_many(visitor):
    for path in ("login", "gradio_api/reset", "gradio_api/cancel"):
        assert answered(visitor, path, form(username=bytes(30_000)), KIND)[0] == 413


def chunked(visitor: Any, pieces: Iterator[bytes], ends: bool = True) -> int | None:
    """The status for an upload that does not tell its size; none if it breaks off."""
    at = urlsplit(visitor.url)
    line = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
    line.putrequest("POST", "/gradio_api/upload")
    line.putheader("Content-Type", KIND)
    line.putheader("Transfer-Encoding", "chunked")
    line.endheaders()
    try:
        for piece in pieces:
            line.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        if not ends:
            return None
        line.send(b"0\r\n\r\n")
    except OSError:
        pass  # it was refused before the end
    finally:
        if not ends:
            line.close()
    return line.getresponse().status


def test_an_upload_is_bounded_as_a_whole(visitor, shared_site):
    """However many files it is: each of them alone would do."""
    uploads = shared_site.built.page_files.store.uploads
    before = set(uploads.rglob("*"))
    assert chunked(visitor, (part("files", bytes(900_000), f"{n}.png") for n in range(100))) == 413
    assert {each for each in set(uploads.rglob("*")) - before if each.is_file()} == set()


def test_an_upload_of_two_files_arrives(visitor):
    status, paths = answered(
        visitor,
        "gradio_api/upload",
        form(files=b"one").replace(f"--{BORDER}--\r\n".encode(), b"") + form(files=b"two"),
        KIND,
    )
    assert (status, len(json.loads(paths))) == (200, 2)


# Values


def listener(visitor: Any, name: str = "act", **more: Any) -> dict[str, Any]:
    return {"fn_index": visitor.listener(name)["id"], "session_hash": visitor.session, "data": [],
            "event_data": {"do": "add", "key": visitor.key, "browser": visitor.browser, "kind": "note"},
            **more}  # fmt: skip


@pytest.mark.parametrize("path", ["queue/join", "run/predict", "call/stylize", "call/v2/stylize"])
@pytest.mark.parametrize(
    "more",
    [{"data": [[]] * 3000}, {"event_data": {"do": [[]] * 3000}}, {"data": [{}] * 1_000_000},
     {"event_data": {"do": "open", "book": {str(n): 0 for n in range(3000)}}}],
    ids=["values", "an event's values", "very many", "a book of values"],
)  # fmt: skip
def test_a_request_has_only_so_many_values(visitor, path, more):
    status, sentence = answered(visitor, f"gradio_api/{path}", json.dumps(listener(visitor, **more)).encode())
    assert (status, f"may have {request_body.MOST_VALUES} values" in sentence) == (413, True)


def test_a_listener_without_inputs_takes_none(visitor):
    for name in ("act", "follow"):
        body = json.dumps(listener(visitor, name, data=[1])).encode()
        assert answered(visitor, "gradio_api/queue/join", body)[0] == 400


@pytest.mark.parametrize(
    ("action", "size", "status"),
    [("add", 900_000, 200), ("add", 1_100_000, 413), ("open", 9_000_000, 200), ("open", 11_000_000, 413)],
)
def test_only_a_page_that_opens_brings_much(visitor, action, size, status):
    event = {"do": action, "key": visitor.key, "browser": visitor.browser, "kind": "note", "book": "x" * size}
    body = json.dumps(listener(visitor, event_data=event)).encode()
    assert answered(visitor, "gradio_api/run/predict", body)[0] == status


def test_texts_beside_the_pictures_are_short(visitor):
    body = json.dumps({"mode": "x" * 1_100_000}).encode()
    assert answered(visitor, "gradio_api/call/v2/stylize", body)[0] == 413


# What takes long


@pytest.fixture
def held(visitor, shared_site):
    """The visitor's session, at which something takes long."""
    session = next(each for each in shared_site.built.sessions.all() if each.key == visitor.key)
    with ThreadPoolExecutor(2 * MOST_AT_ONCE) as pool, session.lock:
        yield session, pool


def test_few_requests_wait_for_one_session(visitor, held):
    _, pool = held

    def ask(n: int) -> tuple[int, str]:
        event = json.dumps(listener(visitor)).encode()
        return answered(visitor, "gradio_api/run/predict", event)

    asked = [pool.submit(ask, n) for n in range(MOST_AT_ONCE + 8)]
    refused = list(islice(as_completed(asked, timeout=60), 8))
    assert all(each.result()[0] == 500 for each in refused)
    assert any("still busy" in each.result()[1] for each in refused)


def test_a_dropped_file_is_read_while_the_session_is_free(visitor, held, shared_site, pictures, monkeypatch):
    session, pool = held
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(shared_site.built.page_files.store.uploads))
    path = visitor.upload(pictures / "photo.png")
    assets = shared_site.built.page_files.of(session).assets
    asked = pool.submit(visitor.act, "import", paths=[path])
    deadline = time.monotonic() + 60
    while not frozenset(assets) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert frozenset(assets)
    assert not asked.done()
