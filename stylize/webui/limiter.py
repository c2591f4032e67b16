"""Threads for what a request has checked before gradio sees it: a few, and of those a few for each who asks.

Gradio serves files from anyio's own threads, which must not be waited for by whoever sends slow requests.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

MOST = 8  # threads
EACH = 2  # of one who asks

asker: ContextVar[str] = ContextVar("asker", default="")  # whose the request is
_most: RunVar[CapacityLimiter] = RunVar("most")
_each: RunVar[WeakValueDictionary[str, CapacityLimiter]] = RunVar("each")

Found = TypeVar("Found")


async def run_sync(function: Callable[..., Found], *arguments: object) -> Found:
    """``function(*arguments)`` in a thread, when it is the turn of ``asker``."""
    try:
        most, each = _most.get(), _each.get()
    except LookupError:  # the first of this event loop
        most, each = CapacityLimiter(MOST), WeakValueDictionary()
        _most.set(most)
        _each.set(each)
    mine = each.setdefault(asker.get(), CapacityLimiter(EACH))
    async with mine:
        return await to_thread.run_sync(function, *arguments, limiter=most)
