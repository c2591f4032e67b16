"""A stand-in for the package ``spaces``: as on ZeroGPU, an accelerator is there in a forked process alone.

Arguments, and everything that the work yields, cross by pickle; of an error, its class's name. X-IP-Token
says who asks: without it there is nothing, "poor" has nothing left, from "brief" it is taken back
after the first picture, and "unlucky" gets none that works.
"""

from __future__ import annotations

import functools
import inspect
import multiprocessing
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

assert "torch" not in sys.modules, "spaces wants to be imported before torch"
ABSENT = "an accelerator that is not there"
os.environ["STYLIZE_DEVICE"] = ABSENT  # whoever runs a network in this process is refused
fork = multiprocessing.get_context("fork")


def GPU(task=None, *, duration=60):
    if task is None:
        return functools.partial(GPU, duration=duration)
    if not inspect.isgeneratorfunction(task):
        raise NotImplementedError("This stand-in lends to generators alone")

    @functools.wraps(task)
    def lent(*args, **kwargs):
        who = _who()
        seconds = duration(*args, **kwargs) if callable(duration) else duration
        if not 0 < seconds <= 120:
            raise _error("ZeroGPU illegal duration", "The requested GPU duration is larger than the maximum")
        given, found, stop = fork.SimpleQueue(), fork.SimpleQueue(), fork.Event()
        process = fork.Process(target=_work, args=(task, given, found, stop, who), daemon=True)
        process.start()
        threading.Thread(target=_watch, args=(process, found), daemon=True).start()
        given.put((args, kwargs))
        try:
            yield from _results(process, found, who)
        finally:
            stop.set()
            process.join()

    return lent


def _results(process, found, who):
    while True:
        kind, value = found.get()
        if kind == "end":
            return
        if kind == "error":
            raise _error("ZeroGPU worker error", value)
        yield value
        if who == "brief" and value.picture is not None:
            process.kill()


def _work(task, given, found, stop, who):
    if who != "unlucky":
        os.environ["STYLIZE_DEVICE"] = "cpu"
    args, kwargs = given.get()

    def iterate():
        steps = task(*args, **kwargs)
        try:
            for value in steps:
                if stop.is_set():
                    steps.close()
                    break
                found.put(("value", value))
            found.put(("end", None))
        except Exception as error:
            found.put(("error", type(error).__name__))

    with ThreadPoolExecutor() as executor:
        executor.submit(iterate)
    os._exit(0)


def _watch(process, found):
    process.join()
    found.put(("error", "GPU task aborted"))


def _who():
    from gradio.context import LocalContext

    request = LocalContext.request.get(None)
    who = request.headers.get("x-ip-token") if request else None
    if who is None:
        raise _error("ZeroGPU quota exceeded", "Nobody knows who asks")
    if who == "poor":
        raise _error("ZeroGPU quota exceeded", "You have exceeded your free ZeroGPU quota.")
    return who


def _error(title, message):
    import gradio as gr

    return gr.Error(message, title=title, print_exception=False)
