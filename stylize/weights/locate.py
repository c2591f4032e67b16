"""Where a weight file lies on this computer. No network, and nothing is read but folders."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import Note
from . import catalog
from .catalog import Row
from .fetch import caches

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")


@dataclass(frozen=True)
class Found:
    """A weight file on this computer.

    ``row`` is None for a file that the catalog does not know. ``origin`` is "path", "folder", "bundled",
    "cache", "hub" or "url" (just downloaded). ``sha256`` is that of the file.
    ``notes`` are for the user to read.
    """

    path: Path
    row: Row | None
    sha256: str
    origin: str
    notes: tuple[Note, ...] = ()


def local_file(row: Row) -> tuple[Path, str] | None:
    """The file of a row and whether it is in the "folder", "bundled" or in a "cache"; None if not here."""
    in_folder = own_folder(row.file, row.name)
    if in_folder is not None:
        return in_folder, "folder"
    for source in row.sources:
        bundled = catalog.folder() / source.filename
        if source.kind == "bundled" and bundled.is_file():
            return bundled, "bundled"
    for source in row.sources:
        found = caches.hub_file(source) if source.kind == "hub" else None
        if source.kind == "url":
            found = caches.web_file(row)
        if found is not None:
            return found, "cache"
    return None


def state(row: Row) -> str:
    """Where a row's file is, without reading it and without the network.

    Returns:
        "folder", "bundled" or "cached"; else "download", or "bring" if no source is known.
    """
    found = local_file(row)
    if found is not None:
        return "cached" if found[1] == "cache" else found[1]
    return "download" if any(source.kind != "bundled" for source in row.sources) else "bring"


def size(row: Row) -> int:
    """Bytes of a row's file: measured if it is here, else from the catalog, where 0 is unknown."""
    found = local_file(row)
    with suppress(OSError):
        if found is not None:
            return found[0].stat().st_size
    return row.size


def own_folder(file: str, name: str) -> Path | None:
    """``file``, or else ``name`` with a usual suffix, in the folder that ``STYLIZE_WEIGHTS_DIR`` names."""
    folder = os.path.expanduser(os.environ.get("STYLIZE_WEIGHTS_DIR", ""))
    if not folder:
        return None
    paths = (os.path.join(folder, each) for each in (file, *(name + suffix for suffix in SUFFIXES)))
    return next((Path(path) for path in paths if os.path.isfile(path)), None)


def required_sha256(row: Row, path: Path, origin: str) -> str:
    """The sha256 that the file must have, or "" if none is certain.

    Where the catalog is not certain, a file in the Hub's cache must still be what the Hub said it was.
    """
    if row.sha256_certain:
        return row.sha256
    return caches.stated_sha256(path) if origin == "cache" else ""


def discard(path: Path) -> bool:
    """Deletes a file in a cache and what it links to, as far as that lies in a cache too.

    Returns:
        Whether the file is gone.
    """
    chain = [path]
    with suppress(OSError):
        while len(chain) < 5:
            chain.append(Path(os.path.join(chain[-1].parent, os.readlink(chain[-1]))))
    for each in chain:
        with suppress(OSError):
            if _inside_a_cache(each):
                each.unlink(missing_ok=True)
    return not path.is_file()


def _inside_a_cache(path: Path) -> bool:
    folder = path.parent.resolve()
    return any(folder.is_relative_to(cache.resolve()) for cache in (caches.hub_folder(), caches.web_folder()))
