"""Out of memory is caught here, once, at the edge of every mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..device import Compute, is_out_of_memory
from ..errors import MemoryLimitError, note
from ..progress import Progress


def within_memory(
    attempt: Callable[[int], Iterator[Progress]], side: int, least: int, compute: Compute
) -> Iterator[Progress]:
    """``attempt(side)``, and if memory does not suffice, with a note, ``attempt`` at half that.

    Args:
        attempt: the mode's work at a longer side in pixels.
        side: the working size.
        least: never below this.
        compute: where it runs.

    Raises:
        MemoryLimitError: if half the side is too much as well.
    """
    try:
        yield from attempt(side)
        return
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    compute.release()
    smaller = max(least, side // 2)
    yield Progress(
        1,
        2,
        note=note("Not enough memory for {side} pixels: working at {smaller}.", side=side, smaller=smaller),
    )
    try:
        yield from attempt(smaller)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryLimitError(
            "Not enough memory for this picture even at {side} pixels: choose a smaller working size.",
            side=smaller,
        ) from error
