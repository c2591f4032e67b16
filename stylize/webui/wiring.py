"""What connects the page to the rest: one channel for what a visitor does, one for what runs."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gradio as gr

from ..errors import StylizeError
from .actions import Actions
from .callers import owner_of
from .commands import parse
from .commands.opening import Open
from .drawing import Drawing, Message
from .session import Session, Sessions
from .texts import LANGUAGES, say

SILENT: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
EVERY = 0.2  # seconds between two changes of a page while something runs
BEAT = 2.0  # seconds after which a page hears something, whether or not anything changed
UNKNOWN = {"unknown": True}


def connect(bus: Any, actions: Actions, drawing: Drawing, sessions: Sessions) -> None:
    """The listeners, which send what changed over the bus, see :class:`.drawing.Message`."""

    def act(event: gr.EventData, request: gr.Request) -> str:
        data = _data(event)
        if data.get("do") == "open":
            return _opened(drawing, sessions, actions, data)
        session = sessions.get(data.get("key"), data.get("browser"))
        if session is None:  # the server was started again: the browser opens its notebook anew
            return Message(UNKNOWN, number=_now()).json()
        session.caller = owner_of(request)
        with _turn(session):
            if data.get("do") != "refresh":  # the page has missed something
                actions.act(session, data)
            return drawing.changes(session, all_of_it=data.get("do") == "refresh").json()

    def follow(event: gr.EventData) -> Generator[str]:
        data = _data(event)
        session = sessions.get(data.get("key"), data.get("browser"))
        if session is None:
            yield Message(UNKNOWN, number=_now()).json()
            return
        with _turn(session), session.lock:
            session.follower += 1
            mine, seen = session.follower, -1
        while session.follower == mine:
            with session.changed:
                session.changed.wait_for(lambda: session.version != seen, BEAT)  # noqa: B023
                seen, busy = session.version, session.busy
                session.seen = time.monotonic()
            yield drawing.changes(session).json()
            if not busy:
                return
            time.sleep(EVERY)

    bus.act(act, None, bus, queue=False, trigger_mode="multiple", **SILENT)
    bus.follow(follow, None, bus, concurrency_limit=None, trigger_mode="multiple", **SILENT)


def _data(event: gr.EventData) -> dict[str, object]:
    data = event._data
    return data if isinstance(data, dict) else {}


@contextmanager
def _turn(session: Session) -> Iterator[None]:
    """The session's turn; where there is none, the page is told."""
    try:
        with session.turn():
            yield
    except StylizeError as error:
        raise gr.Error(say(error, session.language), print_exception=False) from error


def _opened(drawing: Drawing, sessions: Sessions, actions: Actions, data: Mapping[str, object]) -> str:
    asked = parse(Open, data)
    language = str(asked.language) if asked.language in LANGUAGES else "en"
    try:
        session, new = sessions.open(data.get("key"), language, data.get("browser"))
    except ValueError as error:
        text = say("This page is out of date: load it again.", language)
        raise gr.Error(text, print_exception=False) from error
    with _turn(session):
        if new:
            actions.restore(session, asked.book)
        if isinstance(asked.query, dict):
            actions.begin(session, asked.query)
        return drawing.changes(session, all_of_it=True).json()


def _now() -> int:
    """Another number than that of any message before: gradio shows no value twice."""
    return int(time.time() * 1000)
