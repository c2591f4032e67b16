"""Stylize: pictures in the style of other pictures.

>>> import stylize
>>> picture = stylize.stylize("photo.jpg", "painting.jpg")
>>> picture = stylize.stylize("photo.jpg", "claude-monet")
>>> stylize.save(picture, "out.png")

Names are fetched when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from .system import threads as _threads
from .system.version import VERSION as __version__

if TYPE_CHECKING:
    from .api import job, job_of, learn, run, stylize
    from .api import save_picture as save
    from .errors import StylizeError
    from .execution.job import Job
    from .image import Limits, Picture, load
    from .inputs import Inputs, StyleInput
    from .library import NamedStyle, styles
    from .progress import Progress
    from .recipe import Recipe

# Torch reads this once, with its first tensor. Large maps then come in pages of 2 MB: the kernel clears them
# for each layer, and in pages of 4 KB that takes as long as a small layer's sums.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
_threads.prepare()  # before torch is loaded, which no module below has done

_HOMES = {
    "Inputs": ("inputs", "Inputs"),
    "Job": ("execution.job", "Job"),
    "Limits": ("image", "Limits"),
    "NamedStyle": ("library", "NamedStyle"),
    "Picture": ("image", "Picture"),
    "Progress": ("progress", "Progress"),
    "Recipe": ("recipe", "Recipe"),
    "StyleInput": ("inputs", "StyleInput"),
    "StylizeError": ("errors", "StylizeError"),
    "job": ("api", "job"),
    "job_of": ("api", "job_of"),
    "learn": ("api", "learn"),
    "load": ("image", "load"),
    "run": ("api", "run"),
    "save": ("api", "save_picture"),
    "styles": ("library", "styles"),
    "stylize": ("api", "stylize"),
}

__all__ = [
    "Inputs",
    "Job",
    "Limits",
    "NamedStyle",
    "Picture",
    "Progress",
    "Recipe",
    "StyleInput",
    "StylizeError",
    "__version__",
    "job",
    "job_of",
    "learn",
    "load",
    "run",
    "save",
    "styles",
    "stylize",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module("." + module, __name__), attribute)
