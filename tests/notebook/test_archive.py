"""Zip files of notebooks: what was saved comes back, and what a stranger made up is refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import stat
import struct
import zipfile

import pytest
from PIL import Image

from stylize.errors import NotebookError, PictureError, StylizeError
from stylize.image import Limits
from stylize.notebook import Assets, CellResult, Notebook, StyleRef, Tile, Upload
from stylize.notebook.archive import load_zip, save_zip
from stylize.notebook.recipes import missing
from stylize.notebook.store import to_json

from .made import chain, learned_style, placed, png


@pytest.fixture
def saved() -> tuple[Notebook, Assets, bytes]:
    """A notebook that has run, its pictures and its zip file."""
    assets = Assets()
    book, first, sweep = chain(assets)
    book = book.finish(
        first, CellResult(assets.add(png(3)), log=("one", "two"), losses=(("a", ((1, 0.5),)),))
    )
    tiles = tuple(Tile(n % 2, n // 2, assets.add(png(10 + n))) for n in range(4))
    book = book.finish(sweep, CellResult(assets.add(png(4)), tiles=tiles, seconds=1.5))
    buffer = io.BytesIO()
    save_zip(book, assets, buffer)
    return book, assets, buffer.getvalue()


def rezipped(data: bytes, change=None, *, method: int = zipfile.ZIP_STORED, extra=()) -> bytes:
    """The zip file with ``change(name, bytes)`` on each entry (None leaves it out) and more entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            kept = old.read(entry) if change is None else change(entry.filename, old.read(entry))
            if kept is not None:
                new.writestr(entry.filename, kept, compress_type=method)
        for entry, content in extra:
            new.writestr(entry, content)
    return buffer.getvalue()


def test_a_zip_may_hold_a_learned_style_and_no_other_file_that_calls_itself_one(tmp_path):
    assets = Assets()
    sea = assets.add(learned_style())
    book, first, _ = chain(assets)
    book = book.change(first, styles=(StyleRef(Upload(sea, "sea.style.safetensors")),))
    buffer = io.BytesIO()
    save_zip(book, assets, buffer)
    again = Assets(tmp_path)
    assert load_zip(buffer.getvalue(), again) == book
    assert again.get(sea) == learned_style()
    broken = rezipped(buffer.getvalue(), lambda name, data: data[:-9] if "sea" in name else data)
    with pytest.raises(PictureError, match="no learned style"):
        load_zip(broken, Assets())


def test_a_zip_gives_the_same_notebook_and_pictures_back(saved, tmp_path):
    book, assets, data = saved
    again = Assets(tmp_path / "kept")
    assert load_zip(data, again) == book
    assert {sha: again.get(sha) for sha in again} == {sha: assets.get(sha) for sha in assets}
    save_zip(book, again, tmp_path / "saved.zip")
    assert (tmp_path / "saved.zip").read_bytes() == data
    assert load_zip(tmp_path / "saved.zip", Assets()) == book
    assert load_zip(rezipped(data, method=zipfile.ZIP_DEFLATED, extra=[("pictures/", b"")]), Assets()) == book
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_no_picture_is_begun_after_the_time(saved):
    again = Assets()
    with pytest.raises(NotebookError, match="takes too long to read"):
        load_zip(saved[2], again, seconds=-1)
    assert not list(again)
    assert load_zip(saved[2], again, seconds=600) == saved[0]


def test_pictures_that_are_lost_do_not_keep_a_notebook_from_being_saved(saved, tmp_path):
    book, assets, _ = saved
    lost = book.cells[0].content
    assets.drop([lost.asset])
    save_zip(book, assets, tmp_path / "saved.zip")
    again = Assets()
    assert load_zip(tmp_path / "saved.zip", again) == book
    assert missing(book, again) == {book.ids[0]: (lost,), book.ids[2]: (Upload(lost.asset, "photo.png"),)}


def test_a_zip_that_cannot_be_written_or_read_is_one_sentence(saved, tmp_path):
    book, assets, _ = saved
    with pytest.raises(NotebookError, match="cannot be written"):
        save_zip(book, assets, tmp_path / "no" / "saved.zip")
    with pytest.raises(NotebookError, match="cannot be read"):
        load_zip(tmp_path / "none.zip", Assets())


