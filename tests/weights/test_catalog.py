"""Every row of the catalog is complete and true, and has its card."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stylize.weights import catalog
from stylize.weights.catalog import ROLES, Row, WeightSource

ROWS = catalog.rows()
SOURCES = [pytest.param(row, source, id=row.name) for row in ROWS for source in row.sources]
FORMATS = ("stylize", "torchvision", "naoto", "media-comp", "junyanz", "upit")
CARDS = (catalog.folder() / "README.md").read_text("utf-8")
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def test_earlier_keys_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (catalog.folder() / "catalog.toml").read_text("utf-8")
    earlier = text.replace("\nlicense = ", "\nlicence = ").replace("\nnormalization = ", "\nnormalisation = ")
    assert "\nnormalisation = " in earlier
    assert "\nlicense = " not in earlier
    (tmp_path / "catalog.toml").write_text(earlier, "utf-8")
    monkeypatch.setattr(catalog, "folder", lambda: tmp_path)
    assert catalog.rows.__wrapped__() == catalog.rows()


@every_row
def test_a_row_is_complete(row: Row) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    assert row.role in ROLES
    assert row.format in FORMATS
    assert row.normalization in ("none", "imagenet", "caffe")
    assert re.fullmatch(r"[\w.-]+\.(safetensors|pth|bin)", row.file)
    assert row.license
    assert row.size > 0
    assert row.title
    assert len(row.title) <= 40
    assert not row.title.endswith(".")
    assert row.summary.endswith(".")
    assert 20 <= len(row.summary) <= 120


@every_row
def test_a_sha256_is_one(row: Row) -> None:
    assert re.fullmatch("([0-9a-f]{64})?", row.sha256)
    assert row.sha256 or not row.sha256_certain


@every_row
def test_a_decoder_names_its_encoder_and_nothing_else_does(row: Row) -> None:
    assert bool(row.encoder) == (row.role in ("decoder", "painter"))
    if row.encoder:
        encoder = catalog.row(row.encoder)
        assert encoder is not None
        assert encoder.role == "encoder"
        assert encoder.format == row.format


@every_row
def test_a_member_is_named_where_a_file_holds_several_networks(row: Row) -> None:
    assert bool(row.member) == (row.format == "upit")


@pytest.mark.parametrize(("row", "source"), SOURCES)
def test_a_source_can_be_trusted(row: Row, source: WeightSource) -> None:
    assert source.kind in ("bundled", "hub", "url")
    if source.kind == "hub":
        assert source.repo_type in ("model", "space", "dataset")
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", source.repo_id)
        assert source.filename
        assert ".." not in source.filename
        assert re.fullmatch("[0-9a-f]{40}", source.revision) or (source.revision and row.sha256_certain)
    if source.kind == "url":
        assert urlsplit(source.url).scheme == "https"
        assert row.sha256_certain


@pytest.mark.parametrize("row", [row for row in ROWS if row.bundled], ids=lambda row: row.name)
def test_a_bundled_file_is_there_and_right(row: Row) -> None:
    body = (catalog.folder() / row.sources[0].filename).read_bytes()
    assert row.sha256_certain
    assert (len(body), hashlib.sha256(body).hexdigest()) == (row.size, row.sha256)
    assert row.license == "MIT"


def test_the_bundle_is_small_and_has_nothing_unknown() -> None:
    others = {"catalog.toml", "README.md", "styles"}  # tests/library/ looks into the last
    lying_there = {path.name for path in catalog.folder().iterdir()} - others
    named = {source.filename for row in ROWS for source in row.sources if source.kind == "bundled"}
    assert lying_there == named
    every = (path for path in catalog.folder().rglob("*") if path.is_file())
    assert sum(path.stat().st_size for path in every) < 40e6


def test_names_are_unique_and_files_hold_one_thing() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    by_file: dict[str, set[tuple[WeightSource, ...]]] = {}
    for row in ROWS:
        by_file.setdefault(row.file, set()).add(row.sources)
    assert all(len(sources) == 1 for sources in by_file.values())


def test_each_mode_has_a_bundled_or_downloadable_network() -> None:
    for role in ROLES:
        assert any(row.role == role and row.sources for row in ROWS)
    assert {row.role for row in ROWS if row.bundled} >= {"encoder", "decoder"}


def test_a_row_is_found_by_name_alone() -> None:
    assert all(catalog.row(row.name) is row for row in ROWS)
    assert catalog.row("no such row") is None


@every_row
def test_a_row_has_its_card(row: Row) -> None:
    sections = re.split(r"^## ", CARDS, flags=re.MULTILINE)[1:]
    cards = {
        re.sub(r"[^\w-]", "", section.split("\n")[0].lower().replace(" ", "-")): section
        for section in sections
    }
    assert row.card in cards
    assert f"`{row.name}`" in cards[row.card]
    assert row.license.split()[0].lower() in cards[row.card].lower()
