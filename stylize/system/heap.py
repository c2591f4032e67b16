"""What the C library keeps of freed memory: glibc, on Linux; elsewhere nothing is done.

glibc gives each thread one of 8 heaps a CPU, and keeps what is freed in them. On a page, whose pictures pass
through dozens of threads, gigabytes come to lie in heaps whose threads do something else by then.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable, Mapping

HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h


def few_heaps(environment: Mapping[str, str] = os.environ) -> bool:
    """Has all threads share ``HEAPS`` heaps; to be called before there are many. Whether it was done.

    Not where the environment says how many (MALLOC_ARENA_MAX, GLIBC_TUNABLES).
    """
    if "MALLOC_ARENA_MAX" in environment or "arena_max" in environment.get("GLIBC_TUNABLES", ""):
        return False
    set_option = _function("mallopt")
    return set_option is not None and bool(set_option(_ARENA_MAX, HEAPS))


def trim() -> None:
    """Gives whole pages that are free back to the system."""
    give = _function("malloc_trim")
    if give is not None:
        give(0)


@functools.cache
def _function(name: str) -> Callable[..., int] | None:
    """A function of glibc; None where that is not the C library."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return getattr(library, name, None) if hasattr(library, "gnu_get_libc_version") else None
