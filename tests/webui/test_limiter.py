"""Threads for requests: whoever sends many slow ones takes neither another's nor those that serve files."""

from __future__ import annotations

import asyncio
import threading

from anyio import to_thread

from stylize.webui import limiter
from stylize.webui.limiter import asker, run_sync

from .made import run


def of(owner, function, *arguments):
    async def asked():
        asker.set(owner)
        return await run_sync(function, *arguments)

    return asyncio.create_task(asked())


def test_slow_requests_of_one_keep_nobody_else_waiting():
    go, began = threading.Event(), []

    def slow():
        began.append(asker.get())
        assert go.wait(60)

    async def visit():
        tasks = [of("slow", slow) for _ in range(100)]
        try:
            other = of("other", asker.get)
            served = to_thread.run_sync(lambda: "a file")
            found = await asyncio.wait_for(asyncio.gather(other, served), 30)
        finally:
            go.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        return found

    for _ in range(2):  # in one event loop after another
        began.clear()
        go.clear()
        assert run(visit()) == ["other", "a file"]
        assert began == ["slow"] * 100


def test_there_are_only_so_many_threads():
    go, lock = threading.Event(), threading.Lock()
    now, most = 0, 0

    def work():
        nonlocal now, most
        with lock:
            now += 1
            most = max(now, most)
            if now == limiter.MOST:
                go.set()
        assert go.wait(60)
        with lock:
            now -= 1

    async def visit():
        await asyncio.wait_for(asyncio.gather(*(of(str(n), work) for n in range(30))), 60)

    run(visit())
    assert most == limiter.MOST
