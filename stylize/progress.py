"""What a mode yields at each step: how far it is, and maybe a picture, losses or a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import Note

if TYPE_CHECKING:
    from torch import Tensor

    from .image import LearnedStyle


@dataclass(frozen=True)
class Progress:
    """One step of a run.

    ``step`` counts 1..``total``; 0 is a picture from before the first. ``picture`` is (1, 3, H, W) float32
    RGB in [0, 1] on the CPU, or None when there is nothing worth showing; it is at the working size, or
    smaller before the last step, and not finished: :meth:`stylize.Job.finish` makes the result of it.
    ``losses`` are by name, without unit. ``note`` is something the user should read. ``learned`` is what a
    network was taught of a style so far, where that is what is being done.
    """

    step: int
    total: int
    picture: Tensor | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    note: Note | None = None
    learned: LearnedStyle | None = None
