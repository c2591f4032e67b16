"""Folders for the page's files that can really be written, whoever else uses this computer."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import SettingsError
from ..weights import digest
from . import servers

VARIABLE = "GRADIO_TEMP_DIR"
_given: set[str] = set()  # folders that this process gave to gradio, as against the user's own
_asked = ""  # what the user had named before


def give_gradio(folder: Path) -> None:
    """Names ``folder`` as the one for gradio's files."""
    global _asked
    before = os.environ.get(VARIABLE, "")
    if before not in _given:
        _asked = before
    _given.add(str(folder))
    os.environ[VARIABLE] = str(folder)


def chosen() -> Path | None:
    """The folder that the user named in GRADIO_TEMP_DIR, made if need be; None if there is none of use."""
    named = os.environ.get(VARIABLE, "")
    named = _asked if named in _given else named
    folder = Path(os.path.abspath(os.path.expanduser(named)))
    return folder if named and is_usable(folder) else None


def is_usable(folder: Path) -> bool:
    """Whether files can be written into a folder, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def work_folder() -> Path:
    """Where the pictures of this computer's own notebooks are kept from one start to the next."""
    user = chosen()
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    root = user / "stylize" if user else Path(caches) / "stylize" / "page"
    return root if is_usable(root) else new_root()


def new_root() -> Path:
    """A new folder that only this user can read, deleted at the end of the program.

    Raises:
        SettingsError: if no folder can be written.
    """
    for parent in _parents():
        if is_usable(parent):
            servers.sweep_temporary(parent)  # what a server left that did not come to its end
            return servers.temporary(parent)
    raise SettingsError(
        "No folder for the page's files can be written: name one that can by {variable}.", variable=VARIABLE
    )


def _parents() -> Iterator[Path]:
    user = chosen()
    if user:
        yield user
    with suppress(FileNotFoundError):  # neither TMPDIR nor any of the usual ones can be written
        yield Path(tempfile.gettempdir())
    yield digest.cache_folder()