def test_pictures_are_called_as_a_user_knows_them_and_earlier_by_their_hash(saved):
    book, assets, data = saved
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    assert names[1:4] == ["pictures/photo.png", "pictures/style.png", "pictures/first.png"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as new, zipfile.ZipFile(buffer, "w") as old:
        old.writestr("notebook.json", new.read("notebook.json"))
        for sha256 in sorted(assets):
            old.writestr(f"pictures/{sha256}.png", assets.get(sha256))
    again = Assets()
    assert load_zip(buffer.getvalue(), again) == book
    assert set(again) == set(assets)


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "name",
    ["/etc/cron.d/x", "../x.png", "pictures/../../x.png", "C:\\x.png", "pictures/x.png", "x.svg", ".DS_Store",
     "NOTEBOOK.JSON", f"pictures/{'0' * 64}.svg", f"pictures/{'0' * 64}.png/x",
     f"pictures/{'0' * 64}.png\0.exe"],
)  # fmt: skip
def test_names_that_do_not_belong_are_refused(saved, name):
    with pytest.raises(NotebookError):
        load_zip(rezipped(saved[2], extra=[(name, png(7))]), Assets())


def test_links_are_refused(saved):
    _, _, data = saved
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = archive.namelist()[1]
    hostile = rezipped(data, lambda each, kept: None if each == name else kept, extra=[(link(name), b"/etc")])
    with pytest.raises(NotebookError, match="does not belong"):
        load_zip(hostile, Assets())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_come_twice_are_refused(saved):
    twice = rezipped(saved[2], extra=[("notebook.json", b"{}")])
    with pytest.raises(NotebookError, match="twice"):
        load_zip(twice, Assets())
    two_names = rezipped(
        saved[2], lambda name, kept: None if "style" in name else kept, extra=[("pictures/two.png", png(1))]
    )
    with pytest.raises(NotebookError, match="comes twice"):
        load_zip(two_names, Assets())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"hello" * 100, b"PK\x05\x06" + b"\0" * 18, png(1)])
def test_what_is_no_zip_is_refused(data):
    with pytest.raises(NotebookError):
        load_zip(data, Assets())


def test_any_cut_or_flipped_byte_is_refused_or_harmless(saved):
    book, _, data = saved
    for at in range(0, len(data), 211):
        with pytest.raises(NotebookError):
            load_zip(data[:at], Assets())
        flipped = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        with contextlib.suppress(StylizeError):
            assert load_zip(flipped, Assets()) == book


def test_too_many_files_are_refused_before_their_names_are_read(saved):
    many = rezipped(saved[2], extra=[(f"x{n}", b"") for n in range(2100)])
    with pytest.raises(NotebookError, match="more than 2000 files"):
        load_zip(many, Assets())
    zip64 = saved[2][:-22] + b"PK\x06\x07" + b"\0" * 16 + saved[2][-22:]
    with pytest.raises(NotebookError):
        load_zip(zip64, Assets())


def test_bombs_are_refused_by_ratio_and_by_size(saved):
    bomb = rezipped(
        saved[2], lambda name, kept: kept if name != "notebook.json" else kept + b" " * 20_000_000,
        method=zipfile.ZIP_DEFLATED,
    )  # fmt: skip
    assert len(bomb) < 100_000
    with pytest.raises(NotebookError, match="unpacks to more"):
        load_zip(bomb, Assets())
    long = rezipped(saved[2], lambda name, kept: kept + b" " * 33_000_000 if name.endswith("json") else kept)
    with pytest.raises(NotebookError, match="larger than 32 MB"):
        load_zip(long, Assets())
    with pytest.raises(NotebookError, match="larger than"):
        load_zip(saved[2], Assets(), limits=Limits(megabytes=0.0005))
    with pytest.raises(PictureError, match="megapixels"):
        load_zip(saved[2], Assets(), limits=Limits(megapixels=0.001))


def test_an_entry_that_lies_about_its_size_is_refused(saved):
    bomb = bytearray(rezipped(
        saved[2], lambda name, kept: kept + b" " * 20_000_000 if name.endswith("json") else kept,
        method=zipfile.ZIP_DEFLATED,
    ))  # fmt: skip
    at = bomb.index(b"PK\x01\x02")
    struct.pack_into("<I", bomb, at + 24, 1000)  # the unpacked size in the list of files
    with pytest.raises(NotebookError):
        load_zip(bytes(bomb), Assets())


