"""Where things lie on this machine: what comes with Stylize, and what it keeps for its user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Names that no file has on Windows, whatever its suffix.
DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)))
)


def examples() -> Path:
    """The folder of the examples: beside the package, or installed inside it."""
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / "examples"
    return beside if (beside / "index.toml").is_file() else package / "_examples"


def user_data() -> Path:
    """The folder for a user's data on this system; it need not be there."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "stylize"
