"""How programs ask a page for pictures, for the tests of what they are answered."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from stylize.webui.run_queue import Ticket

NAMES = {
    "content": None, "style": None, "style_name": "", "mode": "adain", "preset": "default",
    "translation": "", "strength": 1, "side": 768, "steps": 0, "seed": 0,
}  # fmt: skip


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


def as_base64(data, head="data:image/png;base64,"):
    return head + base64.b64encode(data).decode()


def refused(visitor, path, body):
    """The status and the sentence of a request that must be refused."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(urllib.error.HTTPError) as caught:
        visitor.request(path, data, Content_Type="application/json")
    return caught.value.code, json.loads(caught.value.read())["detail"]
