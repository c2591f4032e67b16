"""Which executor serves where. A further executor is named here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import modes
from ..modes.options import PictureSettings
from .events import Executor


def for_many(mode: str, settings: PictureSettings) -> Executor | None:
    """Where many jobs of one mode run that differ in their contents; None: here, one by one, as nothing is
    faster. Raises SettingsError."""
    from .. import device
    from .batched import Batched

    pixels = device.choose().batch_pixels()
    return Batched(pixels) if pixels and modes.spec(mode).may_batch(settings) else None


def for_page(gpu: Callable[..., Any] | None, refusal: type[Exception]) -> Executor | None:
    """Where the jobs of a page run; None: here, one by one.

    Args:
        gpu: ``spaces.GPU``, on a Space of Hugging Face.
        refusal: what that raises where it lends no accelerator.
    """
    from .zerogpu import ZeroGPU, is_lent

    return ZeroGPU(gpu, refusal) if gpu is not None and is_lent() else None
