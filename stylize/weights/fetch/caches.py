"""Where downloads are kept on this computer. Nothing is downloaded, and no HTTP client imported, here."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from .. import digest
from ..catalog import Row, WeightSource


def hub_folder() -> Path:
    """The Hub's cache folder, found as huggingface_hub finds it."""
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache"), "huggingface"
    )
    folder = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(os.path.expandvars(os.path.expanduser(folder or os.path.join(home, "hub"))))


def hub_file(source: WeightSource) -> Path | None:
    """The file in the Hub's cache, unchecked, or None. No network and no huggingface_hub."""
    store = hub_folder() / "--".join([source.repo_type + "s", *source.repo_id.split("/")])
    revision = source.revision
    with suppress(OSError):
        revision = (store / "refs" / revision).read_text("utf-8").strip()
    path = store.joinpath("snapshots", revision, *source.filename.split("/"))
    return path if path.is_file() else None


def stated_sha256(path: Path) -> str:
    """The sha256 that the Hub stated for a file in its cache, or "" where the cache does not tell.

    The file is a link to a blob of that name. Only this first link counts: since huggingface_hub 2.4 a
    blob may itself be a link, into a store with names of another kind.
    """
    try:
        blob = os.readlink(path)
    except OSError:
        return ""
    inside_blobs = os.path.basename(os.path.dirname(blob)) == "blobs"
    return sha256_or_nothing(os.path.basename(blob)) if inside_blobs else ""


def sha256_or_nothing(text: str | None) -> str:
    """``text`` if it is a sha256 in hexadecimal, else ""."""
    return text if text and re.fullmatch("[0-9a-f]{64}", text) else ""


def web_folder() -> Path:
    """Where files from plain web addresses are kept: ``downloads`` in Stylize's own cache."""
    return digest.cache_folder() / "downloads"


def web_file(row: Row) -> Path | None:
    """The file that an earlier download left, unchecked, or None. No network."""
    path = web_folder() / row.file
    return path if path.is_file() else None
