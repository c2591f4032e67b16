"""What connects the page to the rest: one channel for what a visitor does, one for what runs."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from ..errors import StylizeError
from .actions import Actions
from .callers import owner_of
from .commands import parse
from .commands.opening import Open
from .drawing import Drawing, Message
from .sitting import Sitting, Sittings
from .texts import LANGUAGES, say

SILENT: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
EVERY = 0.2  # seconds between two changes of a page while something runs
BEAT = 2.0  # seconds after which a page hears something, whether or not anything changed
UNKNOWN = {"unknown": True}


def connect(bus: Any, actions: Actions, drawing: Drawing, sittings: Sittings) -> None:
    """The listeners, which send what changed over the bus, see :class:`.drawing.Message`."""

    def act(event: gr.EventData, request: gr.Request) -> str:
        data = _data(event)
        if data.get("do") == "open":
            return _opened(drawing, sittings, actions, data)
        sitting = sittings.get(data.get("key"), data.get("browser"))
        if sitting is None:  # the server was started again: the browser opens its notebook anew
            return Message(UNKNOWN, number=_now()).json()
        sitting.caller = owner_of(request)
        with _turn(sitting):
            if data.get("do") != "refresh":  # the page has missed something
                actions.act(sitting, data)
            return drawing.changes(sitting, all_of_it=data.get("do") == "refresh").json()

    def follow(event: gr.EventData) -> Generator[str]:
        data = _data(event)
        sitting = sittings.get(data.get("key"), data.get("browser"))
        if sitting is None:
            yield Message(UNKNOWN, number=_now()).json()
            return
        with _turn(sitting), sitting.lock:
            sitting.follower += 1
            mine, seen = sitting.follower, -1
        while sitting.follower == mine:
            with sitting.changed:
                sitting.changed.wait_for(lambda: sitting.version != seen, BEAT)  # noqa: B023
                seen, busy = sitting.version, sitting.busy
                sitting.seen = time.monotonic()
            yield drawing.changes(sitting).json()
            if not busy:
                return
            time.sleep(EVERY)

    bus.act(act, None, bus, queue=False, trigger_mode="multiple", **SILENT)
    bus.follow(follow, None, bus, concurrency_limit=None, trigger_mode="multiple", **SILENT)


def _data(event: gr.EventData) -> dict[str, Any]:
    data = event._data
    return data if isinstance(data, dict) else {}


@contextmanager
def _turn(sitting: Sitting) -> Iterator[None]:
    """The sitting's turn; where there is none, the page is told."""
    try:
        with sitting.turn():
            yield
    except StylizeError as error:
        raise gr.Error(say(error, sitting.language), print_exception=False) from error


def _opened(drawing: Drawing, sittings: Sittings, actions: Actions, data: dict[str, Any]) -> str:
    asked = parse(Open, data)
    language = str(asked.language) if asked.language in LANGUAGES else "en"
    try:
        sitting, new = sittings.open(data.get("key"), language, data.get("browser"))
    except ValueError as error:
        text = say("This page is out of date: load it again.", language)
        raise gr.Error(text, print_exception=False) from error
    with _turn(sitting):
        if new:
            actions.restore(sitting, asked.book)
        if isinstance(asked.query, dict):
            actions.begin(sitting, asked.query)
        return drawing.changes(sitting, all_of_it=True).json()


def _now() -> int:
    """Another number than that of any message before: gradio shows no value twice."""
    return int(time.time() * 1000)
