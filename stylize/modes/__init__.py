"""The modes: a folder each with settings and code, a registry, and what all of them share.

:func:`spec` tells everything about one, :func:`load` fetches the code that runs it.

Importing this package brings no torch.
"""

from .registry import DEFAULT, AnyMode, load, names, registered, settings_of, spec, specs
from .spec import Mode, ModeSpec, Need, Start, Sweep

__all__ = [
    "DEFAULT",
    "AnyMode",
    "Mode",
    "ModeSpec",
    "Need",
    "Start",
    "Sweep",
    "load",
    "names",
    "registered",
    "settings_of",
    "spec",
    "specs",
]
