"""Programs that ask for pictures: how they may ask, what they are told, and that they may leave."""

from __future__ import annotations

import base64
import gc
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from stylize.errors import SettingsError
from stylize.image import read_recipe
from stylize.webui import callers, gate
from stylize.webui.callers import owner_of
from stylize.webui.profiles import SHARE
from stylize.webui.run_queue import Ticket
from stylize.webui.store import TRANSIT

from .conftest import second

NAMES = {
    "content": None, "style": None, "style_name": "", "mode": "adain", "preset": "default",
    "translation": "", "strength": 1, "side": 768, "steps": 0, "seed": 0,
}  # fmt: skip
LONG = {"mode": "gatys", "style_name": "claude-monet", "side": 128, "steps": 9000}


@pytest.fixture
def visitor(site):
    return site.visitor()


@pytest.fixture
def photo(visitor, pictures):
    return {"path": visitor.upload(pictures / "photo.png"), "meta": {"_type": "gradio.FileData"}}


def until(condition, seconds=40.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def ask(visitor, **fields):
    """Calls the endpoint; the number of the event."""
    return json.loads(visitor.post("gradio_api/call/v2/stylize", fields))["event_id"]


def answer(visitor, event):
    """The last event of a call's stream: its kind, and what it says."""
    *_, kind, data = visitor.get(f"gradio_api/call/stylize/{event}").decode().strip().splitlines()
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@contextmanager
def busy(site):
    """The machine works for somebody else; hands out what tells how many are in the queue, with that one."""
    go, began = threading.Event(), threading.Event()

    def work():
        began.set()
        assert go.wait(120)

    ticket = Ticket("somebody else", work)
    site.built.run_queue.join(ticket)
    assert began.wait(40)
    try:
        yield lambda: site.built.run_queue.place(ticket)[1]
    finally:
        go.set()
        assert site.built.run_queue.idle(60)


# Those that leave


def by_client(site, pictures, photo):
    program = Client(site.url, verbose=False)
    job = program.submit(handle_file(pictures / "photo.png"), **LONG, api_name="/stylize")
    return job.cancel


def by_stream(site, pictures, photo):
    visitor = site.visitor()
    stream = visitor.request(f"gradio_api/call/stylize/{ask(visitor, content=photo, **LONG)}")
    return stream.close


def by_process(site, pictures, photo):
    code = """
import json, sys, time
from gradio_client import Client, handle_file
program = Client(sys.argv[1], verbose=False)
job = program.submit(handle_file(sys.argv[2]), **json.loads(sys.argv[3]), api_name="/stylize")
while job.status().code.name != "PROCESSING":
    time.sleep(0.05)
print("it hears", flush=True)
job.result()
"""
    given = [site.url, str(pictures / "photo.png"), json.dumps(LONG)]
    program = subprocess.Popen([sys.executable, "-c", code, *given], stdout=subprocess.PIPE)
    assert program.stdout.readline() == b"it hears\n"

    def die():
        program.kill()
        program.communicate()

    return die


def by_request(site, pictures, photo):
    """Without gradio's queue: the answer to the request itself is the picture."""
    address = urlsplit(site.url)
    program = http.client.HTTPConnection(address.hostname, address.port)
    fields = {**NAMES, "content": photo, **LONG}
    body = json.dumps({"data": list(fields.values())})
    program.request("POST", "/gradio_api/run/stylize", body, {"Content-Type": "application/json"})
    return program.close


WAYS = pytest.mark.parametrize("way", [by_client, by_stream, by_process, by_request])


@WAYS
def test_whoever_leaves_while_it_runs_stops_it(site, pictures, photo, way):
    leave = way(site, pictures, photo)
    until(lambda: site.watch.running == 1)
    leave()
    assert site.watch.idle(40)
    assert site.built.run_queue.idle(40)


@WAYS
def test_whoever_leaves_while_it_waits_leaves_the_queue(site, pictures, photo, way):
    with busy(site) as in_queue:
        leave = way(site, pictures, photo)
        until(lambda: in_queue() == 2)
        leave()
        until(lambda: in_queue() == 1)


def test_a_program_that_never_listens_is_taken_for_dead(site, visitor, photo, monkeypatch):
    monkeypatch.setattr(callers, "DEAF", 1.0)
    event = ask(visitor, content=photo, **LONG)
    until(lambda: site.watch.running == 1)
    assert site.watch.idle(40)
    assert site.built.run_queue.idle(40)
    outcome, said = answer(visitor, event)  # which no program takes for a picture
    assert (outcome, "ask again" in str(said)) == ("error", True)


def test_a_program_that_listens_late_gets_its_picture(site, visitor, photo):
    event = ask(visitor, content=photo, style_name="claude-monet", side=64)
    until(lambda: site.watch.steps > 0)
    assert site.built.run_queue.idle(60)
    assert answer(visitor, event)[0] == "complete"


def test_those_that_wait_keep_nobody_from_being_answered(site, visitor, photo):
    """Gradio's own queue has room for all that may be in our queue, and for the pages that follow."""
    with busy(site) as in_queue:
        for _ in range(45):
            ask(visitor, content=photo, style_name="claude-monet", side=64)
        until(lambda: in_queue() == 46)
        event = json.loads(visitor.post("gradio_api/call/v2/styles", {}))["event_id"]
        assert b"event: complete" in visitor.get(f"gradio_api/call/styles/{event}")
        site.built.run_queue.clear(owner_of(Address("127.0.0.1")))


def test_who_is_taken_out_of_the_queue_is_told(site, visitor, photo):
    with busy(site) as in_queue:
        event = ask(visitor, content=photo, style_name="claude-monet", side=64)
        until(lambda: in_queue() == 2)
        site.built.run_queue.clear(owner_of(Address("127.0.0.1")))
        assert answer(visitor, event)[0] == "error"


def test_a_picture_is_there_when_its_turn_comes_however_long_that_takes(site, visitor, photo):
    store = site.built.page_files.store
    with busy(site) as in_queue:
        event = ask(visitor, content=photo, style_name="claude-monet", side=64)
        until(lambda: in_queue() == 2)
        os.utime(photo["path"], (time.time() - 2 * TRANSIT,) * 2)
        store.trim()
    assert answer(visitor, event)[0] == "complete"
    assert not site.built.run_queue.files
    store.trim()
    assert not os.path.exists(photo["path"])


# Whose they are


def test_new_sessions_are_no_new_programs(tmp_path, site, pictures, monkeypatch):
    with second(replace(SHARE, queue_each=2), tmp_path) as shared, busy(shared) as in_queue:
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        visitor = shared.visitor()
        photo = {"path": visitor.upload(pictures / "photo.png")}
        streams = []
        for n in (2, 3):
            event = ask(visitor, content=photo, style_name="claude-monet", side=64)
            streams.append(visitor.request(f"gradio_api/call/stylize/{event}"))
            until(lambda n=n: in_queue() == n)
        event = ask(visitor, content=photo, style_name="claude-monet", side=64)
        kind, said = answer(visitor, event)
        assert (kind, "You may have 2 runs" in said["error"]) == ("error", True)
        with pytest.raises(AppError, match="You may have 2 runs"):
            Client(shared.url, verbose=False).predict(
                handle_file(pictures / "photo.png"), style_name="claude-monet", api_name="/stylize"
            )
        for stream in streams:
            stream.close()


class Address:
    def __init__(self, host, name=None):
        self.request = self if host else None
        self.client, self.username, self.host = self, name, host


def test_an_address_and_a_name_are_a_program():
    owners = [owner_of(Address(*each)) for each in (("10.0.0.1",), ("10.0.0.2",), ("10.0.0.1", "ann"), ("",))]
    assert len(set(owners)) == 4
    assert owner_of(Address("2001:db8::1")) == owner_of(Address("2001:db8::ffff:2"))
    assert owner_of(Address("2001:db8:0:1::1")) != owner_of(Address("2001:db8::1"))
    assert owner_of(Address("::ffff:10.0.0.1")) == owners[0]
    assert owner_of(None) == owners[3]


# What stays


def pictures_in_memory(*shape):
    """Tensors of a shape, with no help from the garbage collector."""
    return [each for each in gc.get_objects() if torch.is_tensor(each) and each.shape[-2:] == shape]


@pytest.mark.parametrize("given", [{}, {"mode": "cyclegan", "translation": "photo2vangogh", "side": 0}])
def test_no_picture_outlives_its_call(site, visitor, photo, given):
    gc.collect()
    gc.disable()
    try:
        answer(visitor, ask(visitor, **{"content": photo, "style_name": "claude-monet", "side": 64, **given}))
        until(lambda: not pictures_in_memory(320, 480), 10)
    finally:
        gc.enable()


def test_what_programs_make_counts_to_the_limit(tmp_path, site, pictures, monkeypatch):
    with second(replace(SHARE, kept_megabytes=1), tmp_path) as shared:
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        old = tmp_path / "pictures" / "old.png"
        old.write_bytes(bytes(2_000_000))
        os.utime(old, (time.time() - 600,) * 2)
        visitor = shared.visitor()
        photo = {"path": visitor.upload(pictures / "photo.png")}
        event = ask(visitor, content=photo, style_name="claude-monet", side=64)
        assert answer(visitor, event)[0] == "complete"
        assert not old.exists()


# Data addresses


def made(visitor, event):
    kind, (file,) = answer(visitor, event)
    assert kind == "complete"
    return json.loads(read_recipe(visitor.get(f"gradio_api/file={file['path']}")))


def as_base64(data, head="data:image/png;base64,"):
    return head + base64.b64encode(data).decode()


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


# What is refused


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


def refused(visitor, path, body):
    """The status and the sentence of a request that must be refused."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(urllib.error.HTTPError) as caught:
        visitor.request(path, data, Content_Type="application/json")
    return caught.value.code, json.loads(caught.value.read())["detail"]


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
