"""A notebook and its pictures in one zip file, and back from an untrusted zip file.

No path that a zip file names is written to: a picture is kept under the sha256 of its bytes.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import re
import secrets
import stat
import time
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import NotebookError, StylizeError, shown
from ..system.text import decoded
from .assets import Assets, suffix_of
from .model import Notebook
from .naming import asset_names
from .store import LONGEST, read, to_json

if TYPE_CHECKING:
    from ..image import Limits

NAME = "notebook.json"
MOST_FILES = 2000
MOST_BYTES = 1_000_000_000  # of all pictures, unpacked
MOST_RATIO = 200  # unpacked to packed bytes, of files that are larger than SMALL
SMALL = 1_000_000  # bytes, unpacked
LARGEST_DIRECTORY = 1_000_000  # bytes of the zip's own list of files

# Any name, after the photo and the style; earlier versions named pictures by their sha256.
_PICTURE = re.compile(
    r"pictures/[^/\\:*?\"<>|\0-\x1f.][^/\\:*?\"<>|\0-\x1f]{0,120}"
    r"(\.(?:png|jpg|gif|bmp|tif|webp|safetensors))"
)
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_CHUNK = 1 << 20  # bytes


def save_zip(notebook: Notebook, assets: Assets, target: str | os.PathLike[str] | IO[bytes]) -> None:
    """Writes a notebook with its pictures. The same notebook gives the same bytes.

    Pictures that are not in ``assets`` are left out, and the file says so. A path's file is whole or not
    there. Raises NotebookError.
    """
    if not isinstance(target, (str, os.PathLike)):
        _save(notebook, assets, target)
        return
    path = Path(target)
    temporary = path.with_name(f".stylize-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            _save(notebook, assets, file)
        os.replace(temporary, path)
    except OSError as error:
        raise NotebookError(
            "{file} cannot be written ({reason}): choose another folder, or make room.",
            file=str(path),
            reason=error.strerror,
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def load_zip(
    source: str | os.PathLike[str] | bytes,
    assets: Assets,
    *,
    limits: Limits | None = None,
    seconds: float | None = None,
    kind: type[Notebook] = Notebook,
) -> Notebook:
    """The notebook in a zip file (path or bytes), whose pictures go to ``assets``.

    ``limits`` bound each picture, ``seconds`` the time after which no further one is begun (None: no limit).
    ``kind`` is the notebook's class.

    After an error ``assets`` is as it was. Raises NotebookError, SettingsError, RecipeError, PictureError.
    """
    name = "zip" if isinstance(source, bytes) else Path(source).name
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
            _check_end(file, name)
            with zipfile.ZipFile(file) as archive:
                return _load(archive, name, assets, kind, limits, seconds)
    except OSError as error:
        reason = error.strerror or error
        raise NotebookError(
            "{file} cannot be read ({reason}): check that it is there and that you may read it.",
            file=name,
            reason=reason,
        ) from error
    except StylizeError:
        raise
    # What zipfile and zlib raise for malformed bytes.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError, LookupError) as error:
        raise NotebookError("{file} is damaged or no zip file.", file=name) from error


def _save(notebook: Notebook, assets: Assets, file: IO[bytes]) -> None:
    # A file that an earlier version kept as it came is another one without its metadata.
    here = {each: hashlib.sha256(assets.get(each)).hexdigest() for each in notebook.assets if each in assets}
    notebook = notebook.with_assets({each: kept for each, kept in here.items() if each != kept})
    known_as = {kept: each for each, kept in here.items()}
    with zipfile.ZipFile(file, "w") as archive:
        _put(archive, NAME, to_json(notebook, here=known_as).encode(), zipfile.ZIP_DEFLATED)
        for sha256, name in asset_names(notebook).items():
            if sha256 in known_as:
                data = assets.get(known_as[sha256])
                _put(archive, f"pictures/{name}{suffix_of(data)}", data, zipfile.ZIP_STORED)


def _put(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = method, (stat.S_IFREG | 0o644) << 16
    archive.writestr(entry, data)


def _check_end(file: IO[bytes], name: str) -> None:
    """Refuses a zip file with a large central directory, before that is read into memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 42))
    tail = file.read(42)
    end = tail[-22:]
    if len(end) < 22 or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise NotebookError("{file} is damaged or no zip file.", file=name)
    files, listing = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    if tail[:4] == _END64 or files > MOST_FILES or listing > LARGEST_DIRECTORY:
        raise NotebookError("{file} holds more than {most} files.", file=name, most=MOST_FILES)


