"""The pictures that come with Stylize, found by name."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

from ..errors import NotebookError
from ..system import places
from ..system.text import decoded
from ..weights import digest


def folder() -> Path:
    """The folder of the examples."""
    return places.examples()


@functools.cache
def files() -> dict[str, Path]:
    """Photos and styles by name, which is the file's without its suffix; none if there is no index."""
    where = folder()
    try:
        index = tomllib.loads(decoded((where / "index.toml").read_bytes(), "index.toml"))
    except FileNotFoundError:
        return {}
    paths = [where / each["file"] for kind in ("photo", "style") for each in index.get(kind, ())]
    return {path.stem: path for path in paths if path.is_file()}


def find(name: str) -> Path:
    """The file of an example. Raises NotebookError."""
    if name not in files():
        raise NotebookError("There is no example called {name}: choose another picture.", name=name)
    return files()[name]


def known(sha256: str) -> str | None:
    """The name of the example whose file has this sha256."""
    return next((name for name, path in files().items() if digest.sha256(path) == sha256), None)
