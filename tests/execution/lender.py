"""Stands in for ``spaces.GPU``: what it lends is in this process, but all that crosses is pickled."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from stylize.execution.zerogpu import ZeroGPU


class Refused(Exception):
    """What the lender raises; ``message`` says why, as gradio's error has it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def through_pickle(task):
    """A wrapper as the lender's: all that is given and all that comes back is pickled on its way."""

    def lent(job, seconds):
        for parcel in task(pickle.loads(pickle.dumps(job)), seconds):
            yield pickle.loads(pickle.dumps(parcel))

    return lent


def lender(wrap=through_pickle, asked=None):
    def gpu(duration):
        def decorate(task):
            wrapped = wrap(task)

            def lent(*args):
                if asked is not None:
                    asked.append(duration(*args))
                return wrapped(*args)

            return lent

        return decorate

    return gpu


def borrowing(gpu: Callable[..., Any]) -> ZeroGPU:
    """An executor on what ``gpu`` lends."""
    return ZeroGPU(gpu, Refused)
