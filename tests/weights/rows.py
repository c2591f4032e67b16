"""Rows of the catalog, and their files as the Hub on the loopback serves them."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
from hub_stub import File, Hub

from stylize.weights import catalog
from stylize.weights.catalog import Row

BODY = bytes(range(256)) * 40
ROWS = {row.name: row for row in catalog.rows()}
ON_THE_HUB = [row.name for row in ROWS.values() if any(source.kind == "hub" for source in row.sources)]
TWICE = "vgg-normalised"  # has mirrors and a certain sha256
UNSURE = "style-monet"  # one source, and a sha256 that is only likely


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def tiny(row: Row) -> Row:
    """A row as the catalog has it, but for a file that holds BODY."""
    if row.bundled:
        return row
    certain = {"sha256": sha256(BODY)} if row.sha256_certain else {}
    return dataclasses.replace(row, size=len(BODY), **certain)


def serve(hub: Hub, name: str, body: bytes = BODY, fault: str = "", source: int = 0) -> File:
    """Serve the file of a row's n-th source."""
    place = ROWS[name].sources[source]
    return hub.add(
        place.repo_id, place.filename, body, repo_type=place.repo_type, revision=place.revision, fault=fault
    )


def files_in(folder: Path) -> list[str]:
    """What a reader could take for a file; huggingface_hub 1.x keeps ``.incomplete`` ones to resume."""
    found = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    found = [path for path in found if "blobs" in path.parts or "snapshots" in path.parts]
    return [str(path) for path in found if path.suffix != ".incomplete"]


def cache_is_empty(tmp_path: Path) -> bool:
    return not files_in(tmp_path / "hub") and not list((tmp_path / "stylize").glob("downloads/*"))


def from_url(monkeypatch: pytest.MonkeyPatch, hub: Hub, fault: str = "") -> File:
    """adain-naoto, with its address on the stub in place of the public one."""
    file = hub.add("naoto/adain", "decoder.pth", BODY, fault=fault)
    address = f"{hub.cdn}/cdn/model/naoto/adain/decoder.pth"
    replace_source(monkeypatch, "adain-naoto", url=address)
    return file


def replace_source(monkeypatch: pytest.MonkeyPatch, name: str, **changes: str) -> None:
    row = tiny(ROWS[name])
    row = dataclasses.replace(row, sources=(dataclasses.replace(row.sources[0], **changes),))
    rows = tuple(row if each.name == name else each for each in catalog.rows())
    monkeypatch.setattr(catalog, "rows", lambda: rows)
