"""What programs may send: pictures as data, and everything that is refused."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from dataclasses import replace
from urllib.parse import quote

import pytest
from gradio_client import Client

from stylize.errors import SettingsError
from stylize.image import read_recipe
from stylize.webui import gate

from .programs import NAMES, answer, as_base64, ask, refused, until


def made(visitor, event):
    kind, (file,) = answer(visitor, event)
    assert kind == "complete"
    return json.loads(read_recipe(visitor.get(f"gradio_api/file={file['path']}")))


@pytest.mark.parametrize(
    "address",
    [
        as_base64, lambda data: "data:image/png," + quote(data),
        lambda data: as_base64(data, "data:;base64,"),
        lambda data: {"url": as_base64(data)}, lambda data: {"path": as_base64(data)},
        lambda data: {"path": as_base64(data), "meta": {"_type": "gradio.FileData"}},
        lambda data: as_base64(data, "DATA:image/png;charset=x;BASE64,").replace("+", "%2B"),
    ],
    ids=["base64", "percent", "bare", "url", "path", "meta", "odd"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["content", "style"])
def test_pictures_come_as_data(visitor, photo, pictures, address, field):
    fields = {"content": photo, "style_name": "claude-monet", "side": 64}
    file = pictures / ("photo.png" if field == "content" else "painting.png")
    recipe = made(visitor, ask(visitor, **{**fields, field: address(file.read_bytes())}))
    plain = {**fields, field: {"path": visitor.upload(file)}}
    assert recipe == made(visitor, ask(visitor, **plain))


def test_pictures_come_as_data_by_gradios_client(site, pictures):
    address = as_base64((pictures / "photo.png").read_bytes())
    program = Client(site.url, verbose=False, download_files=False)
    assert program.predict(address, style_name="claude-monet", side=64, api_name="/stylize")


WRONG = [
    ({"nonsense": 1}, "no field 'nonsense'"),
    ({"content": 5}, "no picture"),
    ({"content": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}, "no picture"),
    ({"content": {"path": 5, "meta": {"_type": "gradio.FileData"}}}, "no picture"),
    ({"content": None}, "Choose a photo first"),
    ({"content": {}}, "Choose a photo first"),
    ({"content": "/etc/passwd"}, "did not arrive"),
    ({"content": {"path": "/etc/passwd"}}, "did not arrive"),
    ({"content": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}, "did not arrive"),
    ({"content": "http://127.0.0.1:1/x.png"}, "not fetched here"),
    ({"content": {"url": "https://127.0.0.1:1/x.png"}}, "not fetched here"),
    ({"style": {"path": "http://[::1]:1/x.png", "meta": {"_type": "gradio.FileData"}}}, "not fetched here"),
    ({"content": "file:///etc/passwd"}, "not fetched here"),
    ({"content": "data:image/png;base64,!!!"}, "is damaged"),
    ({"content": "data:image/png"}, "is damaged"),
    ({"content": "data:,hello"}, "is not a picture"),
    ({"content": "data:,"}, "is empty"),
    ({"content": as_base64(bytes(1_100_000))}, "at most 1 MB"),
    ({"content": "data:," + "a" * 1_100_000}, "at most 1 MB"),
    ({"style_name": 5}, "style_name is 5"),
    ({"style_name": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}, "no style"),
    ({"style_name": "claude-money"}, "claude-monet"),
    ({"style_name": "x" * 1000}, "longer than"),
    ({"style_name": ""}, "Choose a style picture first"),
    ({"mode": "nonsense"}, "no mode 'nonsense'"),
    ({"mode": None, "preset": "nonsense"}, "no preset 'nonsense'"),
    ({"mode": ["adain"]}, "no mode"),
    ({"mode": "cyclegan", "translation": "nonsense"}, "must be one of the choices"),
    ({"strength": "a lot"}, "strength is 'a lot'"),
    ({"strength": float("nan")}, "strength is nan"),
    ({"strength": 2}, "from 0 to 1"),
    ({"strength": True}, "must be a number"),
    ({"side": 10**6}, "8192"),
    ({"side": 64.5}, "a whole number"),
    ({"side": {}}, "a number"),
    ({"mode": "gatys", "steps": 10**6}, "10000"),
    ({"seed": -1}, "seed is -1"),
]  # fmt: skip


IDS = [f"{n}-{'-'.join(fields)}" for n, (fields, _) in enumerate(WRONG)]


@pytest.fixture
def one_megabyte(monkeypatch):
    """The size of a file that is read, so that what is too large is soon sent."""
    monkeypatch.setenv("STYLIZE_MAX_MEGABYTES", "1")


@pytest.mark.parametrize(("given", "said"), WRONG, ids=IDS)
@pytest.mark.usefixtures("one_megabyte")
def test_wrong_fields_are_refused_at_once(visitor, photo, given, said):
    fields = {"content": photo, "style_name": "claude-monet", **given}
    status, sentence = refused(visitor, "gradio_api/call/v2/stylize", fields)
    assert (status, said in sentence) == (400, True), sentence
    if set(given) <= set(NAMES):
        body = {"data": [fields.get(name, default) for name, default in NAMES.items()]}
        assert refused(visitor, "gradio_api/call/stylize", body) == (400, sentence)


def test_fifty_megabytes_are_read_unless_somebody_says_otherwise(visitor, photo):
    fields = {"content": "data:," + "a" * 50_100_000, "style_name": "claude-monet"}
    status, sentence = refused(visitor, "gradio_api/call/v2/stylize", fields)
    assert (status, "at most 50 MB" in sentence) == (400, True), sentence


@pytest.mark.parametrize(("given", "said"), WRONG[1:], ids=IDS[1:])
@pytest.mark.usefixtures("one_megabyte")
def test_wrong_values_are_named_in_gradios_own_events(visitor, photo, given, said):
    fields = {**NAMES, "content": photo, "style_name": "claude-monet", **given}
    number = next(each["id"] for each in visitor.config["dependencies"] if each["api_name"] == "stylize")
    body = {"data": list(fields.values()), "fn_index": number, "session_hash": visitor.session}
    visitor.post("gradio_api/queue/join", body)
    events = visitor.get(f"gradio_api/queue/data?session_hash={visitor.session}").decode()
    assert '"process_completed"' in events
    assert said in events


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("gradio_api/call/nonsense", {"data": []}, 404),
        ("gradio_api/call/v2/nonsense", {}, 404),
        ("gradio_api/call/act", {"data": []}, 404),
        ("gradio_api/run/nonsense", {"data": []}, 404),
        ("gradio_api/api/nonsense", {"data": []}, 404),
        ("gradio_api/run/stylize", {"data": []}, 400),
        ("gradio_api/run/predict", {"data": [], "fn_index": 10**6}, 404),
        ("gradio_api/run/predict", {"data": [], "fn_index": "act"}, 404),
        ("gradio_api/run/predict", {"data": [], "fn_index": True}, 404),
        ("gradio_api/queue/join", {"data": [], "fn_index": 10**6, "session_hash": "x"}, 404),
        ("gradio_api/queue/join", {"data": [], "session_hash": "x"}, 404),
        ("gradio_api/call/stylize", {"data": [1]}, 400),
        ("gradio_api/call/stylize", {"data": "x"}, 400),
        ("gradio_api/call/stylize", {}, 400),
        ("gradio_api/call/styles", {"data": [1]}, 400),
        ("gradio_api/call/v2/styles", {"x": 1}, 400),
        ("gradio_api/call/v2/stylize", [], 400),
        ("gradio_api/call/v2/stylize", b"nonsense", 400),
        ("gradio_api/call/v2/stylize", b"[" * 100_000, 400),
        ("gradio_api/call/v2/stylize", b"", 400),
    ],
)
def test_no_request_is_answered_with_a_bare_error(visitor, path, body, status):
    code, sentence = refused(visitor, path, body)
    assert (code, bool(sentence)) == (status, True)


@pytest.mark.parametrize(
    "path", ["gradio_api/call/stylize", "gradio_api/run/predict", "gradio_api/queue/join", "login"]
)
def test_no_request_is_larger_than_its_pictures_may_be(visitor, path):
    """Neither by what it tells nor by what it sends."""
    lie = urllib.request.Request(visitor.url + path, b"x", {"Content-Length": str(10**10)})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(lie, timeout=60)
    assert caught.value.code == 413
    parts = (bytes(1_000_000) for _ in range(200))
    chunked = urllib.request.Request(visitor.url + path, parts)
    with pytest.raises((urllib.error.HTTPError, urllib.error.URLError)) as caught:
        urllib.request.urlopen(chunked, timeout=60)
    assert getattr(caught.value, "code", 413) == 413


def test_slow_checks_keep_nobody_waiting_for_a_file(site, visitor, monkeypatch):
    """Gradio serves files from threads that the checks must not take."""
    go, asked, run = threading.Event(), [], gate.run_sync

    def slow(sent):
        assert go.wait(120)
        raise SettingsError("It took long.")

    async def counted(function, *arguments):
        if function is slow:
            asked.append(1)
        return await run(function, *arguments)

    monkeypatch.setattr(gate, "run_sync", counted)
    endpoints = site.built.offer.endpoints
    monkeypatch.setitem(endpoints, "stylize", replace(endpoints["stylize"], check=slow))
    where, body = "gradio_api/call/v2/stylize", {"style_name": "claude-monet"}
    others = [threading.Thread(target=refused, args=(visitor, where, body)) for _ in range(60)]
    try:
        for each in others:
            each.start()
        until(lambda: len(asked) == len(others))
        assert visitor.get("favicon.ico")
        assert visitor.open()  # nor what they read of other requests
    finally:
        go.set()
        for each in others:
            each.join(60)


def test_refusals_are_in_the_language_asked_for(site):
    status, sentence = refused(site.visitor("zh-CN"), "gradio_api/call/v2/stylize", {"nonsense": 1})
    assert (status, "没有字段" in sentence) == (400, True)
