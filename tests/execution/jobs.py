"""Small jobs, and work that is no mode's."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import torch

from stylize import api
from stylize.execution import Job
from stylize.progress import Progress

NEVER = threading.Event()


def picture(seed: int, width: int = 48, height: int = 32) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return small.repeat(8, 0).repeat(8, 1)


def job(seed: int = 0, **changes: object) -> Job:
    given = {"mode": "adain", "content_side": 48, "style_side": 32, **changes}
    return api.job(picture(seed), picture(99), **given)  # type: ignore[arg-type]


class Steps:
    """Steps with a picture at every second one, whose brightness says which; remembers what became of it."""

    def __init__(self, total: int = 6, fails: int = 0) -> None:
        self.total, self.fails = total, fails
        self.done, self.closed = 0, False

    def __call__(self, job: Job) -> Iterator[Progress]:
        self.closed = False
        try:
            for step in range(1, self.total + 1):
                self.done = step
                if step == self.fails:
                    raise api.PictureError("not this one")
                shown = torch.full((1, 3, 8, 8), step / self.total) if step % 2 == 0 else None
                yield Progress(step, self.total, shown)
        finally:
            self.closed = True