def _load(
    archive: zipfile.ZipFile,
    name: str,
    assets: Assets,
    kind: type[Notebook],
    limits: Limits | None,
    seconds: float | None,
) -> Notebook:
    from ..image import Limits

    limits = limits or Limits.default()
    end = math.inf if seconds is None else time.monotonic() + seconds
    entries = _entries(archive, name)
    if NAME not in entries:
        raise NotebookError("{file} is no notebook: it holds no {name}.", file=name, name=NAME)
    text = decoded(_read(archive, entries.pop(NAME), LONGEST, name), NAME, NotebookError)
    notebook, missing = read(text, kind)
    wanted = set(notebook.assets - missing)
    if len(entries) != len(wanted):
        raise NotebookError("{file} does not hold the pictures that its notebook names.", file=name)
    here, added = frozenset(assets), list[str]()
    try:
        for entry in entries.values():
            if time.monotonic() > end:
                raise NotebookError(
                    "{file} takes too long to read: save it again with fewer or smaller pictures.", file=name
                )
            data = _picture(_read(archive, entry, int(limits.megabytes * 1e6), name), entry, name, limits)
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 not in wanted:
                raise NotebookError(
                    "{file} holds {picture}, which is not as its notebook names it: it was changed, or comes "
                    "twice.",
                    file=name,
                    picture=shown(entry.filename),
                )
            wanted.remove(sha256)
            kept = assets.add(data)
            added += [] if kept in here else [kept]
    except BaseException:
        assets.drop(added)
        raise
    return notebook


def _entries(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """The files by name. Raises NotebookError for links, odd names, duplicates and zip bombs."""
    found: dict[str, zipfile.ZipInfo] = {}
    total = 0
    for entry in archive.infolist():
        if entry.filename == "pictures/":
            continue
        mode = entry.external_attr >> 16
        odd = stat.S_IFMT(mode) not in (0, stat.S_IFREG) or entry.flag_bits & 1
        known = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        plain = entry.filename == NAME or _PICTURE.fullmatch(entry.filename)
        if odd or not known or not plain or entry.orig_filename != entry.filename:
            raise NotebookError(
                "{file} holds {name}, which does not belong in a notebook.",
                file=name,
                name=shown(entry.orig_filename),
            )
        if entry.filename in found:
            raise NotebookError("{file} holds {name} twice.", file=name, name=shown(entry.filename))
        if entry.file_size > max(SMALL, MOST_RATIO * entry.compress_size):
            raise NotebookError(
                "{file} holds {name}, which unpacks to more than is sound.",
                file=name,
                name=shown(entry.filename),
            )
        total += entry.file_size
        found[entry.filename] = entry
    if len(found) > MOST_FILES:
        raise NotebookError("{file} holds more than {most} files.", file=name, most=MOST_FILES)
    if total > MOST_BYTES:
        raise NotebookError(
            "{file} is too large: more than {most} MB of pictures.", file=name, most=MOST_BYTES // 1_000_000
        )
    return found


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, name: str) -> bytes:
    """An entry's bytes, at most ``most`` of them whatever size its header says. Raises NotebookError."""
    parts, size = [], 0
    with archive.open(entry) as file:
        while block := file.read(_CHUNK):
            size += len(block)
            if size > most:
                raise NotebookError(
                    "{file} holds {name}, which is larger than {most} MB.",
                    file=name,
                    name=shown(entry.filename),
                    most=most // 1_000_000,
                )
            parts.append(block)
    return b"".join(parts)


def _picture(data: bytes, entry: zipfile.ZipInfo, name: str, limits: Limits) -> bytes:
    from ..image import load

    if suffix_of(data) != Path(entry.filename).suffix:
        raise NotebookError(
            "{file} holds {name}, which is no such picture.", file=name, name=shown(entry.filename)
        )
    load(data, limits)
    return data