def test_encrypted_and_oddly_packed_entries_are_refused(saved):
    data = bytearray(saved[2])
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(NotebookError):
        load_zip(bytes(data), Assets())
    with pytest.raises(NotebookError, match="does not belong"):
        load_zip(rezipped(saved[2], method=zipfile.ZIP_LZMA), Assets())


def test_pictures_must_be_there_be_the_same_and_be_pictures(saved):
    data = saved[2]
    name = "pictures/photo.png"

    def swapped(new):
        return rezipped(data, lambda each, kept: new(kept) if each == name else kept)

    for new, message in [
        (lambda kept: None, "does not hold"),
        (lambda kept: png(99), "was changed"),
        (lambda kept: b"#!/bin/sh\n", "no such picture"),
        (lambda kept: b"<svg onload='x'>", "no such picture"),
        (lambda kept: kept[:50], ""),
        (lambda kept: kept[:8] + b"\0" * 100, ""),
    ]:
        kept = Assets()
        with pytest.raises(StylizeError, match=message or None):
            load_zip(swapped(new), kept)
        assert list(kept) == []
    with pytest.raises(NotebookError, match="does not hold"):
        load_zip(rezipped(data, extra=[(f"pictures/{'0' * 64}.png", png(5))]), Assets())


def test_a_refused_zip_takes_away_nothing_that_was_there(saved):
    _, assets, data = saved
    before = set(assets)
    hostile = rezipped(data, lambda name, kept: png(99) if "pictures" in name else kept)
    with pytest.raises(NotebookError):
        load_zip(hostile, assets)
    assert set(assets) == before


def test_a_zip_without_a_notebook_or_with_a_wrong_one_is_refused(saved):
    def other(text):
        return rezipped(saved[2], lambda name, kept: text if name.endswith("json") else kept)

    for text in (None, b"{}", b"\xff\xfe", b"[]", to_json(Notebook()).encode()):
        with pytest.raises(StylizeError):
            load_zip(other(text), Assets())


@pytest.mark.parametrize("kept", ["memory", "folder", "by an earlier version"])
def test_a_zip_from_elsewhere_loses_the_places_and_nothing_else(saved, tmp_path, kept):
    """A notebook that names a photo by its own sha256 finds it, and a zip of it is whole and up to date."""
    photo = placed(7)
    sha256 = hashlib.sha256(photo).hexdigest()
    book = saved[0].change(saved[0].ids[0], content=Upload(sha256, "photo.jpg"))
    book = book.finish(book.ids[0], CellResult(saved[1].add(png(3))))
    assets = Assets(None if kept == "memory" else tmp_path / "kept")
    for each in saved[1]:
        assets.add(saved[1].get(each))
    if kept == "by an earlier version":
        (tmp_path / "kept" / f"{sha256}.jpg").write_bytes(photo)
    else:
        assert assets.add(photo) != sha256
    assert sha256 in assets
    assert b"GPS" not in assets.get(sha256)
    buffer = io.BytesIO()
    save_zip(book, assets, buffer)
    again = Assets()
    found = load_zip(buffer.getvalue(), again)
    assert found.stale == book.stale
    assert not missing(found, again)
    for each in again:
        with Image.open(io.BytesIO(again.get(each))) as image:
            assert not dict(image.getexif())
    with zipfile.ZipFile(buffer) as archive:
        assert not any(photo == archive.read(name) for name in archive.namelist())


def test_the_zip_of_an_earlier_version_still_opens(saved, tmp_path):
    photo = placed(8)
    sha256 = hashlib.sha256(photo).hexdigest()
    text = saved[0].change(saved[0].ids[0], content=Upload(sha256, "photo.jpg"))
    gone = saved[0][saved[0].ids[0]].content.asset

    def change(name, data):
        return to_json(text).encode() if name == "notebook.json" else data

    data = rezipped(saved[2], change, extra=[(f"pictures/{sha256}.jpg", photo)])
    if gone not in text.assets:
        data = rezipped(data, lambda name, each: None if gone in name else each)
    assets = Assets(tmp_path / "kept")
    found = load_zip(data, assets)
    assert not missing(found, assets)
    assert not dict(Image.open(assets.path(sha256)).getexif())
    assets.keep({sha256})
    assert sha256 in assets
    assets.drop([sha256])
    assert list(assets) == []
    assert sha256 not in assets
