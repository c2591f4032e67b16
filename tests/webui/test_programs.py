"""Programs that ask for pictures: how they may ask, what they are told, and that they may leave."""

from __future__ import annotations

import gc
import http.client
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from stylize.webui import callers
from stylize.webui.callers import owner_of
from stylize.webui.profiles import SHARE
from stylize.webui.store import TRANSIT

from .conftest import second
from .programs import NAMES, answer, ask, busy, until

LONG = {"mode": "gatys", "style_name": "claude-monet", "side": 128, "steps": 9000}


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
