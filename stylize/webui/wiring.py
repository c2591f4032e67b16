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
from .drawing import Drawing
from .page import Page, place
from .sitting import Sitting, Sittings
from .texts import LANGUAGES, say

SILENT: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
EVERY = 0.2  # seconds between two changes of a page while something runs
BEAT = 2.0  # seconds after which a page hears something, whether or not anything changed
UNKNOWN = '{"unknown": true}'


def connect(page: Page, actions: Actions, drawing: Drawing, sittings: Sittings) -> None:
    """The listeners."""

    def act(event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
        data = _data(event)
        if data.get("do") == "open":
            return _opened(page, drawing, sittings, actions, data)
        sitting = sittings.get(data.get("key"), data.get("browser"))
        if sitting is None:  # the server was started again: the browser opens its notebook anew
            return {page.parts["pulse"]: _stamped(UNKNOWN)}
        sitting.caller = owner_of(request)
        with _turn(sitting):
            actions.act(sitting, data)
            return _shown(page, drawing, sitting)

    def follow(event: gr.EventData) -> Generator[dict[Any, Any]]:
        data = _data(event)
        sitting = sittings.get(data.get("key"), data.get("browser"))
        if sitting is None:
            yield {page.parts["pulse"]: _stamped(UNKNOWN)}
            return
        with _turn(sitting), sitting.lock:
            sitting.follower += 1
            mine, seen = sitting.follower, -1
        while sitting.follower == mine:
            with sitting.changed:
                sitting.changed.wait_for(lambda: sitting.version != seen, BEAT)  # noqa: B023
                seen, busy = sitting.version, sitting.busy
                sitting.seen = time.monotonic()
            changed = _shown(page, drawing, sitting)
            yield changed
            if not busy:
                return
            time.sleep(EVERY)

    outputs = page.outputs
    page.bus.act(act, None, outputs, queue=False, trigger_mode="multiple", **SILENT)
    page.bus.follow(follow, None, outputs, concurrency_limit=None, trigger_mode="multiple", **SILENT)


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


def _opened(
    page: Page, drawing: Drawing, sittings: Sittings, actions: Actions, data: dict[str, Any]
) -> dict[Any, Any]:
    asked = data.get("language")
    language = asked if asked in LANGUAGES else "en"
    try:
        sitting, new = sittings.open(data.get("key"), language, data.get("browser"))
    except ValueError as error:
        text = say("This page is out of date: load it again.", language)
        raise gr.Error(text, print_exception=False) from error
    with _turn(sitting):
        if new:
            actions.restore(sitting, data.get("book"))
        query = data.get("query")
        if isinstance(query, dict):
            actions.begin(sitting, query)
        return _shown(page, drawing, sitting, True)


def _stamped(text: str) -> str:
    return f"{int(time.time() * 1000)}\n{text}"


def _shown(page: Page, drawing: Drawing, sitting: Sitting, all_of_it: bool = False) -> dict[Any, Any]:
    """What changed, by component. The pulse always beats, so that the browser knows that it is heard."""
    new = drawing.changes(sitting, all_of_it=all_of_it)
    found: dict[Any, Any] = {}
    for name, value in new.items():
        kind, _, number = name.rpartition("-")
        if not kind:
            found[page.parts[name]] = value
        elif kind == "box":
            position, classes = value
            found[page.slots[int(number)].box] = gr.Column(
                visible=position is not None, elem_classes=place(position, classes)
            )
        else:
            found[getattr(page.slots[int(number)], kind)] = value
    return found or {page.parts["pulse"]: _stamped(sitting.sent.parts["pulse"])}
